import type { RoomRecord } from '../engine/engine.ts'
import type { Event, LogName } from '../engine/event.ts'
import { atTurnEnd } from '../turn.ts'
import type { Blocks } from './blocks.ts'
import type { Counts } from './counts.ts'
import { fold } from './names.ts'
import type { Place, PutOut, Session, Wire } from './session.ts'

/** A session that has ceased to be a member. */
interface Leaver {
  readonly session: Session
  /** Whether the session has asked for it. */
  readonly asked: boolean
  /** The events of the turn up to its end there. */
  readonly events: readonly Event[]
  /** Its own `left` among them; undefined when that could not be read. */
  readonly left: Event | undefined
}

/**
 * A room as long as somebody on this node is in it: follows the room's log and hands each turn's events to its members.
 *
 * Membership changes where `joined` and `left` stand in the log, so every member sees one stretch of it without a hole:
 * from its own `joined` on, to its own `left` or until it is taken out. All members but those who came or went within the
 * turn share the same array of events, and so the same bytes.
 */
export class Room implements Place {
  /** As it is now: the title may change. */
  record: RoomRecord
  readonly log: LogName
  /** The last activity of members, by name. */
  readonly activity = new Map<string, { at: number; color: string | undefined }>()
  readonly #blocks: Blocks
  readonly #counts: Counts
  readonly #onPutOut: (session: Session, why: PutOut) => void
  /** By folded name: an account may be here in several sessions, a guest in one. */
  readonly #members = new Map<string, Set<Session>>()
  readonly #byWire = new Map<Wire, Set<Session>>()
  /** Those who were taken out, until their `left` has come by. */
  readonly #detached = new Map<string, Session>()
  /** Those who are told what happens, whether or not they are members. */
  readonly #watchers = new Set<Session>()
  /** Those whose `joined` is on its way, by folded name: a name is held once in a room, so it tells whose it is. */
  readonly #entering = new Map<string, Session>()

  /** What to call when somebody's `joined` has come by, */
  readonly #arrivals = new Map<Session, () => void>()
  /** or his `left`, for which he has asked. */
  readonly #partings = new Map<Session, () => void>()

  /** What this turn has brought so far. */
  #events: Event[] = []
  /** Private messages of this turn, by whose they are. */
  readonly #private = new Map<Session, Event[]>()
  /** Members who came within this turn, and the place of their `joined`. */
  readonly #since = new Map<Session, number>()
  /** Sessions that ceased to be members in this turn, and the events that they saw of it. */
  #leavers: Leaver[] = []
  /** The log has ended. */
  #closed = false
  #scheduled = false

  /** `onPutOut` is called for each session that is to be told that it was put out, when it has been handed all that it saw. */
  constructor(record: RoomRecord, blocks: Blocks, counts: Counts, onPutOut: (session: Session, why: PutOut) => void) {
    this.record = record
    this.log = `room:${record.id}`
    this.#blocks = blocks
    this.#counts = counts
    this.#onPutOut = onPutOut
  }

