import { committed } from '../../tick.ts'
import { type Listener, Unavailable } from '../engine.ts'
import type { Event, LogName } from '../event.ts'
import { Recent } from '../recent.ts'
import type { Committed } from './batch.ts'
import { type Entry, entryId, eventOf, idOf, numberOf, toldOf } from './entry.ts'
import type { Logs } from './logs.ts'
import { Outgoing, sizeOf } from './outgoing.ts'
import type { RedisPort } from './port.ts'

/** The part of a port that a log reads from. */
export type LogSource = Pick<RedisPort, 'eval' | 'call' | 'close'>

/** Events read at a time. */
const PAGE_EVENTS = 256
/** Bytes that may wait for what is before them; of more the log is read instead. */
const MAX_WAITING_BYTES = 1_048_576

/** Events of one log behind one another. */
interface Segment {
  /** The id before the first. */
  readonly prev: number
  readonly last: number
  readonly events: readonly Event[]
  /** The number of this node's batch. */
  readonly own: number | undefined
  readonly size: number
}

/**
 * A log that this node appends to or follows: its outgoing queue, its incoming feed, and the position up to which it was seen.
 *
 * Events come three ways: this node's own as the answers to its batches, the others' over the log's channel, and, behind a gap,
 * from the log itself. Each segment tells the id that it comes behind, so what fits is handed on, what was seen is dropped, and
 * what is ahead waits: for the answer to the batch under way, for the channel to catch up with an answer, or for the log to be
 * read. The channel brings own batches, too: they are not parsed, and only tell how far the channel has come.
 */
export class RedisLog {
  readonly name: LogName
  readonly channel: string
  readonly outgoing: Outgoing
  /** The id up to which everything was handed on; undefined until it is known where the log ended when it was first followed. */
  seen: number | undefined
  /** Replaced, not changed, when a listener comes or goes. */
  #listeners: readonly Listener[] = []
  readonly #logs: Logs
  readonly #keys: readonly [stream: string, ...string[]]
  readonly #recent: Recent
  /** The highest id that is in the log for certain. */
  #known = 0
  /** In the order of {@link Segment.prev}. */
  #waiting: Segment[] = []
  #waitingBytes = 0
  /** What is to be called when an id has been seen. */
  #awaited: { readonly id: number; readonly then: () => void }[] = []
  /** The number of the own batch that the channel has brought last. */
  #echoed = 0
  /** The log is being read, or is about to be: what the channel brings waits. */
  #reading = true
  /** Too much has come to wait for the reading of what is before it. */
  #overrun = false
  #port: LogSource | undefined
  /** Replaced when following begins anew, */
  #following = {}
  /** and when reading does. */
  #reader = {}

  constructor(name: LogName, logs: Logs) {
    this.name = name
    this.channel = logs.keys.channel(name)
    this.outgoing = new Outgoing(this, logs)
    this.#logs = logs
    this.#keys = logs.keys.ofLog(name, '')
    this.#recent = new Recent(logs.limits, logs.total)
  }

  get followed(): boolean {
    return this.#listeners.length > 0
  }

  listen(listener: Listener): void {
    this.#listeners = [...this.#listeners, listener]
  }

  /** Forgets everything of the log when that was the last listener. */
  unlisten(listener: Listener): void {
    this.#listeners = this.#listeners.filter((other) => other !== listener)
    if (this.followed) return
    this.#following = {}
    this.down()
    this.#recent.clear()
    this.seen = undefined
    this.#known = 0
    this.#tell()
  }

  /** Calls `then` when everything up to an id has been handed on; at once where nobody follows. */
  whenSeen(id: number, then: () => void): void {
    this.#awaited.push({ id, then })
    this.#tell()
  }

  /** The newest events, where memory holds all that is known of them. */
  get recent(): Recent | undefined {
    const current = this.#port !== undefined && !this.#reading && this.seen !== undefined && this.seen >= this.#known
    return current ? this.#recent : undefined
  }

  /** Drops the older half of the events in memory. */
  trimMemory(): void {
    this.#recent.halve()
  }

  /** Drops the events in memory up to an id. */
  trim(upTo: number): void {
    this.#recent.trim(upTo)
  }

  /** The port is gone. */
  down(): void {
    this.#port = undefined
    this.#reader = {}
    this.#reading = true
    this.#dropWaiting()
  }

