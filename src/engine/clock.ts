/** A clock that may be set wrong, and set right again. */
import { type Event, MAX_LEAD_MS, timeOf } from './event.ts'

/** Notices by the times of commits that the clock has gone back. */
export class ClockWatch {
  readonly #wentBack: (ms: number) => void
  /** The latest time of a commit since the clock last went back. */
  #latest = 0
  #reported = false

  /** `wentBack` is called with how far, once each time. */
  constructor(wentBack: (ms: number) => void) {
    this.#wentBack = wentBack
  }

  /** Takes the last event of a commit. */
  committed({ id, at }: Event): void {
    const fallen = this.#latest - at
    // It may have gone back before this process started.
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

/** What a clock may gain at once without being doubted, and how long it is doubted when it has gained more, both in ms. */
const TOLERANCE_MS = 60_000
const DOUBT_MS = 3_600_000

/**
 * A clock for what cannot be undone, such as removing old events. A jump ahead is followed an hour later, if it has not been taken back by
 * then; a jump back is followed at once.
 */
export class DoubtfulClock {
  readonly #clock: () => number
  readonly #timer: () => number
  /** What is added to the timer: as believed, and as the clock has it since it is doubted. */
  #believed: number
  #doubted: { readonly offset: number; readonly since: number } | undefined

  /** `clock` gives ms since the epoch and may be set; `timer` gives ms since any moment and only runs. */
  constructor(clock = () => Date.now(), timer = () => performance.now()) {
    this.#clock = clock
    this.#timer = timer
    this.#believed = clock() - timer()
  }

  /** ms since the epoch. */
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
