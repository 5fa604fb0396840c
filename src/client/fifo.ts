/** A queue in which taking the first entry takes no time that grows with its length, unlike in a long array. */
export interface Fifo<T> {
  readonly length: number
  at(index: number): T | undefined
  push(entry: T): void
  shift(): T | undefined
}

export function fifo<T>(): Fifo<T> {
  let entries: T[] = []
  let first = 0
  return {
    get length() {
      return entries.length - first
    },
    at: (index) => entries[first + index],
    push(entry) {
      entries.push(entry)
    },
    shift() {
      const entry = entries[first]
      if (first < entries.length && ++first * 2 > entries.length) {
        entries = entries.slice(first)
        first = 0
      }
      return entry
    },
  }
}
