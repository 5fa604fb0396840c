import type { Event } from '../engine/event.ts'
import type { RoomState } from './room-state.ts'
import type { Identity } from './sanctions.ts'
import type { Session } from './session.ts'

interface Subscriber {
  /** The client as it was identified when it subscribed. */
  readonly client: Identity
  /** True if the password of the room has been changed since. */
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

  add(session: Session, client: Identity): void {
    this.#subscribers.set(session, { client, isOutdated: false })
  }

  delete(session: Session): void {
    this.#subscribers.delete(session)
  }

  /** Notes a change of the room. Returns true if a subscriber that is no member may have lost the right to read on. */
  restrict({ kind, details: { flag, role, on } = {} }: Event): boolean {
    if ((kind !== 'mode' && kind !== 'role') || !on) return false
    if (flag === 'password') for (const subscriber of this.#subscribers.values()) subscriber.isOutdated = true
    return flag === 'password' || flag === 'invite-only' || role === 'banned'
  }

  /** Returns true if a subscriber may read the room without being a member. */
  mayRead(session: Session, state: RoomState | undefined): boolean {
    const subscriber = this.#subscribers.get(session)
    if (!subscriber || subscriber.isOutdated) return false
    // A session that has logged in meanwhile is known better.
    return state?.admits(session.name === '' ? subscriber.client : session) === true
  }
}
