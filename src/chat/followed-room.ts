import type { EngineLogs, RoomRecord } from '../engine/engine.ts'
import { Closed, Unavailable } from '../engine/errors.ts'
import { type Event, idAt, type LogName, leaverOf } from '../engine/event.ts'
import { atTickEnd } from '../tick.ts'
import { Audience, type OnDeliveryError } from './audience.ts'
import type { Blocks } from './blocks.ts'
import type { Counts } from './counts.ts'
import { fold } from './names.ts'
import { RecentUsers } from './recent-users.ts'
import { RoomLeavers } from './room-leavers.ts'
import { RoomMembers } from './room-members.ts'
import type { RoomState } from './room-state.ts'
import { RoomSubscribers } from './room-subscribers.ts'
import type { Identity } from './sanctions.ts'
import type { Membership, MembershipEnd, Session } from './session.ts'
import { StateReader } from './state-reader.ts'

/** A session whose `joined` is on its way. */
interface Newcomer {
  readonly session: Session
  /** Rooms that it leaves for this one. */
  readonly from: readonly FollowedRoom[]
  readonly arrived: () => void
  readonly lost: (error: Error) => void
}

export interface RoomContext {
  readonly logs: EngineLogs
  readonly blocks: Blocks
  readonly counts: Counts
  readonly onDeliveryError: OnDeliveryError
  /** Called for each session that was put out, when it has been handed all that it saw. */
  readonly onPutOut: (room: FollowedRoom, session: Session, why: MembershipEnd) => void
}

/**
 * A room for as long as a session of this node is in it or subscribes to it: follows the room's log and hands each tick's events to
 * the sessions.
 *
 * Memberships begin and end where `joined` and `left` stand in the log, so each session sees one stretch of it without a hole, from
 * its own `joined` to its own `left`, or until it is detached.
 */
export class FollowedRoom {
  #record: RoomRecord
  readonly log: LogName
  /** True while the room is followed for authors without a session. */
  isHeld = false
  /** True if the log has ended. */
  isClosed = false
  readonly stateReader: StateReader
  readonly recentUsers = new RecentUsers()
  readonly #onPutOut: RoomContext['onPutOut']
  readonly #audience: Audience
  readonly #members = new RoomMembers()
  /** Sessions that were detached and whose `left` has not come, by folded nickname. */
  readonly #detached = new Map<string, Session>()
  readonly #subscribers = new RoomSubscribers()
  /** Sessions whose `joined` is being committed. */
  readonly #expected = new Set<Session>()
  /** Sessions whose `joined` is committed and has not come, by its id: the nickname may be another node's, too. */
  readonly #newcomers = new Map<number, Newcomer>()
  readonly #leavers = new RoomLeavers()
  /** Subscribers that have been barred in this tick, with the events of the tick up to then. */
  readonly #barred = new Map<Session, readonly Event[]>()
  #scheduled = false

  constructor(record: RoomRecord, { logs, blocks, counts, onDeliveryError, onPutOut }: RoomContext) {
    this.#record = record
    this.log = `room:${record.id}`
    this.stateReader = new StateReader(this, logs)
    this.#onPutOut = onPutOut
    this.#audience = new Audience(this, blocks, counts, onDeliveryError)
  }

  get record(): RoomRecord {
    return this.#record
  }

