import { BoundedMap } from '../bounded-map.ts'
import type { FollowedRoom } from './followed-room.ts'

/** Time for which a room is held after its last use, in ms. */
const HOLD_MS = 60_000
/** Maximum time between a text and the use of its room before it, in ms. */
const USED_BEFORE_MS = 2_000
/** Maximum rooms that are held; the one used longest ago is released for another one. */
const MAX_HELD = 1_000

/**
 * The rooms that are followed for authors without a session, so that bans, mutes and slow mode hold for them as for members. Each is held for
 * a minute after its last use.
 */
export class HeldRooms {
  readonly #released: (room: FollowedRoom) => void
  /** Times of the last uses, in ms of `performance.now()`, least recently used first. */
  readonly #used = new BoundedMap<FollowedRoom, number>(MAX_HELD, (room) => this.#release(room))
  #timer: NodeJS.Timeout | undefined

  /** `released` is called with each room that is no longer held. */
  constructor(released: (room: FollowedRoom) => void) {
    this.#released = released
  }

  use(room: FollowedRoom): void {
    this.#used.set(room, performance.now())
    room.isHeld = true
    this.#timer ??= setTimeout(() => this.#expire(), HOLD_MS).unref()
  }

  /** Releases all rooms. */
  clear(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    for (const room of [...this.#used.keys()]) this.#release(room)
  }

  #expire(): void {
    this.#timer = undefined
    const now = performance.now()
    for (const [room, at] of this.#used) {
      const slowMs = 1_000 * Number(room.stateReader.state?.mode('slow') ?? 0)
      if (at + Math.max(HOLD_MS, slowMs + USED_BEFORE_MS) <= now) this.#release(room)
    }
    if (this.#used.size > 0) this.#timer = setTimeout(() => this.#expire(), HOLD_MS).unref()
  }

  #release(room: FollowedRoom): void {
    this.#used.delete(room)
    room.isHeld = false
    this.#released(room)
  }
}