  get deserted(): boolean {
    const [members, entering, watchers] = [this.#members.size, this.#entering.size, this.#watchers.size]
    return members === 0 && entering === 0 && watchers === 0 && this.#detached.size === 0
  }

  member(name: string): Session | undefined {
    const sessions = [...(this.#members.get(fold(name)) ?? [])]
    return sessions.find(({ carriesPrivate }) => carriesPrivate) ?? sessions[0]
  }

  /** Makes another session of a member's account a member too: no `joined` is needed for it. */
  attach(session: Session): void {
    this.#enter(session, this.#members.get(session.key) ?? new Set())
  }

  /** Makes the session a member as soon as its `joined` comes by; resolves then. */
  expect(session: Session): Promise<void> {
    this.#entering.set(session.key, session)
    return new Promise((arrived) => this.#arrivals.set(session, arrived))
  }

  /** Takes back {@link expect}: the `joined` will not come. */
  forget(session: Session): void {
    this.#entering.delete(session.key)
    this.#arrivals.delete(session)
  }

  /** The session has asked for its `left`; resolves when that comes by, and at once when it is no member. */
  parting(session: Session): Promise<void> {
    if (!this.#isMember(session)) return Promise.resolve()
    return new Promise((parted) => this.#partings.set(session, parted))
  }

  /** Takes back {@link parting}: the `left` will not come. */
  stay(session: Session): void {
    this.#partings.delete(session)
  }

  /**
   * Puts out the members that `isLost` names. For memberships whose `left` is in the log this happens by itself; this is for
   * those whose `left` cannot be read any more.
   */
  drop(isLost: (session: Session) => boolean): void {
    for (const session of [...this.#members.values()].flatMap((sessions) => [...sessions])) {
      if (!isLost(session)) continue
      this.#leave(session, this.#remove(session))
      this.#schedule()
    }
  }

  /** Puts out everybody: the room has been closed, and the end of its log cannot be read any more. */
  close(): void {
    this.#closed = true
    this.drop(() => true)
    this.#schedule()
  }

  /** From now on the session is told what happens here. It may become a member and cease to be one. */
  watch(session: Session): void {
    this.#watchers.add(session)
    this.#addToWire(session)
    this.#since.set(session, this.#events.length)
  }

  /** Takes back {@link watch}; a member goes on as members do. */
  unwatch(session: Session): void {
    this.#watchers.delete(session)
    if (this.#isMember(session)) return
    this.#since.delete(session)
    this.#removeFromWire(session)
  }

  /** The room's log goes on. */
  append(event: Event): void {
    this.#schedule()
    if (event.kind === 'closed') {
      this.#closed = true
      return
    }
    this.#noteActivity(event)
    if (event.kind === 'joined') this.#admit(event)
    this.#events.push(event)
    if (event.kind === 'left') this.#dismiss(event)
  }

  /** Changed in place: this runs for every event. */
  #noteActivity({ kind, from, at, color }: Event): void {
    const last = this.activity.get(from)
    if (kind === 'left') {
      this.activity.delete(from)
    } else if (last) {
      last.at = at
      last.color = color
    } else {
      this.activity.set(from, { at, color })
    }
  }

  whisper(session: Session, event: Event): void {
    if (session.room !== this) return
    this.#schedule()
    const own = this.#private.get(session)
    if (own) own.push(event)
    else this.#private.set(session, [event])
  }

  /** Takes a member out before its `left` stands in the log; it gets what has happened so far. */
  detach(session: Session): void {
    if (!this.#isMember(session)) return
    const events = this.#remove(session)
    // Other sessions of its account stay, and there is no `left`.
    if (!this.#members.has(session.key)) this.#detached.set(session.key, session)
    this.#partings.get(session)?.()
    this.#partings.delete(session)
    if (!session.closed) this.#hand(this.#blocks.allowed(events, session.name), new Set([session]), session.wire)
  }

  awaits(session: Session): boolean {
    return this.#isMember(session) || this.#detached.get(session.key) === session
  }

  seenOff(session: Session): void {
    if (this.#detached.get(session.key) === session) this.#detached.delete(session.key)
  }

  deliver(): void {
    this.#scheduled = false
    const events = this.#events
    this.#events = []
    const set = this.#setApart(events)
    for (const [wire, members] of this.#byWire) {
      const some = set.size === 0 ? members : new Set([...members].filter((member) => !set.has(member)))
      this.#hand(events, some, wire)
    }
    for (const [session, own] of set) this.#hand(own, new Set([session]), session.wire)
    this.#since.clear()
    this.#private.clear()
    const leavers = this.#leavers
    this.#leavers = []
    const out = new Map<Session, PutOut>()
    if (this.#closed) for (const watcher of this.#watchers) out.set(watcher, 'room-closed')
    for (const { session, asked, events: own, left } of leavers) {
      // Where the end of the room could not be read it would not know that it is out.
      const why = this.#closed && left ? 'room-closed' : 'membership-lost'
      // A client that ends its connection, or is to come back, is not shown its own leaving.
      const shown =
        session.closed || (!asked && why === 'membership-lost') ? own.filter((event) => event !== left) : own
      this.#hand(this.#blocks.allowed(shown, session.name), new Set([session]), session.wire)
      if (!asked) out.set(session, why)
    }
    for (const [session, why] of out) this.#onPutOut(session, why)
  }

  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    atTurnEnd('deliver', this)
  }

  #admit({ from }: Event): void {
    const session = this.#entering.get(fold(from))
    if (!session) return
    this.#entering.delete(session.key)
    // In log order: whoever moves sees nothing of the old room from here on.
    this.#arrivals.get(session)?.()
    this.#arrivals.delete(session)
    this.#enter(session, new Set())
  }

  #enter(session: Session, members: Set<Session>): void {
    session.room?.detach(session)
    session.room = this
    this.#members.set(session.key, members.add(session))
    if (this.#watchers.has(session)) return
    this.#since.set(session, this.#events.length)
    this.#addToWire(session)
  }

  #addToWire(session: Session): void {
    let audience = this.#byWire.get(session.wire)
    if (!audience) this.#byWire.set(session.wire, (audience = new Set()))
    audience.add(session)
  }

  #removeFromWire(session: Session): void {
    const audience = this.#byWire.get(session.wire)
    audience?.delete(session)
    if (audience?.size === 0) this.#byWire.delete(session.wire)
  }

  #dismiss(left: Event): void {
    const key = fold(left.from)
    this.#detached.delete(key)
    for (const session of this.#members.get(key) ?? []) this.#leave(session, this.#remove(session), left)
  }

  #leave(session: Session, events: readonly Event[], left?: Event): void {
    this.#leavers.push({ session, asked: this.#partings.has(session), events, left })
    this.#partings.get(session)?.()
    this.#partings.delete(session)
  }

  #isMember(session: Session): boolean {
    return this.#members.get(session.key)?.has(session) === true
  }

  /** Ends a membership here and returns the part of this turn that it saw; who goes on watching sees that anyway. */
  #remove(session: Session): readonly Event[] {
    const members = this.#members.get(session.key)
    members?.delete(session)
    if (members?.size === 0) this.#members.delete(session.key)
    session.room = undefined
    if (this.#watchers.has(session)) return []
    const events = this.#withPrivate(session, this.#events.slice(this.#since.get(session) ?? 0))
    this.#since.delete(session)
    this.#private.delete(session)
    this.#removeFromWire(session)
    return events
  }

  /** Members who do not get what everybody gets: who came in this turn, whom a block concerns, who has something private. */
  #setApart(events: readonly Event[]): Map<Session, readonly Event[]> {
    const apart = new Map<Session, readonly Event[]>()
    for (const [session, start] of this.#since) {
      if (start > 0) apart.set(session, this.#blocks.allowed(events.slice(start), session.name))
    }
    for (const session of this.#concerned(events)) {
      if (!apart.has(session)) apart.set(session, this.#blocks.allowed(events, session.name))
    }
    for (const session of this.#private.keys()) {
      apart.set(session, this.#withPrivate(session, apart.get(session) ?? events))
    }
    return apart
  }

  /** Members who may not hear somebody who has caused an event. */
  *#concerned(events: readonly Event[]): Generator<Session> {
    if (this.#blocks.empty) return
    for (const from of new Set(events.map((event) => event.from))) {
      for (const key of this.#blocks.apartFrom(from)) {
        yield* this.#members.get(key) ?? []
      }
    }
  }

  #withPrivate(session: Session, events: readonly Event[]): readonly Event[] {
    const own = this.#private.get(session)
    return own ? [...events, ...own].sort((a, b) => a.id - b.id) : events
  }

  #hand(events: readonly Event[], members: ReadonlySet<Session>, wire: Wire): void {
    if (events.length === 0 || members.size === 0) return
    this.#counts.deliveries += events.length * members.size
    wire.deliver(this, events, members)
  }
}
