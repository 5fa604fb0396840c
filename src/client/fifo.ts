/** A queue in which taking the first entry takes no time that grows with its length, unlike in a long array. */
export class Fifo<T> {
  #entries: T[] = []
  #first = 0

  get length(): number {
    return this.#entries.length - this.#first
  }

  at(index: number): T | undefined {
    return this.#entries[this.#first + index]
  }

  push(entry: T): void {
    this.#entries.push(entry)
  }

  shift(): T | undefined {
    const entry = this.at(0)
    if (this.length > 0 && ++this.#first > this.length) {
      this.#entries = this.#entries.slice(this.#first)
      this.#first = 0
    }
    return entry
  }
}
