import { committed } from '../../tick.ts'
import type { Listener } from '../engine.ts'
import { Unavailable } from '../errors.ts'
import type { Event, LogName } from '../event.ts'
import type { Recent } from '../recent.ts'
import { type Committed, sizeOf } from './batch.ts'
import type { RedisConnection } from './connection.ts'
import { batchNumberOf, type Entry, entryId, eventOf, idOf, parseMessage } from './entry.ts'
import { Outgoing, type Sending, type SentLog } from './outgoing.ts'

/** The part of a connection that a log reads from. */
export type LogSource = Pick<RedisConnection, 'eval' | 'call' | 'close'>

/** Maximum events of a read. */
const PAGE_EVENTS = 256
/** Maximum bytes of segments that wait for earlier events; beyond it they are dropped and the log is read. */
const MAX_WAITING_BYTES = 1_048_576

/** Successive events of a log. */
interface Segment {
  /** Id of the log's event before the first one. */
  readonly prev: number
  readonly last: number
  readonly events: readonly Event[]
  /** Number of the batch; undefined for a batch of another node. */
  readonly own: number | undefined
  readonly size: number
}

/**
 * A log that this node appends to or follows: its outgoing queue, its incoming feed, and its position.
 *
 * Events arrive in three ways: those of this node as replies to its batches, those of other nodes on the log's channel, and events after a
 * gap by reading the stream. Each segment contains the id of the event before it. A segment that follows the position is delivered, one
 * before it is dropped, and one ahead of it waits: for the reply to the batch under way, for the channel, or for the stream to be read.
 * The channel also carries batches of this node: they are not parsed and only show how far the channel has come.
 */
export class RedisLog implements SentLog {
  readonly name: LogName
  readonly channel: string
  readonly outgoing: Outgoing
  /** The position: id up to which all events were delivered; undefined until the end of the log at the first `follow` is known. */
  seen: number | undefined
  /** Replaced, not changed, when a listener is added or removed. */
  #listeners: readonly Listener[] = []
  readonly #nodes: Sending['nodes']
  readonly #keys: readonly [stream: string, ...string[]]
  readonly #recent: Recent
  /** The highest id that is known to be in the log. */
  #known = 0
  /** Segments ahead of the position, ordered by {@link Segment.prev}. */
  #waiting: Segment[] = []
  #waitingBytes = 0
  /** Callbacks of {@link whenSeen}. */
  #awaited: { readonly id: number; readonly then: () => void }[] = []
  /** Number of this node's last batch on the channel. */
  #echoed = 0
  /** True while the stream is read, or before it is read: segments from the channel wait. */
  #reading = true
  /** True if waiting segments were dropped, see {@link MAX_WAITING_BYTES}. */
  #overrun = false
  #connection: LogSource | undefined
  /** Identity of the present following; replaced when the last listener is removed. */
  #following = {}
  /** Identity of the present reading; replaced when another one starts or the connection ends. */
  #reader = {}

  constructor(name: LogName, sending: Sending, recent: Recent) {
    this.name = name
    this.channel = sending.keys.channel(name)
    this.outgoing = new Outgoing(this, sending)
    this.#nodes = sending.nodes
    this.#keys = sending.keys.ofLog(name, '')
    this.#recent = recent
  }

  get followed(): boolean {
    return this.#listeners.length > 0
  }

  listen(listener: Listener): void {
    this.#listeners = [...this.#listeners, listener]
  }

  /** Removes a listener; after the last one the position and the events in memory are dropped. */
  unlisten(listener: Listener): void {
    this.#listeners = this.#listeners.filter((other) => other !== listener)
    if (this.followed) return
    this.#following = {}
    this.down()
    this.#recent.clear()
    this.seen = undefined
    this.#known = 0
    this.#callAwaited()
  }

  /** Calls `then` when all events up to an id are delivered; immediately if there is no listener. */
  whenSeen(id: number, then: () => void): void {
    this.#awaited.push({ id, then })
    this.#callAwaited()
  }

