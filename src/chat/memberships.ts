import type { Engine, RoomRecord } from '../engine/engine.ts'
import { Closed, Shared, Unavailable } from '../engine/errors.ts'
import type { Event, EventDetails } from '../engine/event.ts'
import { tickEnd } from '../tick.ts'
import { settledWithin } from '../within.ts'
import type { OnDeliveryError } from './audience.ts'
import { Availability } from './availability.ts'
import type { Blocks } from './blocks.ts'
import type { Counts } from './counts.ts'
import { Departures, presenceOf } from './departures.ts'
import { EXCLUSIVE } from './directory.ts'
import type { FollowedRoom, RoomContext } from './followed-room.ts'
import { FollowedRooms } from './followed-rooms.ts'
import type { Handover } from './handover.ts'
import { NameClaims } from './name-claims.ts'
import { Refusal, refuse } from './refusal.ts'
import type { Identity } from './sanctions.ts'
import { type Membership, type MembershipEnd, Session, type Standing } from './session.ts'
import { Turns } from './turns.ts'

/** How long a session that closes waits for what stands in the log before its own `left`, in ms. */
const LAST_EVENTS_MS = 1_000

export interface MembershipsOptions {
  readonly blocks: Blocks
  readonly counts: Counts
  readonly handover: Handover
  readonly onDeliveryError: OnDeliveryError
}

export interface JoinOptions {
  /** True if the session's other memberships end where this one begins. */
  readonly moves: boolean
  /** Finds the room, or makes it; with the role in it of a guest, such as the one that makes it. */
  readonly find: () => Promise<{ record: RoomRecord; role: GuestRole | undefined }>
  /** Called while the nickname is held in the room. Rejects when the session may not use it. */
  readonly check: () => Promise<void>
  /** The nickname under which the session was in the room until now. */
  readonly renamed?: string
}

/** The user that a session becomes. */
export interface NextUser extends Identity {
  readonly name: string
}

/** A role that a guest has until it leaves. */
export type GuestRole = 'operator' | 'voiced'

/** The memberships and subscriptions of this node's sessions. */
export class Memberships {
  readonly followed: FollowedRooms
  readonly #engine: Engine
  readonly #availability: Availability
  readonly #claims: NameClaims
  readonly #departures: Departures
  readonly #counts: Counts
  /** Joins and leaves that are not committed yet: those of a session happen one after the other. */
  readonly #moves = new Turns<Session>()

  constructor(engine: Engine, { blocks, counts, handover, onDeliveryError }: MembershipsOptions) {
    this.#engine = engine
    this.#availability = new Availability(engine)
    this.#claims = new NameClaims(engine, handover)
    this.#departures = new Departures(engine, this.#claims, counts, (room) => this.followed.unfollowIfDeserted(room))
    const onPutOut: RoomContext['onPutOut'] = (room, session, why) => void this.#putOut(room, session, why)
    this.#counts = counts
    this.followed = new FollowedRooms(engine, { logs: engine.logs, blocks, counts, onDeliveryError, onPutOut })
    // Nothing is published here: the listener is called when claims may have been missed.
    engine.broadcast.onBroadcast('membership', () => void this.#check())
  }

  /**
   * Makes a session a member of a room. When it rejects, nothing has changed.
   *
   * @throws Refusal `name-in-room`, `room-full`, `room-unknown`, `unavailable`, and what `find` and `check` refuse.
   */
  join(session: Session, options: JoinOptions): Promise<Membership> {
    return this.#move(session, () => this.#join(session, options))
  }

  async #join(session: Session, { moves, find, check, renamed }: JoinOptions): Promise<Membership> {
    const { record, role } = await find()
    // Nothing would end a membership that begins behind the end of its session.
    if (session.closed) throw new Refusal('not-in-room')
    const from = moves ? this.followed.of(session) : []
    // The session may come back to a room that it has just left.
    await this.#departures.tried(session)
    const room = this.followed.follow(record)
    room.expect(session)
    let shared = false
    let claimed = false
    try {
      await room.stateReader.loadFor(session)
      room.state.checkEntry(session)
      // A guest under another nickname takes its place along.
      const most = renamed === undefined ? room.state.maxMembersFor(session) : undefined
      shared = await this.#claims.take(record.id, session, most)
      claimed = true
      await check()
      // The other nodes may have released the claim meanwhile, and a `joined` without it would let a nickname be in a room twice.
      if (!this.#claims.isHeld(record.id, session)) throw new Unavailable('the claim is lost')
      // The user may have been banned meanwhile.
      room.state.checkEntry(session)
      const joined = shared ? undefined : await this.#append(room, session, role, renamed)
      // What the session says next is said here.
      if (joined) await room.admit(session, from, joined)
      else room.attach(session, from)
    } catch (error) {
      if (claimed) await this.#giveUp(room, session, shared)
      room.forget(session)
      this.followed.unfollowIfDeserted(room)
      throw error instanceof Closed ? new Refusal('room-unknown') : error
    }
    for (const left of from) this.#moveFrom(left, session)
    this.#checkEntered(room, session)
    return session.memberships.get(record.id) ?? { session, room, since: 0 }
  }

  /** Ends a membership that has begun behind a ban. @throws Refusal `banned`, `invite-only`. */
  #checkEntered(room: FollowedRoom, session: Session): void {
    if (!session.memberships.has(room.record.id)) return
    try {
      room.state.checkEntry(session)
    } catch (error) {
      this.#moveFrom(room, session)
      throw error
    }
  }

