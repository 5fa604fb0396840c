import { BoundedMap } from '../bounded-map.ts'
import type { Engine, RoomRecord, StateUser } from '../engine/engine.ts'
import type { RoomState } from './room-state.ts'
import { StateReader } from './state-reader.ts'

/** Time for which a state is used again, in ms. */
const USED_MS = 2_000
/** Maximum states in memory. */
const MAX_STATES = 64

/** States of rooms that no session of this node is in, each read at most once in two seconds however many ask. They must not be changed. */
export class RecentStates {
  readonly #engine: Engine
  readonly #now: () => number
  /** By the id of the room, oldest first. */
  readonly #states = new BoundedMap<number, { readonly reader: StateReader; readonly until: number }>(MAX_STATES)

  /** `now` returns ms of a clock that is not set back. */
  constructor(engine: Engine, now: () => number = () => performance.now()) {
    this.#engine = engine
    this.#now = now
    engine.rooms.watch((room) => this.#states.delete(room))
  }

  /** Resolves with the state of a room, as far as it concerns a user, as of some moment in the last two seconds. @throws Unavailable */
  of(record: RoomRecord, user: StateUser): Promise<RoomState> {
    const now = this.#now()
    for (const [room, { until }] of this.#states) {
      if (until > now) break
      this.#states.delete(room)
    }
    const known = this.#states.get(record.id)
    if (known) return known.reader.loadFor(user)
    const reader = new StateReader({ record, deserted: true }, this.#engine.logs)
    this.#states.set(record.id, { reader, until: now + USED_MS })
    return reader.loadFor(user)
  }
}
