import { type Event, timeOf } from './event.ts'

/** What one event is taken to occupy beside its texts. */
export const OVERHEAD_BYTES = 100

/** Bytes held by all logs of an engine. */
export class RecentTotal {
  bytes = 0
}

export interface MemoryLimits {
  /** Events of one log. */
  readonly events: number
  /** Bytes of one log, texts counted at two bytes a character. */
  readonly bytes: number
}

/** The newest events of one log, without a hole, bounded in count and bytes. */
export class Recent {
  readonly #limits: MemoryLimits
  readonly #total: RecentTotal
  #events: Event[] = []
  /** Where the events begin in the array: the array is cut only now and then. */
  #start = 0
  #bytes = 0
  #ahead = 0

  /** `total` counts the bytes of this log, too, until it is {@link clear}ed. */
  constructor(limits: MemoryLimits, total = new RecentTotal()) {
    this.#limits = limits
    this.#total = total
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
    if (timeOf(event.id) !== event.at) this.#ahead = event.id
    const bytes = weigh(event)
    this.#bytes += bytes
    this.#total.bytes += bytes
    while (this.size > this.#limits.events || this.#bytes > this.#limits.bytes) this.#drop()
  }

  /** The id of the newest event whose id is ahead of its time since this log is held; 0 where there is none. */
  get ahead(): number {
    return this.#ahead
  }

  /** Drops the older half. */
  halve(): void {
    for (let left = Math.ceil(this.size / 2); left > 0; left--) this.#drop()
  }

  clear(): void {
    while (this.size > 0) this.#drop()
  }

  /** Forgets everything up to an id. */
  trim(id: number): void {
    while (this.first <= id) this.#drop()
  }

  /** The oldest events with `from <= id <= to`: at most `limit`, and no further one once they weigh `bytes`. */
  page(from: number, to: number, limit: number, bytes: number): Event[] {
    const start = this.#find(from)
    const most = Math.min(this.#find(to + 1), start + limit)
    let end = start
    for (let weight = 0; end < most && weight < bytes; end++) weight += weigh(this.#events[end])
    return this.#events.slice(start, end)
  }

  /** The id from which on a range holds its newest `limit` events; undefined when that may be an older one than the held ones. */
  back(from: number, to: number, limit: number): number | undefined {
    const first = this.#find(to + 1) - limit
    if (first >= this.#find(from)) return this.#events[first]?.id
    return from >= this.first ? from : undefined
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
    const bytes = weigh(event)
    this.#bytes -= bytes
    this.#total.bytes -= bytes
    this.#start++
    if (this.#start < 256 || this.#start < this.#events.length / 2) return
    this.#events = this.#events.slice(this.#start)
    this.#start = 0
  }
}

/** Bytes that an event is taken to occupy in memory. */
export function weigh(event: Event | undefined): number {
  return event ? OVERHEAD_BYTES + 2 * (event.body.length + event.from.length) : 0
}
