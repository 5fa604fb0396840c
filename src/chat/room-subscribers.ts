import type { Event } from '../engine/event.ts'
import type { RoomState } from './room-state.ts'
import type { Identity } from './sanctions.ts'
import type { Session } from './session.ts'

interface Subscriber {
  /** The client as it was identified when it subscribed. */
  readonly client: Identity
  /** True if the client has shown the present password of the room, or the room has none; otherwise only a role stands for it. */
  hasShownPassword: boolean
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

  add(session: Session, client: Identity, hasShownPassword: boolean): void {
    this.#subscribers.set(session, { client, hasShownPassword })
  }

  delete(session: Session): void {
    this.#subscribers.delete(session)
  }

  /** Notes a change of the room. Returns true if a subscriber that is no member may have lost the right to read on. */
  restrict({ kind, details: { flag, role, on } = {} }: Event): boolean {
    if (kind !== 'mode' && kind !== 'role') return false
    if (flag === 'password') for (const subscriber of this.#subscribers.values()) subscriber.hasShownPassword = !on
    if (!on) return role === 'operator'
    return flag === 'password' || flag === 'invite-only' || role === 'banned'
  }

  /** Returns true if a subscriber may read the room without being a member. */
  mayRead(session: Session, state: RoomState | undefined): boolean {
    const identity = this.#identityOf(session)
    if (!identity || !state) return false
    const hasPassword = this.#subscribers.get(session)?.hasShownPassword === true
    return (hasPassword || state.governs(identity)) && state.admits(identity)
  }

  /** A session that has logged in since it subscribed is known better. */
  #identityOf(session: Session): Identity | undefined {
    return session.name === '' ? this.#subscribers.get(session)?.client : session
  }
}
