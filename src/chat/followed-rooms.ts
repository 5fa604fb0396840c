import type { Engine, RoomRecord, StateUser } from '../engine/engine.ts'
import { atTickEnd } from '../tick.ts'
import { FollowedRoom, type RoomContext } from './followed-room.ts'
import { HeldRooms } from './held-rooms.ts'
import { RecentStates } from './recent-states.ts'
import { Refusal } from './refusal.ts'
import type { RoomState } from './room-state.ts'
import type { Identity } from './sanctions.ts'
import type { Session } from './session.ts'

/** The rooms whose logs this node follows: for its sessions, and for authors without one. */
export class FollowedRooms {
  readonly #engine: Engine
  readonly #context: RoomContext
  readonly #recentStates: RecentStates
  readonly #held = new HeldRooms((room) => this.unfollowIfDeserted(room))
  readonly #rooms = new Map<number, { room: FollowedRoom; unfollow(): void }>()
  /** Rooms whose record may have changed in this tick. */
  readonly #changed = new Set<number>()

  constructor(engine: Engine, context: RoomContext) {
    this.#engine = engine
    this.#context = context
    this.#recentStates = new RecentStates(engine)
    engine.rooms.watch((room) => this.#noteChange(room))
  }

  get(id: number): FollowedRoom | undefined {
    return this.#rooms.get(id)?.room
  }

  /** The rooms that a session is a member of. */
  of({ memberships }: Session): FollowedRoom[] {
    return Array.from(memberships.keys()).flatMap((id) => this.get(id) ?? [])
  }

  /** All rooms, also when some are left meanwhile. */
  all(): readonly FollowedRoom[] {
    return Array.from(this.#rooms.values(), ({ room }) => room)
  }

  /** Follows a room until {@link unfollowIfDeserted} finds that nobody needs it. */
  follow(record: RoomRecord): FollowedRoom {
    const followed = this.get(record.id)
    if (followed) return followed
    const room = new FollowedRoom(record, this.#context)
    const unfollow = this.#engine.logs.follow(room.log, (event) => room.append(event))
    this.#rooms.set(record.id, { room, unfollow })
    return room
  }

  unfollowIfDeserted(room: FollowedRoom): void {
    // A session that came after the last one had gone has another object for the same room.
    const current = this.#rooms.get(room.record.id)
    if (current?.room !== room || !room.deserted) return
    current.unfollow()
    this.#rooms.delete(room.record.id)
  }

  /**
   * Follows a room for an author without a session, and resolves with it when its state is loaded.
   *
   * @throws Refusal `room-unknown` for a room that is closed; Unavailable
   */
  async hold(record: RoomRecord, author: Identity): Promise<FollowedRoom> {
    const room = this.follow(record)
    if (room.isClosed) throw new Refusal('room-unknown')
    this.#held.use(room)
    await room.stateReader.loadFor(author)
    return room
  }

  /** Ceases to follow rooms for authors: their next users read the states anew. */
  dropHeld(): void {
    this.#held.clear()
  }

  /**
   * The state of a room as far as it concerns a user, also of a room that no session of this node is in, whose state may be two seconds old.
   *
   * @throws Unavailable
   */
  stateOf(record: RoomRecord, user: StateUser): Promise<RoomState> {
    return this.get(record.id)?.stateReader.loadFor(user) ?? this.#recentStates.of(record, user)
  }

  /** Called at the end of a tick in which rooms have changed. */
  resume(): void {
    const changed = [...this.#changed]
    this.#changed.clear()
    for (const id of changed) void this.#refresh(id)
  }

  #noteChange(id: number): void {
    if (!this.#rooms.has(id)) return
    if (this.#changed.size === 0) atTickEnd('resume', this)
    this.#changed.add(id)
  }

  async #refresh(id: number): Promise<void> {
    const record = await this.#engine.rooms.find(id).catch(() => undefined)
    if (record) this.get(id)?.change(record)
  }
}
