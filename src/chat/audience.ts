import type { Event } from '../engine/event.ts'
import type { Blocks } from './blocks.ts'
import type { Counts } from './counts.ts'
import type { Room, Session, Wire } from './session.ts'

/** Called with what a protocol threw when it was handed events: its sessions have lost this delivery, and others have not. */
export type OnDeliveryError = (error: unknown, protocol: string, event: Event | undefined) => void

const NONE: ReadonlyMap<Session, readonly Event[]> = new Map()

/**
 * The sessions that are handed the events of a room, and what this tick has brought for them.
 *
 * All sessions but those that came or went within the tick, whom a block concerns or who have a private message share the same
 * array of events, and so the same bytes.
 */
export class Audience {
  readonly #room: Room
  readonly #blocks: Blocks
  readonly #counts: Counts
  readonly #onError: OnDeliveryError
  readonly #byWire = new Map<Wire, Set<Session>>()
  #events: Event[] = []
  #last = 0
  /** Private messages of this tick, by the session that gets them. */
  readonly #private = new Map<Session, Event[]>()
  /** Sessions that came within this tick, and the index of the first event that they get. */
  readonly #since = new Map<Session, number>()

  constructor(room: Room, blocks: Blocks, counts: Counts, onError: OnDeliveryError) {
    this.#room = room
    this.#blocks = blocks
    this.#counts = counts
    this.#onError = onError
  }

  push(event: Event): void {
    this.#events.push(event)
    this.#last = event.id
  }

  /** The events of this tick from an id on; undefined when that has not come yet. */
  since(id: number): readonly Event[] | undefined {
    return id > this.#last ? undefined : this.#events.filter((event) => event.id >= id)
  }

  whisper(session: Session, event: Event): void {
    if (!this.#byWire.get(session.wire)?.has(session)) return
    const own = this.#private.get(session)
    if (own) own.push(event)
    else this.#private.set(session, [event])
  }

  /** The session gets what happens from now on, and the last `count` events of this tick. */
  add(session: Session, count = 0): void {
    this.#since.set(session, this.#events.length - count)
    const sessions = this.#byWire.get(session.wire)
    if (sessions) sessions.add(session)
    else this.#byWire.set(session.wire, new Set([session]))
  }

  /** Removes a session. Returns what it would have got of this tick so far. */
  remove(session: Session): readonly Event[] {
    const sessions = this.#byWire.get(session.wire)
    if (!sessions?.delete(session)) return []
    if (sessions.size === 0) this.#byWire.delete(session.wire)
    const events = this.#withPrivate(session, this.#events.slice(this.#since.get(session) ?? 0))
    this.#since.delete(session)
    this.#private.delete(session)
    return events
  }

  /** Hands out the events of the tick. */
  deliver(): void {
    const events = this.#events
    this.#events = []
    // Mostly all sessions get all events.
    const isShared = this.#since.size === 0 && this.#private.size === 0 && this.#blocks.empty
    const apart = isShared ? NONE : this.#setApart(events)
    for (const [wire, sessions] of this.#byWire) {
      const most = apart.size === 0 ? sessions : new Set([...sessions].filter((session) => !apart.has(session)))
      this.#hand(events, most, wire)
    }
    for (const [session, own] of apart) this.#hand(own, new Set([session]), session.wire)
    this.#since.clear()
    this.#private.clear()
  }

  /** Hands events to one session, without those that a block keeps from it. */
  handTo(session: Session, events: readonly Event[]): void {
    this.#hand(this.#blocks.allowed(events, session.name), new Set([session]), session.wire)
  }

  #setApart(events: readonly Event[]): Map<Session, readonly Event[]> {
    const apart = new Map<Session, readonly Event[]>()
    for (const [session, start] of this.#since) {
      if (start > 0) apart.set(session, this.#blocks.allowed(events.slice(start), session.name))
    }
    for (const session of this.#apartByBlocks(events)) {
      if (!apart.has(session)) apart.set(session, this.#blocks.allowed(events, session.name))
    }
    for (const session of this.#private.keys()) {
      apart.set(session, this.#withPrivate(session, apart.get(session) ?? events))
    }
    return apart
  }

  /** The sessions of users whom a block sets apart from the author of an event. */
  *#apartByBlocks(events: readonly Event[]): Generator<Session> {
    if (this.#blocks.empty) return
    const authors = new Set(events.map(({ from }) => from))
    const keys = new Set([...authors].flatMap((author) => [...this.#blocks.apartFrom(author)]))
    if (keys.size === 0) return
    for (const sessions of this.#byWire.values())
      for (const session of sessions) if (keys.has(session.key)) yield session
  }

  #withPrivate(session: Session, events: readonly Event[]): readonly Event[] {
    const own = this.#private.get(session)
    return own ? [...events, ...own].sort((a, b) => a.id - b.id) : events
  }

  #hand(events: readonly Event[], sessions: ReadonlySet<Session>, wire: Wire): void {
    if (events.length === 0 || sessions.size === 0) return
    this.#counts.deliveries += events.length * sessions.size
    try {
      wire.deliver(this.#room, events, sessions)
    } catch (error) {
      this.#onError(error, wire.protocol, events[0])
    }
  }
}
