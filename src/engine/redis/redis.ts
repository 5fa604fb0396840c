/** The engine of several processes or machines: everything in one Redis, the newest events and the rooms in memory too. */
import { setTimeout as delay } from 'node:timers/promises'
import { ClockWatch } from '../clock.ts'
import {
  type ClaimOptions,
  Closed,
  type Engine,
  type Listener,
  type Member,
  type NewRoom,
  type Range,
  type RoomChange,
  type RoomRecord,
  Unavailable,
} from '../engine.ts'
import type { Draft, Event, LogName } from '../event.ts'
import { Records } from '../kept-records.ts'
import { readLog, type Store } from '../reading.ts'
import type { MemoryLimits } from '../recent.ts'
import type { Retention, Watch } from '../watch.ts'
import { Changes } from './changes.ts'
import { Claims } from './claims.ts'
import { Health } from './health.ts'
import { Keys } from './keys.ts'
import { Link } from './link.ts'
import { Logs } from './logs.ts'
import { Nodes, type Timing } from './nodes.ts'
import { faultOf } from './port.ts'
import { RedisRecords } from './records.ts'
import { Resume } from './resume.ts'
import { RoomTable } from './rooms.ts'
import { portsTo } from './single.ts'
import { storeOf } from './store.ts'
import { Sweep } from './sweep.ts'
import type { Place } from './url.ts'

export interface RedisOptions {
  readonly place: Place
  /** What every key and channel begins with. */
  readonly prefix: string
  /** Slug that room 1 gets; it keeps its own if none is given. */
  readonly lobby: string | undefined
  readonly keep: Retention
  readonly memory: MemoryLimits
  readonly timing?: Timing
}

const TIMING: Timing = { lease: 5_000, renew: 1_500 }
/** How long stopping waits for what is under way. */
const STOP_MS = 5_000

export class RedisEngine implements Engine {
  readonly #keys: Keys
  readonly #place: Place
  readonly #link: Link
  readonly #health: Health
  readonly #nodes: Nodes
  readonly #logs: Logs
  readonly #claims: Claims
  readonly #rooms: RoomTable
  readonly records: Records
  readonly #records: RedisRecords
  readonly #sweep: Sweep
  readonly #store: Store
  readonly #changes: Changes

