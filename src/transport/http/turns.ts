import { RoundRobin } from '../../chat/round-robin.ts'

/** Requests that are begun in one round of the event loop: about 2 ms of work. */
const EACH_ROUND = 32

/**
 * Spreads requests over rounds of the event loop, so that a flood of them does not delay what other connections say. Addresses
 * take turns.
 */
export class RequestTurns {
  #begun = 0
  #scheduled = false
  readonly #waiting = new RoundRobin<() => void>()

  /** Resolves when a request of an address may begin; undefined when that is now. */
  take(address: string): Promise<void> | undefined {
    this.#schedule()
    if (this.#waiting.size === 0 && this.#begun < EACH_ROUND) {
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
    for (; this.#begun < EACH_ROUND && this.#waiting.size > 0; this.#begun++) this.#waiting.shift()?.()
    if (this.#waiting.size > 0) this.#schedule()
  }
}
