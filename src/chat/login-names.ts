import type { Engine } from '../engine/engine.ts'
import { ExclusiveNames } from './exclusive-names.ts'
import type { Handover } from './handover.ts'
import { fold } from './names.ts'
import type { Presence } from './presence.ts'
import { Refusal, refuse } from './refusal.ts'
import type { Session } from './session.ts'

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
