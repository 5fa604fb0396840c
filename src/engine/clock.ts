import { type Event, MAX_LEAD_MS, timeOf } from './event.ts'

/** Detects by the times of commits that the clock has gone back. */
export class ClockMonitor {
  readonly #wentBack: (ms: number) => void
  /** Latest time of a commit since the clock last went back, in ms since the epoch. */
  #latest = 0
  #reported = false

  /** `wentBack` is called with the difference in ms, once each time. */
  constructor(wentBack: (ms: number) => void) {
    this.#wentBack = wentBack
  }

  /** Called with the last event of a commit. */
  committed({ id, at }: Event): void {
    const fallen = this.#latest - at
    // The clock may have gone back before this process started.
    const lead = this.#reported ? 0 : timeOf(id) - at
    const ms = Math.max(fallen, lead)
    if (ms <= MAX_LEAD_MS) {
      this.#latest = Math.max(this.#latest, at)
      return
    }
    this.#latest = at
    this.#reported = true
    this.#wentBack(ms)
  }
}

/** Maximum jump ahead that is followed at once. */
const TOLERANCE_MS = 60_000
/** Time after which a larger jump ahead is followed. */
const DOUBT_MS = 3_600_000

/**
 * A clock for operations that cannot be undone, such as removing old events. It follows a jump of the system clock ahead after an hour,
 * unless the jump was reverted by then, and a jump back at once.
 */
export class DoubtfulClock {
  readonly #clock: () => number
  readonly #timer: () => number
  /** Difference between the accepted time and the timer, in ms. */
  #believed: number
  /** Difference since a jump ahead that is not accepted yet, and the timer at the jump. */
  #doubted: { readonly offset: number; readonly since: number } | undefined

  /** `clock` returns ms since the epoch and may jump; `timer` is monotonic, in ms. */
  constructor(clock = () => Date.now(), timer = () => performance.now()) {
    this.#clock = clock
    this.#timer = timer
    this.#believed = clock() - timer()
  }

  /** Returns ms since the epoch. */
  now(): number {
    const timer = this.#timer()
    const offset = this.#clock() - timer
    if (offset <= this.#believed + TOLERANCE_MS) {
      this.#believed = offset
      this.#doubted = undefined
    } else if (!this.#doubted || Math.abs(offset - this.#doubted.offset) > TOLERANCE_MS) {
      this.#doubted = { offset, since: timer }
    } else if (timer - this.#doubted.since >= DOUBT_MS) {
      this.#believed = offset
      this.#doubted = undefined
    }
    return timer + this.#believed
  }
}
