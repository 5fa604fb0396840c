/** Requests that are begun in one round of the event loop: about 2 ms of work. */
const EACH_ROUND = 32

/**
 * Spreads requests over rounds of the event loop, so that a flood of them does not delay what other connections say. Addresses
 * take turns.
 */
export class RequestTurns {
  #begun = 0
  #scheduled = false
  /** By address; the address whose turn is next comes first. */
  readonly #waiting = new Map<string, (() => void)[]>()

  /** Resolves when a request of an address may begin; undefined when that is now. */
  take(address: string): Promise<void> | undefined {
    this.#schedule()
    if (this.#waiting.size === 0 && this.#begun < EACH_ROUND) {
      this.#begun++
      return undefined
    }
    return new Promise((begin) => {
      const own = this.#waiting.get(address)
      if (own) own.push(begin)
      else this.#waiting.set(address, [begin])
    })
  }

  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    setImmediate(() => this.#round())
  }

  #round(): void {
    this.#scheduled = false
    this.#begun = 0
    for (const [address, own] of this.#waiting) {
      if (this.#begun === EACH_ROUND) break
      this.#waiting.delete(address)
      own.shift()?.()
      this.#begun++
      if (own.length > 0) this.#waiting.set(address, own)
    }
    if (this.#waiting.size > 0) this.#schedule()
  }
}
