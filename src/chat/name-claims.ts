import type { Engine } from '../engine/engine.ts'
import { Unavailable } from '../engine/errors.ts'
import type { Handover } from './handover.ts'
import { Refusal } from './refusal.ts'
import type { Session } from './session.ts'

export type Nickname = Pick<Session, 'name' | 'key'>

/** The nicknames that sessions of this node hold in rooms. */
export class NameClaims {
  readonly #engine: Engine
  readonly #handover: Handover
  /** By room and folded nickname; several sessions only of one user. */
  readonly #holders = new Map<string, Set<Session>>()
  /** Claims whose `left` is being committed: no other session may share them. */
  readonly #leaving = new Set<string>()

  constructor(engine: Engine, handover: Handover) {
    this.#engine = engine
    this.#handover = handover
  }

  /**
   * Takes the session's nickname in a room, waiting for a holder that is leaving. Resolves with true when the session shares it with
   * other sessions of its user, which are members of the room. `most` is the maximum of members with its user, who may be one already.
   *
   * @throws Refusal `name-in-room`; Full.
   */
  async take(room: number, session: Session, most: number | undefined): Promise<boolean> {
    const claim = claimOf(room, session)
    let shared = false
    const attempt = async () => {
      shared = this.#share(room, session)
      return shared || this.#claim(room, session, most)
    }
    const holders = () => [...(this.#holders.get(claim) ?? [])]
    const stays = (holder: Session) => {
      if (this.#leaving.has(claim)) return false
      // A client that asks for a room it is in may have said more, which is not read yet.
      if (holder === session) return holder.memberships.has(room)
      // In a moment a session of the same user is a member and shares the nickname, or is gone.
      return holder.staying && !holder.isOfUserOf(session)
    }
    if (!(await this.#handover.take({ key: session.key, session }, attempt, holders, stays)))
      throw new Refusal('name-in-room')
    if (!shared) this.#holders.set(claim, new Set([session]))
    return shared
  }

  /** True if the engine still counts the nickname as held by this node. */
  isHeld(room: number, { name }: Pick<Nickname, 'name'>): boolean {
    return this.#engine.memberships.holds(room, name)
  }

  /** Gives up a nickname in a room: that of the session, or its former one. */
  async release(room: number, session: Session, nickname: Nickname = session): Promise<void> {
    this.forget(room, session, nickname)
    await this.#engine.memberships.release(room, nickname.name)
    this.#handover.freed(nickname.key)
  }

  /** Replaces a claim by one of the same folded nickname. @throws Unavailable */
  async rewrite(room: number, session: Session, former: Nickname): Promise<void> {
    const released = this.#engine.memberships.release(room, former.name)
    // Directly behind the release, so that nobody else gets it.
    const isClaimed = await this.#claim(room, session, undefined)
    await released
    if (!isClaimed) throw new Unavailable('the claim is lost')
  }

  /** Forgets a claim of a session that the engine does not count any more. */
  forget(room: number, session: Session, nickname: Nickname = session): void {
    const claim = claimOf(room, nickname)
    const holders = this.#holders.get(claim)
    if (holders?.delete(session) && holders.size === 0) this.#holders.delete(claim)
  }

  hasFormer(room: number, session: Session, former: Nickname): boolean {
    return this.#holders.get(claimOf(room, former))?.has(session) === true
  }

  /** Takes a session out of a shared claim. Returns false when no other session holds it. */
  leaveToOthers(room: number, session: Session): boolean {
    const holders = this.#holders.get(claimOf(room, session))
    if (!holders?.has(session) || holders.size === 1) return false
    holders.delete(session)
    return true
  }

  /** Runs `commit`, which appends the `left` of a claim; until that is done nobody shares it. */
  async whileLeaving(room: number, nickname: Nickname, commit: () => Promise<void>): Promise<void> {
    const claim = claimOf(room, nickname)
    this.#leaving.add(claim)
    try {
      await commit()
    } finally {
      this.#leaving.delete(claim)
    }
  }

  #claim(room: number, session: Session, most: number | undefined): Promise<boolean> {
    return this.#engine.memberships.claim(room, session.name, {
      carriesPrivate: session.carriesPrivate,
      ...(session.addressDigest !== undefined && { address: session.addressDigest }),
      shared: session.registered,
      client: session.client,
      most,
    })
  }

  /** Adds a session to those of its user that hold the claim and go on. */
  #share(room: number, session: Session): boolean {
    const claim = claimOf(room, session)
    const holders = this.#holders.get(claim)
    if (!holders || holders.has(session) || this.#leaving.has(claim)) return false
    for (const holder of holders) {
      if (!holder.isOfUserOf(session) || holder.closed || !holder.memberships.has(room)) return false
    }
    holders.add(session)
    return true
  }
}

function claimOf(room: number, { key }: Pick<Nickname, 'key'>): string {
  return `${room} ${key}`
}