  /** The events in memory; undefined while later events are known to be in the log. */
  get recent(): Recent | undefined {
    const current =
      this.#connection !== undefined && !this.#reading && this.seen !== undefined && this.seen >= this.#known
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

  /** Called when the connection has ended. */
  down(): void {
    this.#connection = undefined
    this.#reader = {}
    this.#reading = true
    this.#dropWaiting()
  }

  /** Starts to follow. Must be called before any append whose event must be delivered. */
  async begin(connection: LogSource, subscribe: () => Promise<void>): Promise<void> {
    const following = this.#following
    try {
      const stood = connection.eval('sync', this.#keys, ['0'])
      const subscribed = subscribe()
      subscribed.catch(() => {})
      const [, last] = await stood
      if (following === this.#following) this.seen ??= Number(last)
      await subscribed
      if (following === this.#following) await this.read(connection)
    } catch (error) {
      giveUp(connection, error)
    }
  }

  /** Reads and delivers the events after the position. Resolves with true if Redis has lost events up to the position. */
  async read(connection: LogSource): Promise<boolean> {
    const reader = {}
    this.#reader = reader
    this.#connection = connection
    this.#reading = true
    this.#overrun = false
    const [start, end, behind] = await connection.eval('sync', this.#keys, [String(this.seen ?? 0)])
    const lost = behind === '1'
    if (reader !== this.#reader) return lost
    const last = Number(end)
    this.seen ??= last
    // The log may have been cleared: then memory must not hold the removed events.
    if (Number(start) >= this.seen) this.#recent.clear()
    while (this.seen < last) {
      const range = [entryId(this.seen + 1), entryId(last), 'COUNT', String(PAGE_EVENTS)]
      // The reply to XRANGE.
      const entries = (await connection.call(this.#keys[0], 'XRANGE', ...range)) as readonly Entry[]
      if (reader !== this.#reader) return lost
      this.#deliver(entries.map(([id, fields]) => eventOf(idOf(id), fields)))
      if (entries.length < PAGE_EVENTS) this.seen = Math.max(this.seen, last)
    }
    this.#reading = false
    this.#advance()
    return lost
  }

  /** Handles a message of the log's channel. */
  onMessage(text: string): void {
    const own = batchNumberOf(text, this.#nodes.id)
    if (own === undefined) {
      const { prev, events } = parseMessage(text)
      this.#wait(prev, events)
    } else this.#echoed = own
    this.#advance()
  }

  /** Delivers a committed batch of this node. Must be called in the tick in which the promises of its appends resolve. */
  committed(number: number, { prev, events }: Committed): void {
    // After a lost connection the log is read instead.
    if (!this.followed || prev === undefined) return
    // Even while the log is read.
    if (this.seen === prev) this.#deliver(events)
    else this.#wait(prev, events, number)
    this.#advance()
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

  #advance(): void {
    this.#drain()
    if (this.#awaited.length > 0) this.#callAwaited()
  }

  #callAwaited(): void {
    const { seen } = this
    const isSeen = (id: number) => !this.followed || (!this.#reading && seen !== undefined && seen >= id)
    const due = this.#awaited.filter(({ id }) => isSeen(id))
    this.#awaited = this.#awaited.filter(({ id }) => !isSeen(id))
    for (const { then } of due) then()
  }

  #drain(): void {
    while (!this.#reading && this.seen !== undefined) {
      const [next] = this.#waiting
      if (this.#overrun || (next && next.prev > this.seen && this.#isGap(next))) this.#readAgain()
      if (!next || next.prev > this.seen) return
      this.#waiting.shift()
      this.#waitingBytes -= next.size
      this.#deliver(next.events)
    }
  }

  /** Returns true if the events before a segment will not arrive without reading the log. */
  #isGap({ own, last }: Segment): boolean {
    if (own === undefined) return !this.outgoing.underWay
    return this.#echoed >= own || this.#waiting.some((other) => other.own === undefined && other.prev >= last)
  }

  #readAgain(): void {
    const connection = this.#connection
    if (connection) void this.read(connection).catch((error: unknown) => giveUp(connection, error))
  }

  #deliver(events: readonly Event[]): void {
    for (const event of events) {
      if (this.seen !== undefined && event.id <= this.seen) continue
      this.seen = event.id
      committed(1, event.body.length)
      this.#recent.push(event)
      for (const listener of this.#listeners) listener(event)
      // Nothing can be read of a closed room.
      if (event.kind === 'closed') this.#recent.trim(event.id)
    }
  }
}

/** Closes the connection after an error of Redis, so that the next connection starts again; rethrows errors of listeners. */
function giveUp(connection: LogSource, error: unknown): void {
  if (!(error instanceof Unavailable)) throw error
  connection.close(error.message)
}
