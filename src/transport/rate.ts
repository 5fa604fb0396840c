import type { AddressList } from './address-list.ts'

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

/** The paces of a daemon's connections: people are paced, pipes are not. */
export interface Pacing {
  /** Pace of connections from trusted addresses and of bots. */
  readonly full: PaceOptions
  /** Pace of all others. */
  readonly guest: PaceOptions
  readonly trusted: Pick<AddressList, 'has'>
}

/** Returns the pace of guests, which is never faster than `full`; a rate of 0 is that of `full`. */
export function guestPace(full: PaceOptions, { rate, burst }: PaceOptions): PaceOptions {
  if (rate === 0 || (full.rate > 0 && full.rate <= rate)) return full
  return { rate, burst: full.rate > 0 ? Math.min(burst, full.burst) : burst }
}

export interface ThrottleOwner {
  /** The pace that holds now; an object of the connection's {@link Pacing}. */
  readonly pace: PaceOptions
  /** Called when the connection exceeds its rate. */
  throttled(isFirst: boolean): void
  /** Called when it is below its rate again. */
  ready(): void
}

/** Rate limit of one connection. */
export class Throttle {
  readonly #owner: ThrottleOwner
  /** The bucket of {@link #pace}; a full one replaces it when the pace changes. */
  #bucket: RateBucket | undefined
  #pace: PaceOptions | undefined
  #timer: NodeJS.Timeout | undefined
  /** Resolved at the end of the pause. */
  #pause: PromiseWithResolvers<void> | undefined
  #isFirst = true
  #isReleased = false

  constructor(owner: ThrottleOwner) {
    this.#owner = owner
  }

  get active(): boolean {
    return this.#timer !== undefined
  }

  /** Resolves when the connection is below its rate. */
  async paced(): Promise<void> {
    while (this.active) await (this.#pause ??= Promise.withResolvers()).promise
  }

  count(pieces: number): void {
    if (this.#isReleased) return
    const now = Date.now()
    const { pace } = this.#owner
    if (pace !== this.#pace) this.#bucket = new RateBucket(pace, now)
    this.#pace = pace
    const waitMs = this.#bucket?.take(now, pieces) ?? 0
    if (waitMs === 0) return
    const isNew = !this.active
    // A longer wait replaces one that has begun.
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      this.#end()
      this.#owner.ready()
    }, waitMs).unref()
    if (isNew) this.#owner.throttled(this.#isFirst)
    this.#isFirst = false
  }

  /** Ends the pause, and pauses no more. */
  release(): void {
    this.#isReleased = true
    this.#end()
  }

  #end(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#pause?.resolve()
    this.#pause = undefined
  }
}