  /** Takes the record of the room, which has been changed. */
  change(record: RoomRecord): void {
    const before = this.record
    this.#record = record
    if (record.title === before.title) return
    // A member that is becoming another user is no more than a subscriber for a moment.
    const sessions = new Set([...this.#members.all(), ...this.#subscribers.sessions])
    const byWire = Map.groupBy(sessions, ({ wire }) => wire)
    for (const [wire, some] of byWire) wire.retitled?.(this, some, before)
  }

  /** True if no session needs the room any more. */
  get deserted(): boolean {
    const sessions = [this.#members, this.#expected, this.#newcomers, this.#subscribers, this.#detached]
    return !this.isHeld && sessions.every(({ size }) => size === 0)
  }

  /** A session of this node that is a member under a nickname; one that carries private messages where there is one. */
  member(name: string): Session | undefined {
    return this.#members.under(name)
  }

  /** A session of each guest of this node who is a member from an address. */
  guestsAt(addressDigest: string): readonly Session[] {
    return this.#members.users().filter((one) => !one.registered && one.addressDigest === addressDigest)
  }

  /** The state of the room, as far as it concerns the users for whom it was loaded. */
  get state(): RoomState {
    const { state } = this.stateReader
    if (!state) throw new Error(`the state of ${this.log} is not loaded`)
    return state
  }

  /** Makes another session of a member's user a member too: it needs no `joined`. @throws Closed. */
  attach(session: Session, from: readonly FollowedRoom[]): void {
    // The log has ended: the session's `left` would never come.
    if (this.isClosed) throw new Closed(this.log)
    this.#expected.delete(session)
    this.#enter(session, from, { since: this.#sinceOf(session) })
  }

  /** The {@link Membership.since} of a session whose user is here already. */
  #sinceOf({ registered, key }: Session): number {
    if (registered) return 0
    const [other] = this.#members.of(key)
    return other?.memberships.get(this.record.id)?.since ?? idAt(Date.now())
  }

  /** The `joined` of a session is about to be appended: {@link admit}, {@link attach} or {@link forget} comes next. */
  expect(session: Session): void {
    this.#expected.add(session)
  }

  /**
   * Makes the session a member, and ends its memberships in `from`, where its `joined` stands. Resolves when that has come; rejects with
   * {@link Unavailable} or {@link Closed} when it cannot come any more.
   */
  admit(session: Session, from: readonly FollowedRoom[], { id, at }: Event): Promise<void> {
    this.#expected.delete(session)
    const events = this.#audience.since(id)
    if (!events) return new Promise((arrived, lost) => this.#newcomers.set(id, { session, from, arrived, lost }))
    this.#enter(session, from, { since: id, at }, events.length)
    const left = events.find((event) => {
      const leaver = leaverOf(event)
      return leaver !== undefined && fold(leaver) === session.key
    })
    if (left) this.#leavers.add(session, this.#remove(session), left)
    return Promise.resolve()
  }

  /** Takes back {@link expect}: the `joined` will not come. */
  forget(session: Session): void {
    this.#expected.delete(session)
  }

  /** The session has asked for its `left`; resolves with that when it comes, and at once when it is no member. */
  parting(session: Session): Promise<Event | undefined> {
    return this.#members.has(session) ? this.#leavers.expect(session) : Promise.resolve(undefined)
  }

  /** Takes back {@link parting}: the `left` will not come. */
  stay(session: Session): void {
    this.#leavers.forget(session)
  }

  /** Puts out the members and newcomers for which `isLost` returns true. Needed only for those whose `left` cannot be read from the log. */
  drop(isLost: (session: Session) => boolean): void {
    for (const session of this.#members.all()) {
      if (!isLost(session)) continue
      this.#leavers.add(session, this.#remove(session))
      this.#schedule()
    }
    for (const [id, { session, lost }] of this.#newcomers) {
      if (!isLost(session)) continue
      this.#newcomers.delete(id)
      lost(this.isClosed ? new Closed(this.log) : new Unavailable('the claim is lost'))
    }
  }

  /** Puts out all members: the room has been closed, and the end of its log cannot be read. */
  close(): void {
    this.isClosed = true
    this.drop(() => true)
    this.#schedule()
  }

  /** Hands the room's events to a session from now on, member or not, for as long as the client may read the room, see {@link Chat.subscribe}. */
  subscribe(session: Session, client: Identity, hasShownPassword: boolean): void {
    // A member gets them already, and so does a subscriber.
    if (!this.#members.has(session) && !this.#subscribers.has(session)) this.#audience.add(session)
    this.#subscribers.add(session, client, hasShownPassword)
  }

  /** Takes back {@link subscribe}; a member goes on getting the events. */
  unsubscribe(session: Session): void {
    this.#subscribers.delete(session)
    if (!this.#members.has(session)) this.#audience.remove(session)
  }

  /** Bars a subscriber that has lost the rights of an admin, unless it may read the room without them. */
  demote(session: Session): void {
    if (this.#subscribers.has(session)) this.#barUnlessReader(session)
  }

  /** Takes the next event of the log. */
  append(event: Event): void {
    this.#schedule()
    if (event.kind === 'closed') {
      this.isClosed = true
      return
    }
    this.recentUsers.note(event)
    const isMessage = event.kind === 'message'
    // A message changes the state only where there is slow mode.
    if (!isMessage || this.stateReader.state?.restrictsSpeech !== false) this.stateReader.apply(event)
    if (!isMessage) for (const session of this.#subscribers.restrict(event)) this.#barUnlessReader(session)
    if (event.kind === 'joined') this.#admit(event)
    this.#audience.push(event)
    const leaver = leaverOf(event)
    if (leaver !== undefined) this.#dismiss(fold(leaver), event)
  }

  /** Ends the subscription of a session that is no member and may not read the room. */
  #barUnlessReader(session: Session): void {
    if (this.#members.has(session) || this.#subscribers.mayRead(session, this.stateReader.state)) return
    this.#subscribers.delete(session)
    this.#barred.set(session, this.#audience.remove(session))
    this.#schedule()
  }

  /** Hands a member a private message, where it stands among the events of the tick. */
  whisper(session: Session, event: Event): void {
    if (!this.#members.has(session)) return
    this.#schedule()
    this.#audience.whisper(session, event)
  }

  /** Ends a membership before its `left` stands in the log. The session gets what has happened so far. */
  detach(session: Session): void {
    if (!this.#members.has(session)) return
    const events = this.#remove(session)
    // Other sessions of its user stay, and there is no `left`.
    if (this.#members.of(session.key).length === 0) this.#detached.set(session.key, session)
    this.#leavers.parted(session)
    if (!session.closed) this.#audience.handTo(session, events)
  }

  /** Hands a member nothing more. */
  endDelivery(session: Session): void {
    this.#audience.remove(session)
  }

  /** True if a `left` of the session is still to come, or of its former nickname, under which it was detached. */
  awaits(session: Session, key = session.key): boolean {
    return (key === session.key && this.#members.has(session)) || this.#detached.get(key) === session
  }

  /** The `left` of a detached session is committed. */
  seenOff(session: Session, key = session.key): void {
    if (this.#detached.get(key) === session) this.#detached.delete(key)
  }

  /** Called at the end of the tick. */
  deliver(): void {
    this.#scheduled = false
    this.#audience.deliver()
    // Mostly nobody goes.
    if (this.#leavers.size === 0 && this.#barred.size === 0 && !this.isClosed) return
    const out = new Map<Session, MembershipEnd>()
    for (const [session, events] of this.#barred) {
      this.#audience.handTo(session, events)
      out.set(session, 'barred')
    }
    this.#barred.clear()
    if (this.isClosed) for (const session of this.#subscribers.sessions) out.set(session, 'room-closed')
    for (const { session, events, why } of this.#leavers.take(this.isClosed)) {
      this.#audience.handTo(session, events)
      if (why) out.set(session, why)
    }
    for (const [session, why] of out) this.#onPutOut(this, session, why)
  }

  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    atTickEnd('deliver', this)
  }

  #admit({ id, at }: Event): void {
    const newcomer = this.#newcomers.get(id)
    if (!newcomer) return
    const { session, from, arrived } = newcomer
    this.#newcomers.delete(id)
    arrived()
    this.#enter(session, from, { since: id, at })
  }

  /** `count` events of this tick stand behind the session's `joined`, that included. */
  #enter(session: Session, from: readonly FollowedRoom[], joined: Pick<Membership, 'since' | 'at'>, count = 0): void {
    // In log order: a session that moves sees nothing of the old room from here on.
    for (const room of from) room.detach(session)
    session.memberships.set(this.record.id, { session, room: this, ...joined })
    this.#members.add(session)
    this.stateReader.state?.entered(session)
    if (!this.#subscribers.has(session)) this.#audience.add(session, count)
  }

  #dismiss(key: string, left: Event): void {
    this.#detached.delete(key)
    for (const session of this.#members.of(key)) this.#leavers.add(session, this.#remove(session), left)
  }

  /** Ends a membership. Returns the part of this tick that the session saw; a subscriber sees that anyway. */
  #remove(session: Session): readonly Event[] {
    this.#members.delete(session)
    session.memberships.delete(this.record.id)
    if (!this.#subscribers.has(session)) return this.#audience.remove(session)
    this.#barUnlessReader(session)
    return []
  }
}
