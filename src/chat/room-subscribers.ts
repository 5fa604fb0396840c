import type { Event } from '../engine/event.ts'
import { fold } from './names.ts'
import type { RoomState } from './room-state.ts'
import type { Identity } from './sanctions.ts'
import type { Session } from './session.ts'

interface Subscriber {
  /** The client as it was identified when it subscribed. */
  readonly client: Identity
  /** True for a client that may have been let in by its role, without the password of the room. */
  readonly mayLackPassword: boolean
  /** True if the password of the room, or the role that stood for it, is not known to be the client's any more. */
  isOutdated: boolean
}

/** The sessions that get the events of a room, member or not. */
export class RoomSubscribers {
  readonly #subscribers = new Map<Session, Subscriber>()

  get size(): number {
    return this.#subscribers.size
  }

  get sessions(): Iterable<Session> {
    return this.#subscribers.keys()
  }

  has(session: Session): boolean {
    return this.#subscribers.has(session)
  }

  add(session: Session, client: Identity, mayLackPassword: boolean): void {
    this.#subscribers.set(session, { client, mayLackPassword, isOutdated: false })
  }

  delete(session: Session): void {
    this.#subscribers.delete(session)
  }

  /** Notes a change of the room. Returns true if a subscriber that is no member may have lost the right to read on. */
  restrict({ kind, to = '', details: { flag, role, on } = {} }: Event): boolean {
    if (kind !== 'mode' && kind !== 'role') return false
    if (role === 'operator' && !on) {
      for (const session of this.#subscribers.keys())
        if (this.#identityOf(session)?.key === fold(to)) this.demote(session)
      return true
    }
    if (!on) return false
    if (flag === 'password') for (const subscriber of this.#subscribers.values()) subscriber.isOutdated = true
    return flag === 'password' || flag === 'invite-only' || role === 'banned'
  }

  /** Notes that a subscriber has lost a role, or the rights of an admin. */
  demote(session: Session): void {
    const subscriber = this.#subscribers.get(session)
    if (subscriber?.mayLackPassword) subscriber.isOutdated = true
  }

  /** Returns true if a subscriber may read the room without being a member. */
  mayRead(session: Session, state: RoomState | undefined): boolean {
    const identity = this.#identityOf(session)
    if (!identity || this.#subscribers.get(session)?.isOutdated) return false
    return state?.admits(identity) === true
  }

  /** A session that has logged in since it subscribed is known better. */
  #identityOf(session: Session): Identity | undefined {
    return session.name === '' ? this.#subscribers.get(session)?.client : session
  }
}
