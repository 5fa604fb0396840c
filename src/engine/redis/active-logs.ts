import { slicesOf } from '../../slices.ts'
import { atTickEnd } from '../../tick.ts'
import type { Listener } from '../engine.ts'
import { Unavailable } from '../errors.ts'
import type { Draft, Event, LogName } from '../event.ts'
import { type MemoryLimits, Recent, RecentTotal } from '../recent.ts'
import { sizeOf, type Waiting } from './batch.ts'
import { forEachLimit } from './concurrency.ts'
import type { RedisConnection } from './connection.ts'
import { type Keys, roomOf } from './keys.ts'
import type { Link } from './link.ts'
import { RedisLog } from './log.ts'
import type { Outgoing, Sending } from './outgoing.ts'

/** Maximum events and bytes that wait or are under way; further appends are refused. */
const MAX_EVENTS = 50_000
const MAX_BYTES = 67_108_864
/** Maximum logs that are read concurrently after a lost connection. */
const LOGS_AT_ONCE = 32
/** Maximum channels of a subscription. */
const CHANNELS_AT_ONCE = 500

/** The logs that this node appends to or follows. It subscribes only to the channels of followed logs. */
export class ActiveLogs implements Sending {
  readonly keys: Keys
  readonly link: Pick<Link, 'connection' | 'eval'>
  readonly nodes: Sending['nodes']
  readonly #limits: MemoryLimits
  readonly observer: Sending['observer']
  readonly total = new RecentTotal()
  readonly #byName = new Map<LogName, RedisLog>()
  readonly #byChannel = new Map<string, RedisLog>()
  /** The connection on which the channels are, or are being, subscribed. */
  #connection: RedisConnection | undefined
  /** Queues with waiting events and no batch under way. */
  readonly #ready = new Set<Outgoing>()
  /** The last event of each room, in any log, until it is sent. */
  readonly #latest = new Map<number, Waiting>()
  #scheduled = false
  #events = 0
  #bytes = 0
  #number = 0

  constructor(
    keys: Keys,
    link: ActiveLogs['link'],
    nodes: ActiveLogs['nodes'],
    limits: MemoryLimits,
    observer: ActiveLogs['observer'],
  ) {
    this.keys = keys
    this.link = link
    this.nodes = nodes
    this.#limits = limits
    this.observer = observer
  }

