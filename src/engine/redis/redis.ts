import { setTimeout as delay } from 'node:timers/promises'
import { ClockMonitor } from '../clock.ts'
import { closeLog } from '../close-log.ts'
import type { Engine } from '../engine.ts'
import { Unavailable } from '../errors.ts'
import type { EngineObserver, Retention } from '../observer.ts'
import type { MemoryLimits } from '../recent.ts'
import { Records } from '../typed-records.ts'
import { ActiveLogs } from './active-logs.ts'
import { faultOf } from './connection.ts'
import { ControlChannel } from './control-channel.ts'
import { Health } from './health.ts'
import { Keys } from './keys.ts'
import { Link } from './link.ts'
import { RedisLogs } from './logs.ts'
import { RedisMemberships } from './memberships.ts'
import { type LeaseTiming, Nodes } from './nodes.ts'
import { RedisRecords } from './records.ts'
import { Resume } from './resume.ts'
import { RedisRooms } from './rooms.ts'
import { connectionsTo } from './single.ts'
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
  readonly logs: RedisLogs
  readonly memberships: RedisMemberships
  readonly rooms: RedisRooms
  readonly records: Records
  readonly broadcast: ControlChannel
  readonly #place: RedisLocation
  readonly #link: Link
  readonly #health: Health
  readonly #nodes: Nodes
  readonly #logs: ActiveLogs
  readonly #records: RedisRecords
  readonly #sweep: Sweep
  readonly #resume: Resume

  constructor(options: RedisOptions, observer: EngineObserver) {
    const keys = new Keys(options.prefix, options.place.database)
    const timing = options.timing ?? TIMING
    // At most half a lease, so that after an outage other nodes come back before their leases are over.
    const link = new Link(options.place, connectionsTo(options.place), timing.leaseMs / 2)
    this.#place = options.place
    this.#link = link
    const health = new Health(options.place, observer)
    this.#health = health
    const nodes = new Nodes(keys, link, timing, health)
    this.#nodes = nodes
    const clock = new ClockMonitor((ms) => observer.clockWentBack?.(ms))
    const logs = new ActiveLogs(keys, link, nodes, options.memory, {
      measured: (events, ms) => observer.measured?.(events, ms),
      timed: (event) => clock.committed(event),
      refused: (reason) => void this.#refused(reason),
    })
    this.#logs = logs
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
    const sweep = new Sweep(keys, link, options.keep, options.rewriteRestMs)
    this.#sweep = sweep
    this.logs = new RedisLogs({ keys, link, logs, rooms, records, sweep })
    const shared = { keys, nodes, logs, memberships, rooms, records }
    const control = new ControlChannel({ ...shared, link })
    this.broadcast = control
    this.#resume = new Resume({ ...shared, health, control }, options.lobby, options.place.shown, observer)
  }

  /** The present id of this node. */
  get node(): string {
    return this.#nodes.id
  }

  async start(): Promise<void> {
    try {
      await this.#link.start(this.#resume)
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

  /** Finds out whether Redis refuses every write or only this commit. */
  async #refused(reason: string): Promise<void> {
    if (this.#health.trouble === undefined) await this.#nodes.renew()
    if (this.#health.trouble === undefined) this.#health.warn(reason)
  }
}
