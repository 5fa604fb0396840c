import { committed } from '../../tick.ts'
import { type Listener, Unavailable } from '../engine.ts'
import type { Event, LogName } from '../event.ts'
import { type MemoryLimits, Recent, type RecentTotal } from '../recent.ts'
import type { Connection } from './connection.ts'
import { type Entry, entryId, eventOf, idOf } from './entry.ts'
import { sizeOf } from './queue.ts'
import type { Told } from './told.ts'

/** Where a feed reads. */
export type Source = Pick<Connection, 'run' | 'command' | 'close'>

/** Events read at a time. */
const PAGE = 256
/** Bytes that may wait to be told before they are read from the log instead. */
const MOST_WAITING = 1_048_576

/**
 * A log that somebody on this node follows.
 *
 * Events come three ways: as the answer to this node's own appends, over the log's channel, and, behind a gap, from the log
 * itself. Each says which id it comes behind, so what fits is handed on, what was seen is dropped, and what is ahead waits:
 * an answer for the channel to catch up with it, the channel for the log to be read. What this node has appended and not
 * heard of yet is held back, with everything behind it.
 */
export class Feed {
  /** Replaced, not changed, when somebody comes or goes. */
  listeners: readonly Listener[] = []
  readonly log: LogName
  readonly channel: string
  /** The id up to which everything was handed on; undefined until it is known where the log stood. */
  seen: number | undefined
  /** The highest id that stands in the log for certain. */
  #known = 0
  readonly #recent: Recent
  readonly #keys: () => readonly string[]
  readonly #isUnderWay: (told: Told) => boolean
  #waiting: Told[] = []
  #waitingBytes = 0
  /** Reading the log, or about to: what the channel brings waits. */
  #reading = true
  /** Too much has come to wait for the reading of what is before it. */
  #overrun = false
  #connection: Source | undefined

  constructor(
    log: LogName,
    channel: string,
    keys: () => readonly string[],
    limits: MemoryLimits,
    total: RecentTotal,
    isUnderWay: (told: Told) => boolean,
  ) {
    this.log = log
    this.channel = channel
    this.#keys = keys
    this.#isUnderWay = isUnderWay
    this.#recent = new Recent(limits, total)
  }

  /** What memory holds of the newest events, where that is all there is to know of them. */
  /** Drops the older half of the events in memory. */
  trimMemory(): void {
    this.#recent.halve()
  }

  /** Drops all events in memory. */
  clear(): void {
    this.#recent.clear()
  }

  get recent(): Recent | undefined {
    const current =
      this.#connection !== undefined && !this.#reading && this.seen !== undefined && this.seen >= this.#known
    return current ? this.#recent : undefined
  }

  /** The connection is gone. */
  down(): void {
    this.#connection = undefined
    this.#reading = true
    this.#dropWaiting()
  }

  /** Begins to follow: call it before anything is appended that is to be heard. */
  async begin(connection: Source, subscribe: () => Promise<void>): Promise<void> {
    try {
      const stood = connection.run('sync', this.#keys(), ['0'])
      const subscribed = subscribe()
      subscribed.catch(() => {})
      const [, last] = await stood
      this.seen ??= Number(last)
      await subscribed
      await this.read(connection)
    } catch (error) {
      giveUp(connection, error)
    }
  }

  /**
   * Reads what came behind what was seen, and goes on from there with what the channel brings. True when the log had fallen
   * behind that.
   */
  async read(connection: Source): Promise<boolean> {
    this.#connection = connection
    this.#reading = true
    this.#overrun = false
    const from = this.seen
    const [start, end, behind] = await connection.run('sync', this.#keys(), [String(from ?? 0)])
    const last = Number(end)
    this.seen ??= last
    // Of what was seen nothing may be there any more: then memory is not to know better.
    if (Number(start) >= this.seen) this.#recent.clear()
    while (this.seen < last && connection === this.#connection) {
      const range = [entryId(this.seen + 1), entryId(last), 'COUNT', String(PAGE)]
      // The reply to XRANGE.
      const entries = (await connection.command(['XRANGE', this.channel, ...range])) as readonly Entry[]
      if (connection !== this.#connection) return false
      this.#hand(entries.map(([id, fields]) => eventOf(idOf(id), fields)))
      if (entries.length < PAGE) this.seen = Math.max(this.seen, last)
    }
    if (connection !== this.#connection) return false
    this.#reading = false
    if (this.#overrun) this.#readAgain()
    else this.#drain()
    return behind === '1'
  }

  /** The channel brings something. */
  heard(told: Told): void {
    this.#waiting.push(told)
    this.#waitingBytes += bytesOf(told)
    this.#known = Math.max(this.#known, told.events.at(-1)?.id ?? 0)
    if (this.#waitingBytes > MOST_WAITING) {
      this.#dropWaiting()
      this.#overrun = true
    }
    this.#drain()
  }

  /** What this node has appended is committed, behind `prev`. Call it in the turn in which whoever appended it is told. */
  committed(prev: number, events: readonly Event[]): void {
    this.#known = Math.max(this.#known, events.at(-1)?.id ?? 0)
    if (this.seen === prev) this.#hand(events)
    this.#drain()
  }

  /** Says here what the log does not: it cannot be the same for everybody any more. */
  invent(make: (id: number) => Event): void {
    this.#hand([make(Math.max(this.seen ?? 0, this.#known) + 1)])
  }

  trim(upTo: number): void {
    this.#recent.trim(upTo)
  }

  #dropWaiting(): void {
    this.#waiting = []
    this.#waitingBytes = 0
  }

  #drain(): void {
    if (this.#overrun && !this.#reading) {
      this.#readAgain()
      return
    }
    for (;;) {
      const next = this.#waiting[0]
      if (!next || this.seen === undefined || this.#reading) return
      const last = next.events.at(-1)?.id ?? 0
      if (last > this.seen && this.#isUnderWay(next)) return
      if (last > this.seen && next.prev > this.seen) {
        this.#readAgain()
        return
      }
      this.#waiting.shift()
      this.#waitingBytes -= bytesOf(next)
      this.#hand(next.events)
    }
  }

  #readAgain(): void {
    const connection = this.#connection
    if (!connection) return
    void this.read(connection).catch((error: unknown) => giveUp(connection, error))
  }

  #hand(events: readonly Event[]): void {
    for (const event of events) {
      if (this.seen !== undefined && event.id <= this.seen) continue
      this.seen = event.id
      committed(1, event.body.length)
      this.#recent.push(event)
      for (const listener of this.listeners) listener(event)
      // Of a room that is no more nothing can be read.
      if (event.kind === 'closed') this.#recent.trim(event.id)
    }
  }
}

/** The next connection begins where this one could not. */
function giveUp(connection: Source, error: unknown): void {
  // What a listener has thrown is not for Redis to mend.
  if (!(error instanceof Unavailable)) throw error
  connection.close(error.message)
}

function bytesOf({ events }: Told): number {
  return events.reduce((sum, event) => sum + sizeOf(event), 0)
}