  /** Appends the `joined` of a session, which gives a guest its role. Resolves with undefined where its user is in the room through another node already. */
  async #append(
    room: FollowedRoom,
    session: Session,
    role: GuestRole | undefined,
    renamed: string | undefined,
  ): Promise<Event | undefined> {
    const details: EventDetails = { ...(role && { role, guest: true }), ...(renamed !== undefined && { renamed }) }
    const draft = presenceOf('joined', room, session)
    try {
      const joined = await this.#engine.logs.append(
        room.log,
        role || renamed !== undefined ? { ...draft, details } : draft,
      )
      this.#counts.event(session.wire.protocol, 'joined')
      return joined
    } catch (error) {
      if (error instanceof Shared) return undefined
      throw error
    }
  }

  /** Ends a membership. The session still sees its own `left`. @throws Refusal `unavailable`; then it is still a member. */
  leave(membership: Membership): Promise<void> {
    return this.#move(membership.session, () => this.#leave(membership))
  }

  async #leave(membership: Membership): Promise<void> {
    const { session } = membership
    const room = this.followed.get(membership.room.record.id)
    if (!room || !isCurrent(membership) || this.#leaveToOthers(room, session)) return
    const parted = room.parting(session)
    try {
      await this.#departures.append(room, session)
    } catch (error) {
      room.stay(session)
      throw error
    }
    await seenLeft(room, session, parted)
    this.followed.unfollowIfDeserted(room)
  }

  /**
   * Takes a session out of its rooms, and in again as another user; a guest with its roles. It is handed all events in between. `change` makes
   * it that user, and is handed the rooms in which a guest has another nickname from then on. In the others it leaves, and enters: those that the next user is
   * in through other sessions, and those of the owner of an account. When it rejects, the session may be out of some rooms.
   *
   * @throws Refusal `banned`, `invite-only` before anything has changed; `unavailable`, `name-in-room`.
   */
  rename(session: Session, next: NextUser, change: (renamedIn: readonly number[]) => void): Promise<void> {
    return this.#move(session, async () => {
      const memberships = [...session.memberships.values()]
      const { registered, name: before } = session
      const occupied = new Set<number>()
      for (const membership of memberships) {
        const { room } = membership
        await room.stateReader.loadFor(next).catch(refuse)
        // A moderator may have kicked it meanwhile.
        if (isCurrent(membership)) room.state.checkEntry(next)
        const isShared =
          next.accountId !== undefined && (await this.#engine.memberships.member(room.record.id, next.name))
        if (isShared) occupied.add(room.record.id)
      }
      const places = memberships.filter(isCurrent).map((membership) => {
        const { record, state } = membership.room
        const rank = registered ? undefined : state.rankOf(session)
        const role: GuestRole | undefined = rank === 'operator' || rank === 'voiced' ? rank : undefined
        const isRenamed = !registered && !occupied.has(record.id)
        return { membership, record, role, isRenamed, end: this.subscribe(session, record, session) }
      })
      try {
        for (const { membership, isRenamed } of places) {
          session.nextName = isRenamed ? next.name : undefined
          await this.#leave(membership)
        }
        session.nextName = undefined
        // Its `left` is handed to it as its own.
        if (places.some(({ isRenamed }) => !isRenamed)) await tickEnd()
        change(places.flatMap(({ record, isRenamed }) => (isRenamed ? [record.id] : [])))
        for (const { record, role, isRenamed } of places) {
          await this.#join(session, {
            moves: false,
            find: async () => ({ record, role }),
            check: async () => {},
            ...(isRenamed && { renamed: before }),
          })
        }
      } finally {
        session.nextName = undefined
        for (const { end } of places) end()
      }
    })
  }

  /** Hands a session the events of a room, member or not, until the client is barred from it. Returns the end of it. */
  subscribe(session: Session, record: RoomRecord, client: Identity): () => void {
    const room = this.followed.follow(record)
    room.subscribe(session, client)
    // Without its state the room bars more subscribers than it has to.
    void room.stateReader.loadFor(client).catch(() => {})
    return () => {
      room.unsubscribe(session)
      this.followed.unfollowIfDeserted(room)
    }
  }

  /**
   * Ends the memberships of a session whose connection ends. The session is handed everything up to its own `left`, which is not
   * shown. Resolves when the nickname is free, or when the engine cannot commit now, with a function that waits for the last events.
   */
  async close(session: Session): Promise<() => Promise<void>> {
    await this.#moves.idle(session)
    const closing = this.followed.of(session).map((room) => this.#close(room, session))
    const lastEvents = await Promise.all(closing)
    return async () => void (await Promise.all(lastEvents.map((arrived) => arrived())))
  }

  /** Resolves when no room that a session has left holds its nickname any more. */
  departed(session: Session): Promise<void> {
    return this.#departures.done(session)
  }

  /** The rooms in which a guest, or its client, holds its nickname on any node; {@link EXCLUSIVE} where it holds that exclusively. */
  async held({ name, client, memberships, isOnlyGuest }: Session): Promise<ReadonlySet<number>> {
    const rooms = new Set(memberships.keys())
    if (isOnlyGuest) rooms.add(EXCLUSIVE)
    if (client === undefined) return rooms
    const { memberships: held } = this.#engine
    for (const room of await held.heldIn(name)) {
      const holder = await held.member(room, name)
      if (holder?.client === client) rooms.add(room)
    }
    return rooms
  }

  /** Lets other nodes hold the nicknames of a session, which has become its account's. */
  async share({ memberships, name }: Session): Promise<void> {
    await Promise.all(Array.from(memberships.keys(), (room) => this.#engine.memberships.share(room, name)))
  }

  /** Resolves when all sessions that have left have been seen off, or cannot be. */
  stop(): Promise<void> {
    this.followed.dropHeld()
    return this.#departures.stop()
  }

  async #close(room: FollowedRoom, session: Session): Promise<() => Promise<void>> {
    if (this.#leaveToOthers(room, session)) return async () => {}
    const parted = room.parting(session)
    if (!(await this.#departures.begin(room, session))) return async () => {}
    return async () => {
      await seenLeft(room, session, parted)
      await tickEnd()
      this.followed.unfollowIfDeserted(room)
    }
  }

  /** Runs `work` behind the session's earlier joins and leaves. */
  #move<T>(session: Session, work: () => Promise<T>): Promise<T> {
    return this.#moves.run(session, work).catch(refuse)
  }

  /** Puts out the members whose claims the other nodes have released and whose `left` cannot be read any more. */
  async #check(): Promise<void> {
    this.followed.dropHeld()
    for (const room of this.followed.all()) {
      const { id } = room.record
      const record = await this.#engine.rooms.find(id).catch(() => room.record)
      if (!record) room.close()
      else room.drop((session) => !this.#claims.isHeld(id, session))
    }
  }

  /**
   * Forgets a membership, and tells the session's protocol. A client that is to come back is told so when there is an engine to come
   * back to.
   */
  async #putOut(room: FollowedRoom, session: Session, why: MembershipEnd): Promise<void> {
    // A subscriber that is barred has no presence.
    if (why === 'barred') return session.closed ? undefined : session.wire.putOut(room, session, why)
    // A moderator has ended the presence, but not the claim.
    if (why === 'kicked') void this.#claims.release(room.record.id, session)
    else this.#claims.forget(room.record.id, session)
    this.followed.unfollowIfDeserted(room)
    if (why === 'membership-lost') {
      await this.#availability.wait()
      // The client has noticed the loss, and has joined again.
      if (session.memberships.has(room.record.id)) return
    }
    if (!session.closed) session.wire.putOut(room, session, why)
  }

  /** Takes a session out of a room in which other sessions of its user stay. Returns false when there are none. */
  #leaveToOthers(room: FollowedRoom, session: Session): boolean {
    if (!this.#claims.leaveToOthers(room.record.id, session)) return false
    room.detach(session)
    // Others keep the presence up, so no `left` will come.
    room.seenOff(session)
    return true
  }

  #moveFrom(room: FollowedRoom, session: Session): void {
    if (this.#leaveToOthers(room, session)) return
    room.detach(session)
    void this.#departures.begin(room, session)
  }

  /** Gives up the nickname of a session that does not become a member; with `shared` its user was one through other sessions. */
  async #giveUp(room: FollowedRoom, session: Session, shared: boolean): Promise<void> {
    const { id } = room.record
    if (this.#claims.leaveToOthers(id, session)) return
    if (!shared || room.isClosed || !this.#claims.isHeld(id, session)) return this.#claims.release(id, session)
    // The others have gone meanwhile, and have left the presence to this one.
    room.attach(session, [])
    room.detach(session)
    await this.#departures.begin(room, session)
  }
}

/** True while the membership lasts; the author of a request is where it is. */
export function isCurrent({ session, room }: Standing): boolean {
  return !(session instanceof Session) || session.memberships.get(room.record.id)?.room === room
}

/** Resolves when a session has been handed its `left`: a node that has lost touch with the log reads that later, or never. */
async function seenLeft(room: FollowedRoom, session: Session, parted: Promise<void>): Promise<void> {
  await settledWithin(parted, LAST_EVENTS_MS)
  room.detach(session)
  room.seenOff(session)
}
