import type { Event } from '../engine/event.ts'
import type { MembershipEnd, Session } from './session.ts'

/** A session that has ceased to be a member in this tick. */
interface Leaver {
  readonly session: Session
  /** True if the session has asked for it. */
  readonly asked: boolean
  /** The events of the tick up to its end there. */
  readonly events: readonly Event[]
  /** Its own `left` or `kicked` among them; undefined when that could not be read. */
  readonly left: Event | undefined
}

/** A leaver at the end of the tick. */
interface Parted {
  readonly session: Session
  /** The events that it is handed. */
  readonly events: readonly Event[]
  /** Undefined where it has asked for its end. */
  readonly why: MembershipEnd | undefined
}

/** The sessions that cease to be members of a room. */
export class RoomLeavers {
  /** Callbacks of the sessions that have asked for their `left`. */
  readonly #expected = new Map<Session, (left?: Event) => void>()
  #leavers: Leaver[] = []

  /** Number of leavers of this tick. */
  get size(): number {
    return this.#leavers.length
  }

  /** The session has asked for its `left`. Resolves when its membership has ended, with the event where that could be read. */
  expect(session: Session): Promise<Event | undefined> {
    return new Promise((parted) => this.#expected.set(session, parted))
  }

  /** Takes back {@link expect}: the `left` will not come. */
  forget(session: Session): void {
    this.#expected.delete(session)
  }

  /** The membership of a session has ended; it is handed nothing at the end of the tick. */
  parted(session: Session, left?: Event): void {
    this.#expected.get(session)?.(left)
    this.#expected.delete(session)
  }

  /** The membership of a session has ended; it is handed `events` at the end of the tick. */
  add(session: Session, events: readonly Event[], left?: Event): void {
    this.#leavers.push({ session, asked: this.#expected.has(session), events, left })
    this.parted(session, left)
  }

  /** Takes the leavers of this tick. */
  *take(isRoomClosed: boolean): Generator<Parted> {
    const leavers = this.#leavers
    this.#leavers = []
    for (const { session, asked, events, left } of leavers) {
      const isKicked = left?.kind === 'kicked'
      // Where the end of the room could not be read it would not know that it is out.
      const why = isKicked ? 'kicked' : isRoomClosed && left ? 'room-closed' : 'membership-lost'
      // A client that ends its connection, or is to come back, is not shown its own leaving.
      const hidden = session.closed || (!asked && why === 'membership-lost')
      const handed = hidden ? events.filter((event) => event !== left) : events
      yield { session, events: handed, why: asked && !isKicked ? undefined : why }
    }
  }
}
