export interface PaceOptions {
  /** Lines a second that a connection may send for long; 0 means as many as it likes. */
  readonly rate: number
  /** Lines that may come at once. */
  readonly burst: number
}

/** The rate at which a connection may speak: a bucket of `burst` lines that refills at `rate` a second. Times are in ms. */
export class RateBucket {
  readonly #options: PaceOptions
  #left: number
  #filled: number

  constructor(options: PaceOptions, now: number) {
    this.#options = options
    this.#left = options.burst
    this.#filled = now
  }

  /** Takes so many lines; returns for how long to stop reading, 0 for not at all. */
  take(now: number, lines = 1): number {
    const { rate, burst } = this.#options
    if (rate === 0) return 0
    this.#left = Math.min(burst, this.#left + (Math.max(0, now - this.#filled) * rate) / 1_000) - lines
    // A clock that is set back costs nobody anything.
    this.#filled = now
    if (this.#left >= 0) return 0
    // Until a tenth of a second's worth is there: a flood is slowed in steps, not line by line.
    return Math.ceil(((Math.min(burst, rate / 10) - this.#left) * 1_000) / rate)
  }
}

export interface ThrottleOwner {
  /** Called whenever the connection is over its rate. */
  throttled(isFirst: boolean): void
  /** Called when it is not any more. */
  ready(): void
}

/** Tells for how long a connection is over its rate. */
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
