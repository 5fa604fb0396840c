import type { Engine, RoomRecord } from '../engine/engine.ts'
import { tickEnd } from '../tick.ts'
import type { Appearance } from './departures.ts'
import type { FollowedRooms } from './followed-rooms.ts'
import type { GuestRole, MembershipChanges } from './membership-changes.ts'
import { Refusal, refuse } from './refusal.ts'
import type { Identity } from './sanctions.ts'
import { isCurrent, type Membership, type Session } from './session.ts'

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

interface RenamingParts {
  readonly changes: MembershipChanges
  readonly followed: FollowedRooms
  /** Hands a session the events of a room. Returns the end of it. */
  readonly subscribe: (session: Session, room: RoomRecord) => () => void
}

/** Sessions that become another user in the rooms in which they are. */
export class Renaming {
  readonly #engine: Engine
  readonly #parts: RenamingParts

  constructor(engine: Engine, parts: RenamingParts) {
    this.#engine = engine
    this.#parts = parts
  }

  /**
   * Makes a session another user in its rooms; a guest with its roles. It is handed all events in between. `change` makes it that user, and is
   * handed the rooms in which a guest has another nickname from then on: in each of them one commit ends the one presence and begins the other. In the
   * others it leaves, and enters: those that the next user is in through other sessions, and those of the owner of an account. Resolves with the
   * rooms that it could not enter, in which its former presence has ended. When it rejects, the session may be out of some rooms.
   *
   * @throws Refusal `banned`, `invite-only` before anything has changed; `unavailable`.
   */
  async run(
    session: Session,
    next: NextUser,
    change: (renamedIn: readonly number[]) => void,
  ): Promise<readonly LostRoom[]> {
    const { changes, followed, subscribe } = this.#parts
    const occupied = await this.#occupiedBy(session, next)
    const { name, key, color, registered } = session
    const former: Appearance = { name, key, color, registered }
    let places = [...session.memberships.values()].map((membership): Place => {
      const { record, state } = membership.room
      const rank = registered ? undefined : state.rankOf(session)
      const role: GuestRole | undefined = rank === 'operator' || rank === 'voiced' ? rank : undefined
      const isRenamed = !registered && !occupied.has(record.id)
      return { membership, record, role, isRenamed, end: subscribe(session, record) }
    })
    const ends = places.map(({ end }) => end)
    try {
      const left = new Set<Place>()
      for (const place of places) {
        if (!place.isRenamed && (await changes.leave(place.membership))) left.add(place)
      }
      // Its `left` is handed to it as its own.
      if (left.size > 0) await tickEnd()
      // A moderator may have kicked it meanwhile.
      places = places.filter((place) => (place.isRenamed ? isCurrent(place.membership) : left.has(place)))
      const renamed = places.filter(({ isRenamed }) => isRenamed)
      for (const { record } of renamed) followed.get(record.id)?.detach(session)
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
  }

  /** The rooms of a session in which another user is already. @throws Refusal `banned`, `invite-only` where that may not be in one of them. */
  async #occupiedBy(session: Session, next: NextUser): Promise<ReadonlySet<number>> {
    const occupied = new Set<number>()
    // A guest stays inside under whatever nickname.
    const isInvited = next.accountId === undefined ? true : undefined
    for (const membership of [...session.memberships.values()]) {
      const { room } = membership
      await room.stateReader.loadFor(next).catch(refuse)
      // A moderator may have kicked it meanwhile.
      if (isCurrent(membership)) room.state.checkEntry(next, isInvited)
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
        return this.#parts.changes.enter(session, { ...options, former: isRenamed ? former : undefined }).catch(refuse)
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
}
