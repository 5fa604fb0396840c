import { setTimeout as delay } from 'node:timers/promises'
import { ClockMonitor } from '../clock.ts'
import { closeLog } from '../close-log.ts'
import type { Engine, EngineLogs } from '../engine.ts'
import { Closed, Unavailable } from '../errors.ts'
import type { Draft, Event, LogName } from '../event.ts'
import type { EngineObserver, Retention } from '../observer.ts'
import { extentOf, readLog } from '../reading.ts'
import type { MemoryLimits } from '../recent.ts'
import { searchLog } from '../searching.ts'
import { Records } from '../typed-records.ts'
import { faultOf } from './connection.ts'
import { ControlChannel } from './control-channel.ts'
import { Health } from './health.ts'
import { Keys } from './keys.ts'
import { Link } from './link.ts'
import { Logs } from './logs.ts'
import { RedisMemberships } from './memberships.ts'
import { type LeaseTiming, Nodes } from './nodes.ts'
import { RedisRecords } from './records.ts'
import { Resume } from './resume.ts'
import { RedisRoomStates } from './room-states.ts'
import { RedisRooms } from './rooms.ts'
import { connectionsTo } from './single.ts'
import { storeOf } from './store.ts'
import { Sweep } from './sweep.ts'
import type { RedisLocation } from './url.ts'

export interface RedisOptions {
  readonly place: RedisLocation
  /** Prefix of all keys and channels. */
  readonly prefix: string
  /** Slug of the lobby; undefined leaves it unchanged. */
  readonly lobby: string | undefined
  readonly keep: Retention
  readonly memory: MemoryLimits
  readonly timing?: LeaseTiming
  /** Minimum time between two rewrites of a log without deleted messages; a minute by default. */
  readonly rewriteRestMs?: number
}

const TIMING: LeaseTiming = { leaseMs: 5_000, renewalMs: 1_500 }
/** Maximum time that stopping waits for events that are under way. */
const STOP_MS = 5_000

/** The engine of several processes or machines: everything in one Redis, the newest events and the rooms in memory too. */
export class RedisEngine implements Engine {
  readonly logs: EngineLogs
  readonly memberships: RedisMemberships
  readonly rooms: RedisRooms
  readonly records: Records
  readonly broadcast: ControlChannel
  readonly #place: RedisLocation
  readonly #link: Link
  readonly #health: Health
  readonly #nodes: Nodes
  readonly #logs: Logs
  readonly #records: RedisRecords
  readonly #sweep: Sweep

  constructor(options: RedisOptions, observer: EngineObserver) {
    const keys = new Keys(options.prefix, options.place.database)
    const timing = options.timing ?? TIMING
    // At most half a lease, so that after an outage other nodes come back before their leases are over.
    const link = new Link(options.place, connectionsTo(options.place), timing.leaseMs / 2, {
      down: (reason) => resume.down(reason),
      failed: (reason) => resume.failed(reason),
      resume: (connection) => resume.resume(connection),
      up: () => resume.up(),
    })
    this.#place = options.place
    this.#link = link
    const health = new Health(options.place, observer)
    this.#health = health
    const nodes = new Nodes(keys, link, timing, health)
    this.#nodes = nodes
    const clock = new ClockMonitor((ms) => observer.clockWentBack?.(ms))
    const logs = new Logs(keys, link, nodes, options.memory, {
      measured: (events, ms) => observer.measured?.(events, ms),
      timed: (event) => clock.committed(event),
      refused: (reason) => void this.#refused(reason),
    })
    this.#logs = logs
    const store = storeOf(keys, link)
    const states = new RedisRoomStates(keys, link)
    this.logs = {
      append: (log, draft) => this.#append(log, draft),
      appendAll: (log, drafts) => this.#appendAll(log, drafts),
      read: (log, range) => readLog(store, log, range, link.connection && logs.get(log)?.recent),
      extent: (log) => extentOf(store, log),
      search: (log, search) => searchLog(store, log, search, link.connection && logs.get(log)?.recent),
      state: (room) => states.of(room),
      stateFor: (room, user) => states.for(room, user),
      stateOfKey: (room, key) => states.ofKey(room, key),
      withNonce: async (log, from, nonce) => {
        const id = await link.call(keys.nonce(log, from, nonce), 'GET')
        return id === null ? undefined : Number(id)
      },
      clear: async (log) => {
        await link.eval('clear', keys.ofLog(log, ''), [keys.control, log])
        logs.get(log)?.trim(Number.MAX_SAFE_INTEGER)
      },
      follow: (log, listener) => logs.follow(log, listener),
    }
    const rooms = new RedisRooms(keys, link, {
      end: (room) => closeLog(this.logs, room),
      closed: (room) => this.broadcast.closed(room),
    })
    this.rooms = rooms
    const memberships = new RedisMemberships(keys, link, nodes, (room) => rooms.changed(room))
    this.memberships = memberships
    const records = new RedisRecords(keys, link)
    this.#records = records
    this.records = new Records(records)
    const shared = { keys, nodes, logs, memberships, rooms, records }
    const control = new ControlChannel({ ...shared, link })
    this.broadcast = control
    this.#sweep = new Sweep(keys, link, options.keep, options.rewriteRestMs)
    const resume = new Resume({ ...shared, health, control }, options.lobby, options.place.shown, observer)
  }

