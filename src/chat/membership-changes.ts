import type { Engine, RoomRecord } from '../engine/engine.ts'
import { Closed, Shared, Unavailable } from '../engine/errors.ts'
import type { Event, EventDetails } from '../engine/event.ts'
import { tickEnd } from '../tick.ts'
import { settledWithin } from '../within.ts'
import { checkAdmission } from './access.ts'
import type { Counts } from './counts.ts'
import { type Appearance, type Departures, joinedOf, leftOf } from './departures.ts'
import type { FollowedRoom } from './followed-room.ts'
import type { FollowedRooms } from './followed-rooms.ts'
import type { NameClaims } from './name-claims.ts'
import { Refusal } from './refusal.ts'
import { isCurrent, type Membership, type Session } from './session.ts'

/** How long a session that closes waits for what stands in the log before its own `left`, in ms. */
const LAST_EVENTS_MS = 1_000

export interface JoinOptions {
  /** True if the session's other memberships end where this one begins. */
  readonly moves: boolean
  /** Finds the room, or makes it. */
  readonly find: () => Promise<FoundRoom>
  /** Called while the nickname is held in the room. Rejects when the session may not use it. */
  readonly check: () => Promise<void>
  /** The guest that the session was in the room until now, and from which it was detached: it ends where the membership begins, or without one. */
  readonly former?: Appearance | undefined
}

/** The room that a session is to enter. */
export interface FoundRoom {
  readonly record: RoomRecord
  /** The role in it of a guest, such as the one that makes it. */
  readonly role: GuestRole | undefined
  /** The room as it was when its password was shown. */
  readonly unlocked: RoomRecord | undefined
}

/** The end of a membership that a session has asked for. */
interface Parting {
  /** Undefined where other sessions of the user stay, and where it could not be read. */
  readonly left: Event | undefined
}

/** A role that a guest has until it leaves. */
export type GuestRole = 'operator' | 'voiced'

interface MembershipChangesParts {
  readonly claims: NameClaims
  readonly counts: Counts
  readonly departures: Departures
  readonly followed: FollowedRooms
}

/** Begins and ends memberships. Those of one session in a room must not begin or end at the same time. */
export class MembershipChanges {
  readonly #engine: Engine
  readonly #parts: MembershipChangesParts

  constructor(engine: Engine, parts: MembershipChangesParts) {
    this.#engine = engine
    this.#parts = parts
  }

