import type { Engine, RoomRecord } from '../engine/engine.ts'
import type { Event } from '../engine/event.ts'
import type { OnDeliveryError } from './audience.ts'
import { Availability } from './availability.ts'
import type { Blocks } from './blocks.ts'
import type { Counts } from './counts.ts'
import { Departures } from './departures.ts'
import type { EndQueue } from './end-queue.ts'
import type { FollowedRoom, RoomContext } from './followed-room.ts'
import { FollowedRooms } from './followed-rooms.ts'
import type { Handover } from './handover.ts'
import { type JoinOptions, MembershipChanges } from './membership-changes.ts'
import { NameClaims } from './name-claims.ts'
import { refuse } from './refusal.ts'
import { type LostRoom, type NextUser, Renaming } from './renaming.ts'
import type { Identity } from './sanctions.ts'
import type { Membership, MembershipEnd, Session } from './session.ts'
import { Turns } from './turns.ts'

export interface MembershipsOptions {
  readonly blocks: Blocks
  readonly counts: Counts
  readonly ends: EndQueue
  readonly handover: Handover
  readonly onDeliveryError: OnDeliveryError
}

/** The memberships and subscriptions of this node's sessions. */
export class Memberships {
  readonly followed: FollowedRooms
  readonly #engine: Engine
  readonly #availability: Availability
  readonly #claims: NameClaims
  readonly #departures: Departures
  readonly #ends: EndQueue
  readonly #changes: MembershipChanges
  readonly #renaming: Renaming
  /** Joins and leaves that are not committed yet: those of a session happen one after the other. */
  readonly #moves = new Turns<Session>()

  constructor(engine: Engine, { blocks, counts, ends, handover, onDeliveryError }: MembershipsOptions) {
    this.#engine = engine
    this.#availability = new Availability(engine)
    const onPutOut: RoomContext['onPutOut'] = (room, session, why) => void this.#putOut(room, session, why)
    const followed = new FollowedRooms(engine, { logs: engine.logs, blocks, counts, onDeliveryError, onPutOut })
    const claims = new NameClaims(engine, handover)
    const departures = new Departures(engine, claims, counts, (room) => followed.unfollowIfDeserted(room))
    this.followed = followed
    this.#claims = claims
    this.#departures = departures
    this.#ends = ends
    this.#changes = new MembershipChanges(engine, { claims, counts, departures, followed })
    const subscribe = (session: Session, room: RoomRecord) => this.subscribe(session, room, session, true)
    this.#renaming = new Renaming(engine, { changes: this.#changes, followed, subscribe })
    // Nothing is published here: the listener is called when claims may have been missed.
    engine.broadcast.onBroadcast('membership', () => void this.#check())
  }

  /**
   * Makes a session a member of a room. When it rejects, nothing has changed.
   *
   * @throws Refusal `name-in-room`, `room-full`, `room-unknown`, `unavailable`, and what `find` and `check` refuse.
   */
  join(session: Session, options: JoinOptions): Promise<Membership> {
    return this.#move(session, () => this.#changes.enter(session, options))
  }

  /** Ends a membership. The session still sees its own `left`, with which it resolves where there is one. @throws Refusal `unavailable`; then it is still a member. */
  leave(membership: Membership): Promise<Event | undefined> {
    return this.#move(membership.session, async () => (await this.#changes.leave(membership))?.left)
  }

  /** Makes a session another user in its rooms, see {@link Renaming.run}. */
  rename(
    session: Session,
    next: NextUser,
    change: (renamedIn: readonly number[]) => void,
  ): Promise<readonly LostRoom[]> {
    return this.#move(session, () => this.#renaming.run(session, next, change))
  }

  /** Hands a session the events of a room, member or not, until the client is barred from it, see {@link Chat.subscribe}. */
  subscribe(session: Session, record: RoomRecord, client: Identity, hasShownPassword: boolean): () => void {
    const room = this.followed.follow(record)
    room.subscribe(session, client, hasShownPassword)
    // Without its state the room bars more subscribers than it has to.
    void room.stateReader.loadFor(client).catch(() => {})
    return () => {
      room.unsubscribe(session)
      this.followed.unfollowIfDeserted(room)
    }
  }

  /** Ends the subscriptions of a session that needs the rights of an admin for them, which it has lost. */
  demote(session: Session): void {
    for (const room of this.followed.all()) room.demote(session)
  }

  /**
   * Ends the memberships of a session whose connection ends. Unless the client is gone, it is handed everything up to its own `left`, which
   * is not shown. Resolves when the nickname is free, or when the engine cannot commit now, with a function that waits for the last events.
   */
  async close(session: Session): Promise<() => Promise<void>> {
    await this.#moves.idle(session)
    if (session.isGone) for (const room of this.followed.of(session)) room.endDelivery(session)
    const close = () => Promise.all(this.followed.of(session).map((room) => this.#changes.close(room, session)))
    const lastEvents = await this.#ends.run(session, close)
    return async () => void (await Promise.all(lastEvents.map((arrived) => arrived())))
  }

  /** Resolves when no room that a session has left holds its nickname any more. */
  departed(session: Session): Promise<void> {
    return this.#departures.done(session)
  }

  /** Resolves when all sessions that have left have been seen off, or cannot be. */
  stop(): Promise<void> {
    this.followed.dropHeld()
    return this.#departures.stop()
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
}
