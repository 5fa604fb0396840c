import { RoundRobin } from '../../chat/round-robin.ts'
import { endTickFirst } from '../../tick.ts'

/** Time in one round of the event loop after which no more turns begin, in ms. */
const ROUND_MS = 0.5
/** Maximum turns in one round that had to wait. */
const MAX_PER_ROUND = 16

/**
 * Spreads requests over rounds of the event loop, round robin by address, so that a flood of requests does not delay other
 * connections.
 */
export class RequestTurns {
  /** Time at which no more turns begin in this round; undefined before the first. */
  #endsAt: number | undefined
  /** Callbacks of this round that have not run. */
  #scheduled = 0
  readonly #waiting = new RoundRobin<() => boolean>()

  /**
   * Returns true if it is the turn of an address, and `begin` is not called. Otherwise calls `begin` when it is, which returns false
   * if there is nothing to do any more.
   */
  take(address: string, begin: () => boolean): boolean {
    if (this.#scheduled === 0) this.#schedule(1)
    if (this.#waiting.size === 0 && this.#mayBegin()) return true
    this.#waiting.push(address, begin)
    return false
  }

  #mayBegin(): boolean {
    const now = performance.now()
    this.#endsAt ??= now + ROUND_MS
    return now < this.#endsAt
  }

  /** Lets turns begin in callbacks of their own, between which the runtime does the work of each. */
  #schedule(turns: number): void {
    this.#scheduled = turns
    for (let n = 0; n < turns; n++) setImmediate(this.#turn)
  }

  readonly #turn = (): void => {
    endTickFirst()
    if (this.#waiting.size > 0 && this.#mayBegin()) {
      let hasBegun = false
      while (!hasBegun && this.#waiting.size > 0) hasBegun = this.#waiting.shift()?.() === true
    }
    if (--this.#scheduled > 0) return
    this.#endsAt = undefined
    if (this.#waiting.size > 0) this.#schedule(Math.min(MAX_PER_ROUND, this.#waiting.size))
  }
}
