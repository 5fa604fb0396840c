export interface PaceOptions {
  /** Maximum units of input (lines, frames, messages) per second; 0 for no limit. */
  readonly rate: number
  /** Maximum units at once. */
  readonly burst: number
}

/** A token bucket of `burst` units that refills at `rate` per second. Times are in ms. */
export class RateBucket {
  readonly #options: PaceOptions
  #left: number
  #filled: number

  constructor(options: PaceOptions, now: number) {
    this.#options = options
    this.#left = options.burst
    this.#filled = now
  }

  /** Takes `units`; returns the time in ms for which reading pauses, 0 for none. */
  take(now: number, units = 1): number {
    const { rate, burst } = this.#options
    if (rate === 0) return 0
    this.#left = Math.min(burst, this.#left + (Math.max(0, now - this.#filled) * rate) / 1_000) - units
    // A clock that is set back takes no tokens.
    this.#filled = now
    if (this.#left >= 0) return 0
    // The pause lasts until the units of 0.1 s are there: a flood is paused in steps, not for each unit.
    return Math.ceil(((Math.min(burst, rate / 10) - this.#left) * 1_000) / rate)
  }
}

export interface ThrottleOwner {
  /** Called when the connection exceeds its rate. */
  throttled(isFirst: boolean): void
  /** Called when it is below its rate again. */
  ready(): void
}

/** Rate limit of one connection. */
export class Throttle {
  readonly #bucket: RateBucket
  readonly #owner: ThrottleOwner
  #timer: NodeJS.Timeout | undefined
  #isFirst = true

  constructor(options: PaceOptions, owner: ThrottleOwner) {
    this.#bucket = new RateBucket(options, Date.now())
    this.#owner = owner
  }

  get active(): boolean {
    return this.#timer !== undefined
  }

  count(pieces: number): void {
    const waitMs = this.#bucket.take(Date.now(), pieces)
    if (waitMs === 0) return
    const isNew = !this.active
    // A longer wait replaces one that has begun.
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      this.#owner.ready()
    }, waitMs).unref()
    if (isNew) this.#owner.throttled(this.#isFirst)
    this.#isFirst = false
  }
}
