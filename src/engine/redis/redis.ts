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
import type { EngineParts } from './parts.ts'
import { RedisRecords } from './records.ts'
import { Resume } from './resume.ts'
import { RedisRooms } from './rooms.ts'
import { connectionsTo } from './single.ts'
import { Sweep } from './sweep.ts'
import type { RedisLocation } from './url.ts'

export interface RedisOptions {
  readonly place: RedisLocation
  /** Returns the place with its present credentials, for each connection; {@link place} if not given. */
  readonly renew?: () => Promise<RedisLocation>
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
  readonly #parts: EngineParts
  readonly #resume: Resume

  constructor(options: RedisOptions, observer: EngineObserver) {
    const { place, renew, prefix, lobby, keep, memory, timing = TIMING, rewriteRestMs } = options
    const keys = new Keys(prefix, place.database)
    // At most half a lease, so that after an outage other nodes come back before their leases are over.
    const link = new Link(place, connectionsTo(place, renew), timing.leaseMs / 2)
    const health = new Health(place, observer)
    const nodes = new Nodes(keys, link, timing, health)
    const clock = new ClockMonitor((ms) => observer.clockWentBack?.(ms))
    const logs = new ActiveLogs(keys, link, nodes, memory, {
      measured: (events, ms) => observer.measured?.(events, ms),
      timed: (event) => clock.committed(event),
      refused: (reason) => void this.#refused(reason),
    })
    const rooms = new RedisRooms(keys, link, {
      end: (room) => closeLog(this.logs, room),
      closed: (room) => this.broadcast.closed(room),
    })
    const memberships = new RedisMemberships(keys, link, nodes, (room) => rooms.changed(room))
    const records = new RedisRecords(keys, link)
    const sweep = new Sweep(keys, link, keep, rewriteRestMs)
    const parts = { keys, link, health, nodes, logs, memberships, rooms, records, sweep }
    const control = new ControlChannel(parts)
    this.#place = place
    this.#parts = parts
    this.#resume = new Resume({ ...parts, control }, lobby, place.shown, observer)
    this.logs = new RedisLogs(parts)
    this.memberships = memberships
    this.rooms = rooms
    this.records = new Records(records)
    this.broadcast = control
  }

  /** The present id of this node. */
  get node(): string {
    return this.#parts.nodes.id
  }

  async start(): Promise<void> {
    const { link, nodes, rooms, records, sweep } = this.#parts
    try {
      await link.start(this.#resume)
      await Promise.all([records.prepare(), rooms.stored.prepare()]).catch((error: unknown) => {
        throw faultOf(this.#place, error)
      })
    } catch (error) {
      nodes.stop()
      link.stop()
      throw error
    }
    sweep.start()
  }

  async stop(): Promise<void> {
    const { link, nodes, logs, sweep } = this.#parts
    sweep.stop()
    const end = performance.now() + STOP_MS
    while (link.connection && !logs.idle && performance.now() < end) await delay(1)
    const { connection } = link
    // While Redis is away nothing can be released; other nodes release it when the lease is over.
    if (connection)
      await Promise.race([nodes.leave(connection), delay(STOP_MS, undefined, { ref: false })]).catch(() => {})
    nodes.stop()
    link.stop()
    logs.stop()
  }

  get heldBytes(): number {
    return this.#parts.logs.total.bytes
  }

  trimMemory(): void {
    this.#parts.logs.trimMemory()
  }

  async ping(): Promise<void> {
    const { link, health } = this.#parts
    if (health.trouble !== undefined) throw new Unavailable(health.trouble)
    await Promise.all(link.everyServer().map((ask) => ask('PING')))
  }

  /** Finds out whether Redis refuses every write or only this commit. */
  async #refused(reason: string): Promise<void> {
    const { nodes, health } = this.#parts
    if (health.trouble === undefined) await nodes.renew()
    if (health.trouble === undefined) health.warn(reason)
  }
}
