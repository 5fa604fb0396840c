import type { Engine, RoomRecord } from '../engine/engine.ts'
import { tickEnd } from '../tick.ts'
import type { OnDeliveryError } from './audience.ts'
import { Availability } from './availability.ts'
import type { Blocks } from './blocks.ts'
import type { Counts } from './counts.ts'
import { type Appearance, Departures } from './departures.ts'
import type { FollowedRoom, RoomContext } from './followed-room.ts'
import { FollowedRooms } from './followed-rooms.ts'
import type { Handover } from './handover.ts'
import { type GuestRole, type JoinOptions, MembershipChanges } from './membership-changes.ts'
import { NameClaims } from './name-claims.ts'
import { Refusal, refuse } from './refusal.ts'
import type { Identity } from './sanctions.ts'
import { isCurrent, type Membership, type MembershipEnd, type Session } from './session.ts'
import { Turns } from './turns.ts'

export interface MembershipsOptions {
  readonly blocks: Blocks
  readonly counts: Counts
  readonly handover: Handover
  readonly onDeliveryError: OnDeliveryError
}

/** The user that a session becomes. */
export interface NextUser extends Identity {
  readonly name: string
}

/** A room that a session is out of, because the user that it has become may not enter it. */
export interface LostRoom {
  readonly room: RoomRecord
  readonly refusal: Refusal
}

/** A membership of a session that becomes another user. */
interface Place {
  readonly membership: Membership
  readonly record: RoomRecord
  /** Its role as a guest. */
  readonly role: GuestRole | undefined
  /** True if one commit ends the one presence and begins the other. */
  readonly isRenamed: boolean
  /** Ends the subscription of the room. */
  readonly end: () => void
}

/** The memberships and subscriptions of this node's sessions. */
export class Memberships {
  readonly followed: FollowedRooms
  readonly #engine: Engine
  readonly #availability: Availability
  readonly #claims: NameClaims
  readonly #departures: Departures
  readonly #changes: MembershipChanges
  /** Joins and leaves that are not committed yet: those of a session happen one after the other. */
  readonly #moves = new Turns<Session>()

  constructor(engine: Engine, { blocks, counts, handover, onDeliveryError }: MembershipsOptions) {
    this.#engine = engine
    this.#availability = new Availability(engine)
    const onPutOut: RoomContext['onPutOut'] = (room, session, why) => void this.#putOut(room, session, why)
    const followed = new FollowedRooms(engine, { logs: engine.logs, blocks, counts, onDeliveryError, onPutOut })
    const claims = new NameClaims(engine, handover)
    const departures = new Departures(engine, claims, counts, (room) => followed.unfollowIfDeserted(room))
    this.followed = followed
    this.#claims = claims
    this.#departures = departures
    this.#changes = new MembershipChanges(engine, { claims, counts, departures, followed })
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

  /** Ends a membership. The session still sees its own `left`. @throws Refusal `unavailable`; then it is still a member. */
  leave(membership: Membership): Promise<void> {
    return this.#move(membership.session, async () => void (await this.#changes.leave(membership)))
  }

  /**
   * Makes a session another user in its rooms; a guest with its roles. It is handed all events in between. `change` makes it that user, and is
   * handed the rooms in which a guest has another nickname from then on: in each of them one commit ends the one presence and begins the other. In the
   * others it leaves, and enters: those that the next user is in through other sessions, and those of the owner of an account. Resolves with the
   * rooms that it could not enter, in which its former presence has ended. When it rejects, the session may be out of some rooms.
   *
   * @throws Refusal `banned`, `invite-only` before anything has changed; `unavailable`.
   */
  rename(
    session: Session,
    next: NextUser,
    change: (renamedIn: readonly number[]) => void,
  ): Promise<readonly LostRoom[]> {
    return this.#move(session, async () => {
      const occupied = await this.#occupiedBy(session, next)
      const { name, key, color, registered } = session
      const former: Appearance = { name, key, color, registered }
      let places = [...session.memberships.values()].map((membership): Place => {
        const { record, state } = membership.room
        const rank = registered ? undefined : state.rankOf(session)
        const role: GuestRole | undefined = rank === 'operator' || rank === 'voiced' ? rank : undefined
        const isRenamed = !registered && !occupied.has(record.id)
        return { membership, record, role, isRenamed, end: this.subscribe(session, record, session, true) }
      })
      const ends = places.map(({ end }) => end)
      try {
        const left = new Set<Place>()
        for (const place of places) {
          if (!place.isRenamed && (await this.#changes.leave(place.membership))) left.add(place)
        }
        // Its `left` is handed to it as its own.
        if (left.size > 0) await tickEnd()
        // A moderator may have kicked it meanwhile.
        places = places.filter((place) => (place.isRenamed ? isCurrent(place.membership) : left.has(place)))
        const renamed = places.filter(({ isRenamed }) => isRenamed)
        for (const { record } of renamed) this.followed.get(record.id)?.detach(session)
        session.formerKey = key
        change(renamed.map(({ record }) => record.id))
        const lost = await this.#enterAll(session, places, former)
        // Its former `left` is handed to it as its own, too.
        await tickEnd()
        return lost
      } finally {
        session.formerKey = undefined
        for (const end of ends) end()
      }
    })
  }

  /** The rooms of a session in which another user is already. @throws Refusal `banned`, `invite-only` where that may not be in one of them. */
  async #occupiedBy(session: Session, next: NextUser): Promise<ReadonlySet<number>> {
    const occupied = new Set<number>()
    for (const membership of [...session.memberships.values()]) {
      const { room } = membership
      await room.stateReader.loadFor(next).catch(refuse)
      // A moderator may have kicked it meanwhile.
      if (isCurrent(membership)) room.state.checkEntry(next)
      const isShared =
        next.accountId !== undefined && (await this.#engine.memberships.member(room.record.id, next.name))
      if (isShared) occupied.add(room.record.id)
    }
    return occupied
  }

  /** Makes a session a member of rooms in which it was as another user. Resolves with those that it may not enter. */
  async #enterAll(session: Session, places: readonly Place[], former: Appearance): Promise<readonly LostRoom[]> {
    const lost: LostRoom[] = []
    // At once, so that hardly anybody sees the change in some of the rooms only.
    const entered = await Promise.allSettled(
      places.map(({ record, role, isRenamed }) => {
        const options = { moves: false, find: async () => ({ record, role, unlocked: record }), check: async () => {} }
        return this.#changes.enter(session, { ...options, former: isRenamed ? former : undefined }).catch(refuse)
      }),
    )
    const failures: unknown[] = []
    for (const [index, result] of entered.entries()) {
      const place = places[index]
      if (result.status === 'fulfilled' || !place) continue
      const refusal: unknown = result.reason
      if (!(refusal instanceof Refusal) || refusal.code === 'unavailable') failures.push(refusal)
      // Its client has been shown the KICK, or the end of the room.
      else if (refusal.code !== 'room-unknown') lost.push({ room: place.record, refusal })
    }
    if (failures.length > 0) throw failures[0]
    return lost
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
   * Ends the memberships of a session whose connection ends. The session is handed everything up to its own `left`, which is not
   * shown. Resolves when the nickname is free, or when the engine cannot commit now, with a function that waits for the last events.
   */
  async close(session: Session): Promise<() => Promise<void>> {
    await this.#moves.idle(session)
    const closing = this.followed.of(session).map((room) => this.#changes.close(room, session))
    const lastEvents = await Promise.all(closing)
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
