/** A queue in which addresses take turns, so that many entries of one address do not delay those of the others. */
export class RoundRobin<T> {
  readonly #pick: (count: number) => number
  readonly #byAddress = new Map<string, Entries<T>>()
  /** Addresses with entries; the one whose turn is next stands at `#next`. */
  readonly #turns: string[] = []
  #next = 0
  size = 0

  /** `pick` returns the index of the entry to take next among the `count` entries of an address: of the oldest one by default. */
  constructor(pick = (_count: number) => 0) {
    this.#pick = pick
  }

  count(address: string): number {
    return this.#byAddress.get(address)?.size ?? 0
  }

  push(address: string, entry: T): void {
    let own = this.#byAddress.get(address)
    if (!own) {
      this.#byAddress.set(address, (own = new Entries()))
      // The last turn of this round.
      this.#turns.splice(this.#next, 0, address)
      this.#next++
    }
    own.push(entry)
    this.size++
  }

  /** Takes the next entry of the address whose turn it is; undefined when there is none. */
  shift(): T | undefined {
    if (this.#next >= this.#turns.length) this.#next = 0
    const address = this.#turns[this.#next]
    const own = address === undefined ? undefined : this.#byAddress.get(address)
    if (address === undefined || !own) return undefined
    const entry = own.take(this.#pick(own.size))
    this.size--
    if (own.size > 0) {
      this.#next++
    } else {
      this.#byAddress.delete(address)
      this.#turns.splice(this.#next, 1)
    }
    return entry
  }
}

/** Entries of one address, oldest first until others than the oldest are taken. */
class Entries<T> {
  #entries: (T | undefined)[] = []
  /** Index of the oldest entry: the array is cut only when half of it is empty. */
  #start = 0

  get size(): number {
    return this.#entries.length - this.#start
  }

  push(entry: T): void {
    this.#entries.push(entry)
  }

  /** Takes the entry at an index; the oldest one takes its place. */
  take(index: number): T | undefined {
    const at = this.#start + index
    const entry = this.#entries[at]
    this.#entries[at] = this.#entries[this.#start]
    this.#entries[this.#start++] = undefined
    if (2 * this.#start > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#start)
      this.#start = 0
    }
    return entry
  }
}