  /** Makes a session a member of a room, see {@link Memberships.join}. */
  async enter(session: Session, { moves, find, check, former }: JoinOptions): Promise<Membership> {
    const { record, role, unlocked } = await find()
    const keepsClaim = former?.key === session.key
    // A guest under another nickname takes its place along.
    const isInvited = former && session.accountId === undefined ? true : undefined
    const from = moves ? this.#parts.followed.of(session) : []
    // The session may come back to a room that it has just left.
    await this.#parts.departures.tried(session)
    const room = this.#parts.followed.follow(record)
    room.expect(session)
    let shared = false
    let claimed = false
    try {
      // Nothing would end a membership that begins behind the end of its session.
      if (session.closed) throw new Refusal('not-in-room')
      await room.stateReader.loadFor(session)
      checkAdmission({ record, state: room.state }, session, unlocked, isInvited)
      const most = former ? undefined : room.state.maxMembersFor(session)
      if (!keepsClaim) {
        shared = await this.#parts.claims.take(record.id, session, most)
        claimed = true
      }
      await check()
      // The other nodes may have released the claim meanwhile, and a `joined` without it would let a nickname be in a room twice.
      if (room.isClosed) throw new Closed(room.log)
      const isLost = (one: Appearance) => !this.#parts.claims.isHeld(record.id, one)
      if (isLost(session) || (former && isLost(former))) throw new Unavailable('the claim is lost')
      // The user may have been banned meanwhile.
      room.state.checkEntry(session, isInvited)
      const joined = shared ? undefined : await this.#append(room, session, role, former)
      if (former && !keepsClaim)
        await (joined ? this.#parts.claims.release(record.id, session, former) : this.end(room, session, former))
      // What the session says next is said here.
      if (joined) await room.admit(session, from, joined)
      else room.attach(session, from)
      if (former && keepsClaim) await this.#parts.claims.rewrite(record.id, session, former)
    } catch (error) {
      if (claimed) await this.#giveUp(room, session, shared)
      room.forget(session)
      if (former && !session.memberships.has(record.id)) await this.end(room, session, former)
      this.#parts.followed.unfollowIfDeserted(room)
      throw error instanceof Closed ? new Refusal('room-unknown') : error
    }
    for (const left of from) this.#moveFrom(left, session)
    this.#checkEntered(room, session, isInvited)
    return session.memberships.get(record.id) ?? { session, room, since: 0 }
  }

  /** Ends a membership that has begun behind a ban. @throws Refusal `banned`, `invite-only`. */
  #checkEntered(room: FollowedRoom, session: Session, isInvited: boolean | undefined): void {
    if (!session.memberships.has(room.record.id)) return
    try {
      room.state.checkEntry(session, isInvited)
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
    former: Appearance | undefined,
  ): Promise<Event | undefined> {
    const details: EventDetails = { ...(role && { role, guest: true }), ...(former && { renamed: former.name }) }
    const draft = joinedOf(room, session, role || former ? details : undefined)
    const { logs } = this.#engine
    try {
      const joined = former
        ? await both(logs.appendAll(room.log, [leftOf(room, session, former, { renamed: session.name }), draft]))
        : await logs.append(room.log, draft)
      this.#parts.counts.event(session.wire.protocol, 'joined')
      return joined
    } catch (error) {
      if (error instanceof Shared) return undefined
      throw error
    }
  }

  /** Ends the presence of the guest that a session was in a room, from which it was detached. */
  async end(room: FollowedRoom, session: Session, former: Appearance): Promise<void> {
    const { claims, departures } = this.#parts
    const { id } = room.record
    if (room.awaits(session, former.key)) await departures.begin(room, session, former)
    // A moderator has ended the presence, but not the claim.
    else if (claims.hasFormer(id, session, former)) await claims.release(id, session, former)
  }

  /** Ends a membership, see {@link Memberships.leave}. Resolves with undefined if a moderator, or the end of the room, has ended it before. */
  async leave(membership: Membership): Promise<Parting | undefined> {
    const { session } = membership
    const room = this.#parts.followed.get(membership.room.record.id)
    if (!room || !isCurrent(membership)) return undefined
    if (this.#leaveToOthers(room, session)) return { left: undefined }
    const parted = room.parting(session)
    let hasLeft: boolean
    try {
      hasLeft = await this.#parts.departures.append(room, session)
    } catch (error) {
      room.stay(session)
      throw error
    }
    const left = await seenLeft(room, session, parted)
    this.#parts.followed.unfollowIfDeserted(room)
    return hasLeft ? { left } : undefined
  }

  /** Ends the membership of a session whose connection ends, see {@link Memberships.close}. */
  async close(room: FollowedRoom, session: Session): Promise<() => Promise<void>> {
    if (this.#leaveToOthers(room, session)) return async () => {}
    const parted = room.parting(session)
    if (!(await this.#parts.departures.begin(room, session))) return async () => {}
    return async () => {
      await seenLeft(room, session, parted)
      await tickEnd()
      this.#parts.followed.unfollowIfDeserted(room)
    }
  }

  /** Takes a session out of a room in which other sessions of its user stay. Returns false when there are none. */
  #leaveToOthers(room: FollowedRoom, session: Session): boolean {
    if (!this.#parts.claims.leaveToOthers(room.record.id, session)) return false
    room.detach(session)
    // Others keep the presence up, so no `left` will come.
    room.seenOff(session)
    return true
  }

  #moveFrom(room: FollowedRoom, session: Session): void {
    if (this.#leaveToOthers(room, session)) return
    room.detach(session)
    void this.#parts.departures.begin(room, session)
  }

  /** Gives up the nickname of a session that does not become a member; with `shared` its user was one through other sessions. */
  async #giveUp(room: FollowedRoom, session: Session, shared: boolean): Promise<void> {
    const { id } = room.record
    if (this.#parts.claims.leaveToOthers(id, session)) return
    if (!shared || room.isClosed || !this.#parts.claims.isHeld(id, session))
      return this.#parts.claims.release(id, session)
    // The others have gone meanwhile, and have left the presence to this one.
    room.attach(session, [])
    room.detach(session)
    await this.#parts.departures.begin(room, session)
  }
}

/** Resolves with the second of two events that the engine appends both or neither. */
async function both([first, second]: readonly Promise<Event>[]): Promise<Event> {
  const [, event] = await Promise.all([first, second])
  if (!event) throw new Error('unreachable: there are two')
  return event
}

/** Resolves with the `left` of a session when it has been handed that: a node that has lost touch with the log reads it later, or never. */
async function seenLeft(
  room: FollowedRoom,
  session: Session,
  parted: Promise<Event | undefined>,
): Promise<Event | undefined> {
  let left: Event | undefined
  const seen = parted.then((event) => (left = event?.kind === 'left' ? event : undefined))
  await settledWithin(seen, LAST_EVENTS_MS)
  room.detach(session)
  room.seenOff(session)
  return left
}