  /** Begins to follow: to be called before anything is appended that is to be heard. */
  async begin(port: LogSource, subscribe: () => Promise<void>): Promise<void> {
    const following = this.#following
    try {
      const stood = port.eval('sync', this.#keys, ['0'])
      const subscribed = subscribe()
      subscribed.catch(() => {})
      const [, last] = await stood
      if (following === this.#following) this.seen ??= Number(last)
      await subscribed
      if (following === this.#following) await this.read(port)
    } catch (error) {
      giveUp(port, error)
    }
  }

  /** Reads what came behind what was seen, and goes on from there. Resolves with whether the log had lost some of what was seen. */
  async read(port: LogSource): Promise<boolean> {
    const reader = {}
    this.#reader = reader
    this.#port = port
    this.#reading = true
    this.#overrun = false
    const [start, end, behind] = await port.eval('sync', this.#keys, [String(this.seen ?? 0)])
    const lost = behind === '1'
    if (reader !== this.#reader) return lost
    const last = Number(end)
    this.seen ??= last
    // Of what was seen nothing may be there any more: then memory is not to know better.
    if (Number(start) >= this.seen) this.#recent.clear()
    while (this.seen < last) {
      const range = [entryId(this.seen + 1), entryId(last), 'COUNT', String(PAGE_EVENTS)]
      // The reply to XRANGE.
      const entries = (await port.call(this.#keys[0], 'XRANGE', ...range)) as readonly Entry[]
      if (reader !== this.#reader) return lost
      this.#hand(entries.map(([id, fields]) => eventOf(idOf(id), fields)))
      if (entries.length < PAGE_EVENTS) this.seen = Math.max(this.seen, last)
    }
    this.#reading = false
    this.#goOn()
    return lost
  }

  /** The channel brings something. */
  heard(text: string): void {
    const own = numberOf(text, this.#logs.nodes.id)
    if (own === undefined) {
      const { prev, events } = toldOf(text)
      this.#wait(prev, events)
    } else this.#echoed = own
    this.#goOn()
  }

  /** A batch of this node is committed. To be called in the tick in which whoever has appended is answered. */
  committed(number: number, { prev, events }: Committed): void {
    // Where the connection has broken meanwhile the log is read.
    if (!this.followed || prev === undefined) return
    // Also while the log is read.
    if (this.seen === prev) this.#hand(events)
    else this.#wait(prev, events, number)
    this.#goOn()
  }

  #wait(prev: number, events: readonly Event[], own?: number): void {
    const last = events.at(-1)?.id ?? prev
    const size = events.reduce((sum, event) => sum + sizeOf(event), 0)
    const place = this.#waiting.findLastIndex((other) => other.prev <= prev) + 1
    this.#waiting.splice(place, 0, { prev, last, events, own, size })
    this.#known = Math.max(this.#known, last)
    this.#waitingBytes += size
    if (this.#waitingBytes <= MAX_WAITING_BYTES) return
    this.#dropWaiting()
    this.#overrun = true
  }

  #dropWaiting(): void {
    this.#waiting = []
    this.#waitingBytes = 0
  }

  #goOn(): void {
    this.#drain()
    if (this.#awaited.length > 0) this.#tell()
  }

  #tell(): void {
    const { seen } = this
    const isSeen = (id: number) => !this.followed || (!this.#reading && seen !== undefined && seen >= id)
    const told = this.#awaited.filter(({ id }) => isSeen(id))
    this.#awaited = this.#awaited.filter(({ id }) => !isSeen(id))
    for (const { then } of told) then()
  }

  #drain(): void {
    while (!this.#reading && this.seen !== undefined) {
      const [next] = this.#waiting
      if (this.#overrun || (next && next.prev > this.seen && this.#isGap(next))) this.#readAgain()
      if (!next || next.prev > this.seen) return
      this.#waiting.shift()
      this.#waitingBytes -= next.size
      this.#hand(next.events)
    }
  }

  /** Whether what is missing before a segment will not come by itself. */
  #isGap({ own, last }: Segment): boolean {
    if (own === undefined) return !this.outgoing.underWay
    return this.#echoed >= own || this.#waiting.some((other) => other.own === undefined && other.prev >= last)
  }

  #readAgain(): void {
    const port = this.#port
    if (port) void this.read(port).catch((error: unknown) => giveUp(port, error))
  }

  #hand(events: readonly Event[]): void {
    for (const event of events) {
      if (this.seen !== undefined && event.id <= this.seen) continue
      this.seen = event.id
      committed(1, event.body.length)
      this.#recent.push(event)
      for (const listener of this.#listeners) listener(event)
      // Of a room that is no more nothing can be read.
      if (event.kind === 'closed') this.#recent.trim(event.id)
    }
  }
}

/** The next connection begins where this one could not. */
function giveUp(port: LogSource, error: unknown): void {
  // What a listener has thrown is not for Redis to mend.
  if (!(error instanceof Unavailable)) throw error
  port.close(error.message)
}