  /** The present id of this node. */
  get node(): string {
    return this.#nodes.id
  }

  async start(): Promise<void> {
    try {
      await this.#link.start()
      await Promise.all([this.#records.prepare(), this.rooms.stored.prepare()]).catch((error: unknown) => {
        throw faultOf(this.#place, error)
      })
    } catch (error) {
      this.#nodes.stop()
      this.#link.stop()
      throw error
    }
    this.#sweep.start()
  }

  async stop(): Promise<void> {
    this.#sweep.stop()
    const end = performance.now() + STOP_MS
    while (this.#link.connection && !this.#logs.idle && performance.now() < end) await delay(1)
    const { connection } = this.#link
    // While Redis is away nothing can be released; other nodes release it when the lease is over.
    if (connection)
      await Promise.race([this.#nodes.leave(connection), delay(STOP_MS, undefined, { ref: false })]).catch(() => {})
    this.#nodes.stop()
    this.#link.stop()
    this.#logs.stop()
  }

  get heldBytes(): number {
    return this.#logs.total.bytes
  }

  trimMemory(): void {
    this.#logs.trimMemory()
  }

  async ping(): Promise<void> {
    if (this.#health.trouble !== undefined) throw new Unavailable(this.#health.trouble)
    await Promise.all(this.#link.everyServer().map((ask) => ask('PING')))
  }

  #appendAll(log: LogName, drafts: readonly Draft[]): readonly Promise<Event>[] {
    for (const { kind, from } of drafts) if (kind === 'joined') this.#see(from)
    const appended = this.#logs.appendAll(log, drafts)
    for (const [place, draft] of drafts.entries()) {
      const { kind, room } = draft
      this.#sweep.note(log, draft)
      if (kind !== 'joined') this.rooms.said(room)
      else void appended[place]?.then(() => this.rooms.changed(room)).catch(() => {})
    }
    return appended
  }

  #append(log: LogName, draft: Draft): Promise<Event> {
    const { kind, room } = draft
    if (kind === 'joined') this.#see(draft.from)
    const appended = this.#logs.append(log, draft)
    this.#sweep.note(log, draft)
    if (kind === 'message') this.rooms.said(room)
    if (kind !== 'joined' && kind !== 'left') return appended
    return appended.then(
      (event) => {
        this.rooms.changed(room)
        return event
      },
      async (error: unknown) => {
        // The node that closed the room may have died before it removed the record.
        if (kind === 'joined' && error instanceof Closed) await this.rooms.remove(room).catch(() => {})
        throw error
      },
    )
  }

  /** Stores the name of a `joined`, before the event, so that a crash in between loses no name. */
  #see(name: string): void {
    void this.#records.see(name).catch(() => {})
  }

  /** Finds out whether Redis refuses every write or only this commit. */
  async #refused(reason: string): Promise<void> {
    if (this.#health.trouble === undefined) await this.#nodes.renew()
    if (this.#health.trouble === undefined) this.#health.warn(reason)
  }
}
