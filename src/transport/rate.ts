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
