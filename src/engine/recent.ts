import { type Event, timeOf } from './event.ts'

/** Estimated bytes of an event without its texts. */
export const OVERHEAD_BYTES = 100

/** Total bytes of the events in memory of an engine. */
export class RecentTotal {
  bytes = 0
}

export interface MemoryLimits {
  /** Maximum events of a log. */
  readonly events: number
  /** Maximum bytes of a log, with two bytes for each UTF-16 unit of a text. */
  readonly bytes: number
}

/** The newest events of a log in memory, without gaps, limited in number and bytes. */
export class Recent {
  readonly #limits: MemoryLimits
  readonly #total: RecentTotal
  /** Empty before {@link #start}. */
  #events: (Event | undefined)[] = []
  /** Index of the oldest event in the array, which is shortened only from time to time. */
  #start = 0
  #bytes = 0
  /** Id of the newest event since the first `push` whose id is ahead of its time, see {@link timeAt}; 0 if there is none. */
  ahead = 0

  /** `total` includes the bytes of this log until {@link clear}. */
  constructor(limits: MemoryLimits, total = new RecentTotal()) {
    this.#limits = limits
    this.#total = total
  }

  get size(): number {
    return this.#events.length - this.#start
  }

  /** The oldest id in memory; `Infinity` if there is none. */
  get first(): number {
    return this.#events[this.#start]?.id ?? Number.POSITIVE_INFINITY
  }

  get last(): number {
    return this.#events.at(-1)?.id ?? 0
  }

  push(event: Event): void {
    if (event.kind === 'redacted') this.#remove(event.details?.target)
    this.#events.push(event)
    if (timeOf(event.id) !== event.at) this.ahead = event.id
    const bytes = memoryBytes(event)
    this.#bytes += bytes
    this.#total.bytes += bytes
    while (this.size > this.#limits.events || this.#bytes > this.#limits.bytes) this.#drop()
  }

  /** Drops the older half of the events. */
  halve(): void {
    for (let left = Math.ceil(this.size / 2); left > 0; left--) this.#drop()
  }

  clear(): void {
    while (this.size > 0) this.#drop()
  }

  /** Drops the events up to an id. */
  trim(id: number): void {
    while (this.first <= id) this.#drop()
  }

  /** Returns the oldest events with `from <= id <= to`: at most `limit`, and none after their size has reached `bytes`. */
  page(from: number, to: number, limit: number, bytes: number): Event[] {
    const start = this.#find(from)
    const most = Math.min(this.#find(to + 1), start + limit)
    let end = start
    for (let weight = 0; end < most && weight < bytes; end++) weight += memoryBytes(this.#events[end])
    // None is empty from the start on.
    return this.#events.slice(start, end) as Event[]
  }

  /** Returns the first id of the newest `limit` events of a range; undefined if it may be older than the events in memory. */
  back(from: number, to: number, limit: number): number | undefined {
    const first = this.#find(to + 1) - limit
    if (first >= this.#find(from)) return this.#events[first]?.id
    return from >= this.first ? from : undefined
  }

  /** Returns the index of the first event whose id is not smaller. */
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

  /** Removes the event with an id, if it is in memory. */
  #remove(id = 0): void {
    const index = this.#find(id)
    const event = this.#events[index]
    if (event?.id !== id) return
    this.#events.splice(index, 1)
    const bytes = memoryBytes(event)
    this.#bytes -= bytes
    this.#total.bytes -= bytes
  }

  #drop(): void {
    const event = this.#events[this.#start]
    if (event === undefined) return
    const bytes = memoryBytes(event)
    this.#bytes -= bytes
    this.#total.bytes -= bytes
    this.#events[this.#start++] = undefined
    if (this.#start < 256 || this.#start < this.#events.length / 2) return
    this.#events = this.#events.slice(this.#start)
    this.#start = 0
  }
}

/** Returns the estimated bytes of an event in memory. */
export function memoryBytes(event: Event | undefined): number {
  if (!event) return 0
  const bytes = OVERHEAD_BYTES + 2 * (event.body.length + event.from.length)
  if (!event.details) return bytes
  const { tags } = event.details
  return bytes + OVERHEAD_BYTES + (tags ? 2 * JSON.stringify(tags).length : 0)
}
