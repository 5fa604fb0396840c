import type { Event } from './event.ts'

/** What one event is taken to occupy beside its texts. */
const OVERHEAD_BYTES = 100

export interface MemoryLimits {
  /** Events of one log. */
  readonly events: number
  /** Bytes of one log, texts counted at two bytes a character. */
  readonly bytes: number
}

/** The newest events of one log, without a hole, bounded in count and bytes. */
export class Recent {
  readonly #limits: MemoryLimits
  #events: Event[] = []
  /** Where the events begin in the array: the array is cut only now and then. */
  #start = 0
  #bytes = 0

  constructor(limits: MemoryLimits) {
    this.#limits = limits
  }

  get size(): number {
    return this.#events.length - this.#start
  }

  /** The oldest id held: everything from here on is in memory. */
  get first(): number {
    return this.#events[this.#start]?.id ?? Number.POSITIVE_INFINITY
  }

  get last(): number {
    return this.#events.at(-1)?.id ?? 0
  }

  push(event: Event): void {
    this.#events.push(event)
    this.#bytes += weight(event)
    while (this.size > this.#limits.events || this.#bytes > this.#limits.bytes) this.#drop()
  }

  /** Forgets everything up to an id. */
  trim(id: number): void {
    while (this.first <= id) this.#drop()
  }

  /** The events with `from <= id <= to`, or the newest `limit` of them. */
  slice(from: number, to: number, limit = Number.POSITIVE_INFINITY): Event[] {
    const start = this.#find(from)
    const end = this.#find(to + 1)
    return this.#events.slice(Math.max(start, end - limit), end)
  }

  /** The index of the first event whose id is not smaller. */
  #find(id: number): number {
    let low = this.#start
    let high = this.#events.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#events[middle]?.id ?? id) < id) low = middle + 1
      else high = middle
    }
    return low
  }

  #drop(): void {
    const event = this.#events[this.#start]
    if (event === undefined) return
    this.#bytes -= weight(event)
    this.#start++
    if (this.#start < 256 || this.#start < this.#events.length / 2) return
    this.#events = this.#events.slice(this.#start)
    this.#start = 0
  }
}

function weight(event: Event): number {
  return OVERHEAD_BYTES + 2 * (event.body.length + event.from.length)
}
