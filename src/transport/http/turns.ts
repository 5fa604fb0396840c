import { RoundRobin } from '../../chat/round-robin.ts'

/** Maximum turns in one round of the event loop: a request each, about half a millisecond of work. */
const MAX_PER_ROUND = 8

/**
 * Spreads requests over rounds of the event loop, round robin by address, so that a flood of requests does not delay other
 * connections.
 */
export class RequestTurns {
  #begun = 0
  #scheduled = false
  readonly #waiting = new RoundRobin<() => boolean>()

  /**
   * Returns true if it is the turn of an address, and `begin` is not called. Otherwise calls `begin` when it is, which returns false
   * if there is nothing to do any more.
   */
  take(address: string, begin: () => boolean): boolean {
    this.#schedule()
    if (this.#waiting.size === 0 && this.#begun < MAX_PER_ROUND) {
      this.#begun++
      return true
    }
    this.#waiting.push(address, begin)
    return false
  }

  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    setImmediate(() => this.#round())
  }

  #round(): void {
    this.#scheduled = false
    this.#begun = 0
    while (this.#begun < MAX_PER_ROUND && this.#waiting.size > 0) if (this.#waiting.shift()?.()) this.#begun++
    if (this.#waiting.size > 0) this.#schedule()
  }
}