  /** Drops the older half of each log's events in memory. */
  trimMemory(): void {
    for (const log of this.#byName.values()) log.trimMemory()
  }

  /** True if no event waits or is under way. */
  get idle(): boolean {
    return this.#events === 0
  }

  get followed(): readonly LogName[] {
    return Array.from(this.#byChannel.values(), ({ name }) => name)
  }

  get(name: LogName): RedisLog | undefined {
    return this.#byName.get(name)
  }

  /** Appends an event; a `closed` ends the log. @throws Unavailable, Closed, Shared, Repeated */
  append(name: LogName, draft: Draft): Promise<Event> {
    return this.#objection(1) ?? this.#append(name, draft, 0)
  }

  /** Appends events in one step, each like {@link append}. */
  appendAll(name: LogName, drafts: readonly Draft[]): readonly Promise<Event>[] {
    const objection = this.#objection(drafts.length)
    if (objection) return drafts.map(() => objection)
    return drafts.map((draft, place) => this.#append(name, draft, place === 0 ? drafts.length - 1 : 0))
  }

  /** Returns a rejected promise where no more events may wait. */
  #objection(more: number): Promise<never> | undefined {
    if (!this.link.connection) return Promise.reject(new Unavailable('Redis is away'))
    if (this.#events + more <= MAX_EVENTS && this.#bytes < MAX_BYTES) return undefined
    return Promise.reject(new Unavailable('too much is waiting for Redis'))
  }

  #append(name: LogName, draft: Draft, withNext: number): Promise<Event> {
    return new Promise((resolve, reject) => {
      const size = sizeOf(draft)
      const latest = this.#latest.get(draft.room)
      const log = this.#open(name)
      const behind = latest && !latest.sent && latest.log !== name ? latest : undefined
      const waiting: Waiting = { log: name, draft, size, behind, withNext, sent: false, resolve, reject }
      this.#latest.set(draft.room, waiting)
      this.#events++
      this.#bytes += size
      log.outgoing.push(waiting)
    })
  }

  /** Calls the listener with each event committed from now on; without a connection, from the next one on. */
  follow(name: LogName, listener: Listener): () => void {
    const log = this.#open(name)
    const isFirst = !log.followed
    log.listen(listener)
    if (isFirst) {
      this.#byChannel.set(log.channel, log)
      const connection = this.#connection
      if (connection) void log.begin(connection, () => connection.subscribe([log.channel], this.#onMessage))
    }
    return () => {
      if (!log.followed) return
      log.unlisten(listener)
      if (log.followed) return
      this.#byChannel.delete(log.channel)
      void this.#connection?.unsubscribe(log.channel)
      this.ready(log.outgoing)
    }
  }

  /** Sends waiting events. Called at the end of the tick. */
  commit(): void {
    this.#scheduled = false
    // A sent event may release a later one of its room in another log.
    for (let sent = true; sent; ) {
      sent = false
      for (const queue of [...this.#ready]) {
        if (!queue.send()) continue
        this.#ready.delete(queue)
        sent = true
      }
    }
    for (const [room, { sent }] of this.#latest) if (sent) this.#latest.delete(room)
  }

  /** Called when the connection has ended; refuses events that were not sent. */
  down(reason: string): void {
    this.#connection = undefined
    for (const log of this.#byName.values()) {
      log.down()
      log.outgoing.down(reason)
    }
  }

  /** Subscribes to the channels of followed logs, also of those that are followed later. */
  async subscribe(connection: RedisConnection): Promise<void> {
    this.#connection = connection
    for (const channels of slicesOf([...this.#byChannel.keys()], CHANNELS_AT_ONCE)) {
      await connection.subscribe(channels, this.#onMessage)
    }
  }

  /** Finds out which of the batches that were under way when the last connection ended are committed. */
  async settle(connection: RedisConnection): Promise<void> {
    for (const { outgoing } of [...this.#byName.values()]) await outgoing.settle(connection)
  }

  /**
   * Reads the events that were missed. Resolves with true if Redis has lost events that this node has seen. The logs of rooms are read last:
   * a private message reaches its addressee only until a `left` ends the membership.
   */
  async read(connection: RedisConnection): Promise<boolean> {
    let lost = false
    const { rooms = [], others = [] } = Object.groupBy(this.#byChannel.values(), ({ name }) =>
      roomOf(name) === undefined ? 'others' : 'rooms',
    )
    for (const logs of [others, rooms]) {
      await forEachLimit(logs, LOGS_AT_ONCE, async (log) => {
        if (await log.read(connection)) lost = true
      })
    }
    return lost
  }

  /** Refuses all events that wait or are under way. */
  stop(): void {
    const stopped = 'the engine is stopped'
    this.down(stopped)
    for (const { outgoing } of this.#byName.values()) outgoing.abandon(stopped)
  }

  nextNumber(): number {
    return ++this.#number
  }

  /** Called when events are committed or refused. */
  answered(waiting: readonly Waiting[]): void {
    this.#events -= waiting.length
    for (const { size } of waiting) this.#bytes -= size
  }

  /** Schedules the waiting events of a queue for the end of the tick, or removes its log if it is unused. */
  ready(queue: Outgoing): void {
    if (queue.idle) {
      const log = this.#byName.get(queue.name)
      if (log?.outgoing === queue && !log.followed) this.#byName.delete(queue.name)
      return
    }
    this.#ready.add(queue)
    if (this.#scheduled) return
    this.#scheduled = true
    atTickEnd('commit', this)
  }

  #open(name: LogName): RedisLog {
    let log = this.#byName.get(name)
    if (!log) this.#byName.set(name, (log = new RedisLog(name, this, new Recent(this.#limits, this.total))))
    return log
  }

  readonly #onMessage = (text: string, channel: string): void => this.#byChannel.get(channel)?.onMessage(text)
}
