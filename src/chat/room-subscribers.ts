import type { Event } from '../engine/event.ts'
import { fold } from './names.ts'
import type { RoomState } from './room-state.ts'
import { type Identity, Sanctions, sanctionOf } from './sanctions.ts'
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

  /** Notes a change of the room. Returns the subscribers that, if they are no members, may have lost the right to read on. */
  restrict(event: Event): readonly Session[] {
    const { kind, to = '', details: { flag, role, on } = {} } = event
    if (kind !== 'mode' && kind !== 'role') return []
    if (flag === 'password') for (const subscriber of this.#subscribers.values()) subscriber.hasShownPassword = !on
    // The other sanctions of the room, of which there may be hundreds, are compared for those only whom this change concerns.
    if (!on) return role === 'operator' ? this.#those(({ key }) => key === fold(to)) : []
    if (flag === 'password' || flag === 'invite-only') return [...this.#subscribers.keys()]
    if (role !== 'banned') return []
    const sanctions = new Sanctions()
    sanctions.set(sanctionOf(event))
    return this.#those((identity) => sanctions.find(identity, Date.now()) !== undefined)
  }

  #those(isConcerned: (identity: Identity) => boolean): readonly Session[] {
    return [...this.#subscribers.keys()].filter((session) => {
      const identity = this.#identityOf(session)
      return identity !== undefined && isConcerned(identity)
    })
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
