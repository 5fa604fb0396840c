import { atTickEnd } from '../../tick.ts'
import { type Listener, Unavailable } from '../engine.ts'
import type { Draft, Event, LogName } from '../event.ts'
import { type MemoryLimits, RecentTotal } from '../recent.ts'
import { forEachLimit } from './concurrency.ts'
import { type Keys, roomOf } from './keys.ts'
import type { Link } from './link.ts'
import { RedisLog } from './log.ts'
import type { Nodes } from './nodes.ts'
import { sizeOf, type Waiting } from './outgoing.ts'
import type { RedisPort } from './port.ts'

/** Events and bytes that may wait, or be under way, before more are refused. */
const MAX_EVENTS = 50_000
const MAX_BYTES = 67_108_864
/** Logs that are read at once after a lost connection, and channels asked for at once. */
const LOGS_AT_ONCE = 32
const CHANNELS_AT_ONCE = 500

/** Hears of commits. */
export interface CommitObserver {
  measured(events: number, ms: number): void
  /** Called with the last event of a commit. */
  timed(event: Event): void
  /** Redis has refused a commit. */
  refused(reason: string): void
}

/** The logs that this node appends to or follows: only to the channels of those it follows it listens. */
export class Logs {
  readonly keys: Keys
  readonly link: Pick<Link, 'port' | 'eval'>
  readonly nodes: Pick<Nodes, 'id' | 'isAdmitted' | 'enter' | 'noticeLoss' | 'noticeDeath'>
  readonly limits: MemoryLimits
  readonly watch: CommitObserver
  readonly total = new RecentTotal()
  readonly #byName = new Map<LogName, RedisLog>()
  readonly #byChannel = new Map<string, RedisLog>()
  /** The port on which all of them are listened to, or about to be. */
  #port: RedisPort | undefined
  /** Logs of which something waits and nothing is under way. */
  readonly #ready = new Set<RedisLog>()
  /** The last event of a room, in whatever log, as long as it has not been sent. */
  readonly #latest = new Map<number, Waiting>()
  #scheduled = false
  #events = 0
  #bytes = 0
  #number = 0

  constructor(keys: Keys, link: Logs['link'], nodes: Logs['nodes'], limits: MemoryLimits, watch: CommitObserver) {
    this.keys = keys
    this.link = link
    this.nodes = nodes
    this.limits = limits
    this.watch = watch
  }

  /** Drops the older half of the events of each log. */
  trimMemory(): void {
    for (const log of this.#byName.values()) log.trimMemory()
  }

  /** Whether nothing waits or is under way. */
  get idle(): boolean {
    return this.#events === 0
  }

  get(name: LogName): RedisLog | undefined {
    return this.#byName.get(name)
  }

  /** Rejects with {@link Unavailable} or {@link Closed}. A `closed` ends the room. */
  append(name: LogName, draft: Draft): Promise<Event> {
    if (!this.link.port) return Promise.reject(new Unavailable('Redis is away'))
    if (this.#events >= MAX_EVENTS || this.#bytes >= MAX_BYTES) {
      return Promise.reject(new Unavailable('too much is waiting for Redis'))
    }
    return new Promise((resolve, reject) => {
      const size = sizeOf(draft)
      const latest = this.#latest.get(draft.room)
      const log = this.#open(name)
      const behind = latest && !latest.sent && latest.log !== log ? latest : undefined
      const waiting: Waiting = { draft, log, size, behind, sent: false, resolve, reject }
      this.#latest.set(draft.room, waiting)
      this.#events++
      this.#bytes += size
      log.outgoing.push(waiting)
    })
  }

  /** Where there is no connection the next one begins it. */
  follow(name: LogName, listener: Listener): () => void {
    const log = this.#open(name)
    const isFirst = !log.followed
    log.listen(listener)
    if (isFirst) {
      this.#byChannel.set(log.channel, log)
      const port = this.#port
      if (port) void log.begin(port, () => port.subscribe([log.channel], this.#heard))
    }
    return () => {
      if (!log.followed) return
      log.unlisten(listener)
      if (log.followed) return
      this.#byChannel.delete(log.channel)
      void this.#port?.unsubscribe(log.channel)
      this.ready(log)
    }
  }

  /** Called at the end of the tick. */
  commit(): void {
    this.#scheduled = false
    // What has been sent may let go what is behind it in another log.
    for (let going = true; going; ) {
      going = false
      for (const log of [...this.#ready]) {
        if (!log.outgoing.send()) continue
        this.#ready.delete(log)
        going = true
      }
    }
    for (const [room, { sent }] of this.#latest) if (sent) this.#latest.delete(room)
  }

  /** The port is gone: what was not sent is refused. */
  down(reason: string): void {
    this.#port = undefined
    for (const log of this.#byName.values()) {
      log.down()
      log.outgoing.down(reason)
    }
  }

  /** Listens to everything that is followed, and from now on to whatever comes to be. */
  async subscribe(port: RedisPort): Promise<void> {
    this.#port = port
    const channels = [...this.#byChannel.keys()]
    for (let start = 0; start < channels.length; start += CHANNELS_AT_ONCE) {
      await port.subscribe(channels.slice(start, start + CHANNELS_AT_ONCE), this.#heard)
    }
  }

  /** Finds out what became of all that was under way when the last port broke. */
  async settle(port: RedisPort): Promise<void> {
    for (const { outgoing } of [...this.#byName.values()]) await outgoing.settle(port)
  }

  /**
   * Reads what was missed. True when a log has lost some of what was seen of it. The logs of rooms come last: a private message
   * reaches its addressee only as long as no `left` has ended the membership.
   */
  async read(port: RedisPort): Promise<boolean> {
    let lost = false
    const { rooms = [], others = [] } = Object.groupBy(this.#byChannel.values(), ({ name }) =>
      roomOf(name) === undefined ? 'others' : 'rooms',
    )
    for (const logs of [others, rooms]) {
      await forEachLimit(logs, LOGS_AT_ONCE, async (log) => {
        if (await log.read(port)) lost = true
      })
    }
    return lost
  }

  /** Refuses whatever is left. */
  stop(): void {
    const stopped = 'the engine is stopped'
    this.down(stopped)
    for (const { outgoing } of this.#byName.values()) outgoing.abandon(stopped)
  }

  nextNumber(): number {
    return ++this.#number
  }

  /** What has waited waits no more. */
  answered(waiting: readonly Waiting[]): void {
    this.#events -= waiting.length
    for (const { size } of waiting) this.#bytes -= size
  }

  /** Has a log send what waits at the end of the tick, and forgets one that nobody needs. */
  ready(log: RedisLog): void {
    if (log.outgoing.idle) {
      if (!log.followed && this.#byName.get(log.name) === log) this.#byName.delete(log.name)
      return
    }
    this.#ready.add(log)
    if (this.#scheduled) return
    this.#scheduled = true
    atTickEnd('commit', this)
  }

  #open(name: LogName): RedisLog {
    let log = this.#byName.get(name)
    if (!log) this.#byName.set(name, (log = new RedisLog(name, this)))
    return log
  }

  readonly #heard = (text: string, channel: string): void => this.#byChannel.get(channel)?.heard(text)
}