  constructor(options: RedisOptions, watch: Watch) {
    const keys = new Keys(options.prefix, options.place.database)
    const timing = options.timing ?? TIMING
    // Whoever comes back to Redis first gives the others a lease's time to come back, too.
    const link = new Link(options.place, portsTo(options.place), timing.lease / 2, {
      down: (reason) => resume.down(reason),
      failed: (reason) => resume.failed(reason),
      resume: (port) => resume.resume(port),
      up: () => resume.up(),
    })
    this.#keys = keys
    this.#place = options.place
    this.#link = link
    this.#health = new Health(options.place, watch)
    this.#nodes = new Nodes(keys, link, timing, this.#health)
    const clock = new ClockWatch((ms) => watch.clockWentBack?.(ms))
    this.#logs = new Logs(keys, link, this.#nodes, options.memory, {
      measured: (events, ms) => watch.measured?.(events, ms),
      timed: (event) => clock.committed(event),
      refused: (reason) => void this.#refused(reason),
    })
    this.#claims = new Claims(keys, link, this.#nodes)
    this.#rooms = new RoomTable(
      keys,
      link,
      () => this.#nodes.id,
      (room) => this.#changes.changed(room),
    )
    this.#records = new RedisRecords(keys, link, () => this.#nodes.id)
    this.records = new Records(this.#records)
    this.#sweep = new Sweep(keys, link, options.keep)
    this.#store = storeOf(keys, link)
    this.#changes = new Changes(keys, link, this.#nodes, this.#logs, this.#claims, this.#rooms, this.#records)
    const parts = {
      keys,
      health: this.#health,
      nodes: this.#nodes,
      logs: this.#logs,
      claims: this.#claims,
      rooms: this.#rooms,
      records: this.#records,
      changes: this.#changes,
    }
    const resume = new Resume(parts, options.lobby, options.place.shown, watch)
  }

  /** Which node this is at the moment. */
  get node(): string {
    return this.#nodes.id
  }

  async start(): Promise<void> {
    try {
      await this.#link.start()
      await this.#records.prepare().catch((error: unknown) => {
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
    while (this.#link.port && !this.#logs.idle && performance.now() < end) await delay(1)
    const { port } = this.#link
    // Where Redis is away, the others see to it.
    if (port) await Promise.race([this.#nodes.leave(port), delay(STOP_MS, undefined, { ref: false })]).catch(() => {})
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

  append(log: LogName, draft: Draft): Promise<Event> {
    const presence = draft.kind === 'joined' || draft.kind === 'left'
    // Before the event, in case that nothing comes after it.
    if (draft.kind === 'joined') void this.#records.see(draft.from).catch(() => {})
    const appended = this.#logs.append(log, draft)
    this.#sweep.note(log)
    if (!presence) return appended
    return appended.then(
      (event) => {
        this.#changes.changed(event.room)
        return event
      },
      (error: unknown) => this.#notMoved(draft, error),
    )
  }

  read(log: LogName, range: Range): AsyncIterable<readonly Event[]> {
    return readLog(this.#store, log, range, this.#link.port && this.#logs.get(log)?.recent)
  }

  async clear(log: LogName): Promise<void> {
    await this.#link.eval('clear', this.#keys.ofLog(log, ''), [this.#keys.control, log])
  }

  follow(log: LogName, listener: Listener): () => void {
    return this.#logs.follow(log, listener)
  }

  claim(room: number, nickname: string, options: ClaimOptions = {}): Promise<boolean> {
    return this.#claims.claim(room, nickname, options)
  }

  share(room: number, nickname: string): Promise<void> {
    return this.#claims.share(room, nickname)
  }

  async release(room: number, nickname: string): Promise<void> {
    const released = this.#claims.release(room, nickname)
    this.#changes.changed(room)
    await released
  }

  holds(room: number, nickname: string): boolean {
    return this.#claims.holds(room, nickname)
  }

  member(room: number, nickname: string): Promise<Member | undefined> {
    return this.#claims.member(room, nickname)
  }

  members(room: number): Promise<readonly string[]> {
    return this.#claims.members(room)
  }

  memberCounts(): Promise<ReadonlyMap<number, number>> {
    return this.#claims.memberCounts()
  }

  heldIn(nickname: string): Promise<readonly number[]> {
    return this.#claims.heldIn(nickname)
  }

  findRoom(which: number | string): Promise<RoomRecord | undefined> {
    return this.#rooms.find(which)
  }

  async rooms(): Promise<readonly RoomRecord[]> {
    return this.#rooms.all()
  }

  async roomsMadeFrom(address: string): Promise<readonly RoomRecord[]> {
    return this.#rooms.madeFrom(address)
  }

  async roomCount(): Promise<number> {
    return this.#rooms.size
  }

  createRoom(room: NewRoom): Promise<RoomRecord> {
    return this.#rooms.create(room)
  }

  changeRoom(id: number, change: RoomChange): Promise<RoomRecord | undefined> {
    return this.#rooms.change(id, change)
  }

  async closeRoom(id: number): Promise<boolean> {
    // Asked only where it must be: what is appended behind this call comes behind the end.
    if (!this.#rooms.has(id) && !(await this.#rooms.find(id))) return false
    const ended = await this.append(`room:${id}`, { kind: 'closed', room: id, from: '', body: '' }).then(
      () => true,
      (error: unknown) => {
        if (!(error instanceof Closed)) throw error
        return false
      },
    )
    return (await this.#remove(id)) || ended
  }

  /** A room whose log has ended: whoever has ended it may have died before it removed the room. False when it was removed. */
  async #remove(id: number): Promise<boolean> {
    const removed = await this.#rooms.remove(id)
    this.#changes.closed(id)
    return removed
  }

  watchRooms(listener: (room: number) => void): () => void {
    return this.#changes.watch(listener)
  }

  signal(subject: string, text: string): void {
    this.#changes.signal(subject, text)
  }

  heedSignals(subject: string, listener: (text?: string) => void): void {
    this.#changes.heedSignals(subject, listener)
  }

  /** A commit: does Redis refuse every write? */
  async #refused(reason: string): Promise<void> {
    if (this.#health.trouble === undefined) await this.#nodes.renew()
    if (this.#health.trouble === undefined) this.#health.warn(reason)
  }

  async #notMoved({ kind, room }: Draft, error: unknown): Promise<never> {
    // What nobody gets into does not stay listed.
    if (kind === 'joined' && error instanceof Closed) await this.#remove(room).catch(() => {})
    throw error
  }
}
