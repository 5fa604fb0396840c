import type { Engine } from '../engine/engine.ts'
import { EXCLUSIVE } from './directory.ts'
import type { Handover } from './handover.ts'
import { fold } from './names.ts'
import type { Presence } from './presence.ts'
import { Refusal, refuse } from './refusal.ts'
import type { Session } from './session.ts'

/** Sessions that hold their nicknames exclusively, on all nodes: nobody else may log in so, nor be in a room, under one of them. */
export class ExclusiveNames {
  readonly #engine: Engine
  /** The nicknames of each session, in order: it has two while it changes from one to the other. */
  readonly #names = new Map<Session, readonly string[]>()

  constructor(engine: Engine) {
    this.#engine = engine
    // Nothing is published here: the listener is called when claims may have been missed.
    engine.broadcast.onBroadcast('alone', () => this.#check())
  }

  /** Takes a nickname besides those that the session holds. Resolves with false when it is in use on any node. */
  async take(session: Session, name: string): Promise<boolean> {
    if ((await this.#engine.memberships.heldIn(name)).length > 0) return false
    const { carriesPrivate } = session
    if (!(await this.#engine.memberships.claim(EXCLUSIVE, name, { carriesPrivate }))) return false
    this.#names.set(session, [...this.#of(session), name])
    return true
  }

  /** Gives up one nickname of a session; does nothing if the session does not hold it. */
  async release(session: Session, key: string): Promise<void> {
    if (this.#forget(session, key)) await this.#engine.memberships.release(EXCLUSIVE, key)
  }

  /** Gives up all nicknames of a session. */
  async giveUp(session: Session): Promise<void> {
    for (const name of this.#of(session)) await this.release(session, fold(name))
  }

  /** Returns true if a session holds its nickname exclusively, as far as this node knows. */
  holds(session: Session): boolean {
    return this.#has(session, session.key) && this.#engine.memberships.holds(EXCLUSIVE, session.key)
  }

  #of(session: Session): readonly string[] {
    return this.#names.get(session) ?? []
  }

  #has(session: Session, key: string): boolean {
    return this.#of(session).some((name) => fold(name) === key)
  }

  /** Returns false if the session does not have the nickname. */
  #forget(session: Session, key: string): boolean {
    if (!this.#has(session, key)) return false
    const left = this.#of(session).filter((name) => fold(name) !== key)
    if (left.length > 0) this.#names.set(session, left)
    else this.#names.delete(session)
    return true
  }

  /** Claims again what the other nodes may have released, having taken this one for dead. */
  #check(): void {
    for (const [session, names] of this.#names) {
      for (const name of names) this.#claimAgain(session, name)
    }
  }

  #claimAgain(session: Session, name: string): void {
    if (this.#engine.memberships.holds(EXCLUSIVE, name)) return
    const claimed = this.#engine.memberships.claim(EXCLUSIVE, name).catch(() => true)
    void claimed.then((claimed) => {
      const key = fold(name)
      if (!this.#has(session, key)) return claimed ? this.#engine.memberships.release(EXCLUSIVE, name) : undefined
      if (!claimed && this.#forget(session, key)) session.wire.replaced?.(session)
    })
  }
}

/** The nicknames that sessions log in under, as far as others have them. */
export class LoginNames {
  readonly exclusive: ExclusiveNames
  readonly #engine: Engine
  readonly #presence: Presence
  readonly #handover: Handover

  constructor(engine: Engine, presence: Presence, handover: Handover) {
    this.exclusive = new ExclusiveNames(engine)
    this.#engine = engine
    this.#presence = presence
    this.#handover = handover
  }

  /** Lets further sessions use the nickname of a guest, which has become its account's. */
  async share(session: Session): Promise<void> {
    if (!session.isOnlyGuest) return
    session.isOnlyGuest = false
    await this.exclusive.giveUp(session)
  }

  /**
   * Resolves with true if nobody is logged in under a nickname on this node, nor in a room under it on any node. Waits for sessions
   * that are ending. @throws Refusal `unavailable`.
   */
  isFree(name: string): Promise<boolean> {
    const holders = () => this.#holders(name)
    const free = async () =>
      holders().length === 0 && (await this.#engine.memberships.heldIn(name).catch(refuse)).length === 0
    return this.#handover.take({ key: fold(name) }, free, holders)
  }

  /** Resolves when closed sessions of a nickname are gone: what a guest has blocked goes with it. */
  async closed(key: string): Promise<void> {
    const closed = () => this.#presence.of(key).filter((session) => session.closed)
    if (closed().length === 0) return
    await this.#handover.take({ key }, async () => closed().length === 0, closed)
  }

  /** Returns true if no other session on this node is logged in under the nickname of a session. */
  isFirst(session: Session): boolean {
    return this.#presence.of(session.key).every((other) => other === session || other.id === '')
  }

  /** Takes a nickname for a session alone. @throws Refusal `name-in-use` unless all other sessions of the nickname are ending. */
  async takeExclusively(session: Session, name: string): Promise<void> {
    const key = fold(name)
    // Of several that log in at once the first one counts.
    const others = () => {
      const present = this.#holders(key)
      return present.slice(0, present.indexOf(session))
    }
    const take = async () => others().length === 0 && (await this.exclusive.take(session, name))
    if (!(await this.#handover.take({ key, session }, take, others).catch(refuse))) throw new Refusal('name-in-use')
  }

  /** The sessions that have a nickname, in order of login. */
  #holders(name: string): Session[] {
    return this.#presence.of(name).filter(({ wire }) => wire.onlyReads !== true)
  }
}
