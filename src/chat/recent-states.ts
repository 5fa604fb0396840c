import { BoundedMap } from '../bounded-map.ts'
import type { Engine, RoomRecord, StateUser } from '../engine/engine.ts'
import { RoomState } from './room-state.ts'

/** Time for which a state is used again, in ms. */
const USED_MS = 2_000
/** Maximum states in memory. */
const MAX_STATES = 64

/** A user whom no ban concerns. */
const NOBODY = { key: '' }

/**
 * States of rooms that no session of this node is in, each read at most once in two seconds however many ask: who asks first need not wait
 * for bans of others. They must not be changed.
 */
export class RecentStates {
  readonly #engine: Engine
  readonly #now: () => number
  /** By the id of the room, oldest first. */
  readonly #states = new BoundedMap<number, { readonly state: Promise<RoomState>; readonly until: number }>(MAX_STATES)

  /** `now` returns ms of a clock that is not set back. */
  constructor(engine: Engine, now: () => number = () => performance.now()) {
    this.#engine = engine
    this.#now = now
    engine.rooms.watch((room) => this.#states.delete(room))
  }

  /** Resolves with the state of a room, as far as it concerns a user, as of some moment in the last two seconds. @throws Unavailable */
  of(record: RoomRecord, user: StateUser = NOBODY): Promise<RoomState> {
    const now = this.#now()
    const known = this.#states.get(record.id)
    if (known && known.until > now) return known.state
    for (const [room, { until }] of this.#states) {
      if (until > now) break
      this.#states.delete(room)
    }
    const part = RoomState.read(record, this.#engine.logs, user)
    const state = part.then((read) => (read.isWhole ? read : RoomState.read(record, this.#engine.logs)))
    const recent = { state, until: now + USED_MS }
    this.#states.set(record.id, recent)
    state.catch(() => {
      if (this.#states.get(record.id) === recent) this.#states.delete(record.id)
    })
    return part
  }
}
