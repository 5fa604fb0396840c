import { RoundRobin } from '../../chat/round-robin.ts'

/** Maximum requests that start in one round of the event loop: about half a millisecond of work. */
const MAX_PER_ROUND = 8

/**
 * Spreads requests over rounds of the event loop, round robin by address, so that a flood of requests does not delay other
 * connections.
 */
export class RequestTurns {
  #begun = 0
  #scheduled = false
  readonly #waiting = new RoundRobin<() => void>()

  /** Resolves when a request of an address may start; returns undefined if it may start now. */
  take(address: string): Promise<void> | undefined {
    this.#schedule()
    if (this.#waiting.size === 0 && this.#begun < MAX_PER_ROUND) {
      this.#begun++
      return undefined
    }
    return new Promise((begin) => this.#waiting.push(address, begin))
  }

  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    setImmediate(() => this.#round())
  }

  #round(): void {
    this.#scheduled = false
    this.#begun = 0
    for (; this.#begun < MAX_PER_ROUND && this.#waiting.size > 0; this.#begun++) this.#waiting.shift()?.()
    if (this.#waiting.size > 0) this.#schedule()
  }
}
