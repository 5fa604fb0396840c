/** A queue in which addresses take turns, so that many entries of one address do not delay those of the others. */
export class RoundRobin<T> {
  /** Entries by address, oldest first; the address whose turn is next comes first. */
  readonly #byAddress = new Map<string, T[]>()
  #size = 0

  get size(): number {
    return this.#size
  }

  /** How many entries an address has. */
  count(address: string): number {
    return this.#byAddress.get(address)?.length ?? 0
  }

  push(address: string, entry: T): void {
    const own = this.#byAddress.get(address)
    if (own) own.push(entry)
    else this.#byAddress.set(address, [entry])
    this.#size++
  }

  /** Takes the oldest entry of the address whose turn it is; undefined when there is none. */
  shift(): T | undefined {
    for (const [address, own] of this.#byAddress) {
      this.#byAddress.delete(address)
      const entry = own.shift()
      if (own.length > 0) this.#byAddress.set(address, own)
      this.#size--
      return entry
    }
    return undefined
  }
}
