/** The engine of several processes or machines: everything in one Redis, the newest events and the rooms in memory too. */
import { setTimeout as delay } from 'node:timers/promises'
import {
  type AccountRecord,
  type BlockRecord,
  Closed,
  type Engine,
  EngineFault,
  type Listener,
  type NewRoom,
  type Range,
  type RoomChange,
  type RoomRecord,
  Unavailable,
} from '../engine.ts'
import type { Draft, Event, LogName } from '../event.ts'
import { unfinished } from '../moving.ts'
import { readLog, type Store } from '../reading.ts'
import type { MemoryLimits } from '../recent.ts'
import type { Retention, Watch } from '../watch.ts'
import { Appends } from './appends.ts'
import { Claims } from './claims.ts'
import type { Connection } from './connection.ts'
import { Feeds } from './feeds.ts'
import { Health } from './health.ts'
import { Keys } from './keys.ts'
import { Link } from './link.ts'
import { Nodes, type Timing } from './nodes.ts'
import { Notes } from './notes.ts'
import { People } from './people.ts'
import { RoomTable } from './rooms.ts'
import { storeOf } from './store.ts'
import { Sweep } from './sweep.ts'
import type { Place } from './url.ts'

export interface RedisOptions {
  readonly place: Place
  /** What every key and channel begins with. */
  readonly prefix: string
  /** Line name of room 1. */
  readonly lobby: string
  readonly keep: Retention
  readonly memory: MemoryLimits
  readonly timing?: Timing
}

const TIMING: Timing = { lease: 5_000, renew: 1_500 }
/** How long stopping waits for what is under way. */
const STOP_MS = 5_000

export class RedisEngine implements Engine {
  readonly #options: RedisOptions
  readonly #watch: Watch
  readonly #keys: Keys
  readonly #link: Link
  readonly #health: Health
  readonly #nodes: Nodes
  readonly #feeds: Feeds
  readonly #appends: Appends
  readonly #claims: Claims
  readonly #rooms: RoomTable
  readonly #people: People
  readonly #notes: Notes
  readonly #sweep: Sweep
  readonly #store: Store
  readonly #roomWatchers = new Set<(room: number) => void>()
  /** Rooms that others have changed since the last turn. */
  readonly #changed = new Set<number>()
  #started = false
  /** Rooms that were closed while the connection was gone. */
  readonly #closedAway = new Set<number>()
  /** Of which history what Redis has is, see {@link RedisEngine.#historyOf}. */
  #history: string | undefined
  #lossTold = false
  /** Redis may have lost something, and what is known here is not put back yet. */
  #incomplete = false

  constructor(options: RedisOptions, watch: Watch) {
    this.#options = options
    this.#watch = watch
    const keys = new Keys(options.prefix)
    const timing = options.timing ?? TIMING
    // Whoever comes back to Redis first gives the others a lease's time to come back, too.
    const link = new Link(options.place, timing.lease / 2, {
      down: (reason) => this.#down(reason),
      failed: (reason) => this.#health.failed(reason),
      resume: (connection) => this.#resume(connection),
      up: () => this.#up(),
    })
    this.#keys = keys
    this.#link = link
    this.#health = new Health(options.place, watch)
    this.#nodes = new Nodes(keys, link, timing, this.#health)
    this.#feeds = new Feeds(keys, options.memory)
    this.#appends = new Appends(keys, link, this.#nodes, {
      floor: (log) => this.#feeds.get(log)?.seen ?? 0,
      committed: (log, prev, events) => this.#feeds.committed(log, prev, events),
      measured: (events, ms) => watch.measured?.(events, ms),
      refused: (reason) => void this.#refused(reason),
    })
    this.#feeds.appends = this.#appends
    this.#claims = new Claims(keys, link, this.#nodes, this.#feeds)
    this.#rooms = new RoomTable(
      keys,
      link,
      () => this.#nodes.id,
      (room) => this.#roomChanged(room),
    )
    this.#people = new People(keys, link)
    this.#notes = new Notes(keys, link)
    this.#sweep = new Sweep(keys, link, options.keep)
    this.#store = storeOf(keys, link)
  }

  /** Which node this is at the moment. */
  get node(): string {
    return this.#nodes.id
  }

  async start(): Promise<void> {
    try {
      await this.#link.start()
    } catch (error) {
      this.#nodes.stop()
      this.#link.stop()
      throw error
    }
    this.#started = true
    this.#sweep.start()
  }

  async stop(): Promise<void> {
    this.#sweep.stop()
    const end = performance.now() + STOP_MS
    while (this.#link.connection && !this.#appends.idle && performance.now() < end) await delay(1)
    const { connection } = this.#link
    // Where Redis is away, the others see to it.
    if (connection)
      await Promise.race([this.#nodes.leave(connection), delay(STOP_MS, undefined, { ref: false })]).catch(() => {})
    this.#nodes.stop()
    this.#link.stop()
    this.#appends.stop()
  }

  async ping(): Promise<void> {
    if (this.#health.trouble !== undefined) throw new Unavailable(this.#health.trouble)
    await this.#link.command(['PING'])
  }

  append(log: LogName, draft: Draft): Promise<Event> {
    const presence = draft.kind === 'joined' || draft.kind === 'left'
    // Before the event, in case that nothing comes after it.
    if (draft.kind === 'joined') void this.#people.see(draft.from).catch(() => {})
    const appended = this.#appends.append(log, draft)
    this.#sweep.note(log)
    if (!presence) return appended
    return appended.then(
      (event) => this.#moved(event),
      (error: unknown) => this.#notMoved(draft, error),
    )
  }

  read(log: LogName, range: Range): AsyncIterable<readonly Event[]> {
    const feed = this.#link.connection ? this.#feeds.get(log) : undefined
    return readLog(this.#store, log, range, feed?.recent)
  }

  follow(log: LogName, listener: Listener): () => void {
    return this.#feeds.follow(log, listener)
  }

  claim(room: number, nickname: string): Promise<boolean> {
    return this.#claims.claim(room, nickname)
  }

  async release(room: number, nickname: string): Promise<void> {
    this.#claims.release(room, nickname)
    this.#roomChanged(room)
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
    this.#closed(id)
    return removed
  }

  watchRooms(listener: (room: number) => void): () => void {
    this.#roomWatchers.add(listener)
    return () => this.#roomWatchers.delete(listener)
  }

  createAccount(name: string, hash: string): Promise<boolean> {
    return this.#people.createAccount(name, hash)
  }

  findAccount(name: string): Promise<AccountRecord | undefined> {
    return this.#people.findAccount(name)
  }

  keepBlock(owner: string, name: string): Promise<void> {
    return this.#people.keepBlock(owner, name)
  }

  dropBlock(owner: string, name: string): Promise<void> {
    return this.#people.dropBlock(owner, name)
  }

  blocksWith(name: string): Promise<readonly BlockRecord[]> {
    return this.#people.blocksWith(name)
  }

  findName(name: string): Promise<string | undefined> {
    return this.#people.findName(name)
  }

  names(limit: number): Promise<readonly string[]> {
    return this.#people.names(limit)
  }

  remember(key: string, text: string, until?: number): Promise<void> {
    return this.#notes.remember(key, text, until)
  }

  rememberFirst(key: string, text: string, until?: number): Promise<string> {
    return this.#notes.rememberFirst(key, text, until)
  }

  recall(key: string): Promise<string | undefined> {
    return this.#notes.recall(key)
  }

  forget(key: string): Promise<void> {
    return this.#notes.forget(key)
  }

  /** Takes up where the last connection ended. Channels first: what is told from now on is not missed. */
  async #resume(connection: Connection): Promise<void> {
    if (!this.#started) await this.#refuseUnfinished(connection)
    if (connection.warning !== undefined) this.#health.warn(connection.warning)
    await connection.subscribe([this.#keys.control], (text) => this.#told(text))
    await this.#feeds.subscribe(connection)
    const { lost, reborn } = await this.#nodes.join(connection)
    if (reborn) this.#claims.forget()
    if (lost) this.#noticeLoss()
    const history = await this.#historyOf(connection)
    if (history === undefined || history !== this.#history) this.#doubt()
    this.#history = history
    await this.#appends.settle(connection)
    await this.#loadRooms(connection)
    await this.#claims.releasePending(connection)
    const doubted = this.#incomplete
    if (doubted && (await this.#claims.restore(connection))) this.#tellLoss()
    await this.#feeds.read(connection, () => {
      if (!this.#incomplete) this.#doubt()
      this.#tellLoss()
    })
    // Only a log has told: what else is missing is put back all the same.
    if (this.#incomplete && !doubted) await this.#claims.restore(connection)
    this.#incomplete = false
    this.#lossTold = false
  }

  async #loadRooms(connection: Connection): Promise<void> {
    const { lost, closed } = await this.#rooms.load(connection, this.#options.lobby)
    if (lost) this.#noticeLoss()
    for (const id of closed) {
      this.#closed(id)
      this.#closedAway.add(id)
    }
  }

  /**
   * What Redis draws anew when it starts and when a replica takes over, which are the times when it may lose something. Each
   * node sees it for itself, whatever others have found, mended or written meanwhile. Undefined where it is not told.
   */
  async #historyOf(connection: Connection): Promise<string | undefined> {
    const about = String(await connection.command(['INFO', 'replication']))
    return /^master_replid:(\w+)/m.exec(about)?.[1]
  }

  async #refuseUnfinished(connection: Connection): Promise<void> {
    const from = await connection.command(['GET', this.#keys.migration])
    if (typeof from === 'string') throw new EngineFault(unfinished(`Redis at ${this.#options.place.shown}`, from))
  }

  #noticeLoss(): void {
    this.#doubt()
    this.#tellLoss()
  }

  /** What this node holds may not be in Redis any more. */
  #doubt(): void {
    this.#incomplete = true
    this.#claims.doubt()
  }

  #tellLoss(): void {
    if (this.#lossTold) return
    this.#lossTold = true
    this.#watch.lost?.(`Redis at ${this.#options.place.shown} has lost what it had confirmed`)
  }

  #up(): void {
    if (!this.#started) return
    this.#health.recovered()
    // Nobody knows what was missed.
    for (const id of [...this.#rooms.ids(), ...this.#closedAway]) this.#roomChanged(id)
    this.#closedAway.clear()
  }

  #down(reason: string): void {
    this.#feeds.down()
    this.#rooms.down()
    this.#people.down()
    this.#appends.down(reason)
    this.#health.failed(reason)
  }

  /** A commit: does Redis refuse every write? */
  async #refused(reason: string): Promise<void> {
    if (this.#health.trouble === undefined) await this.#nodes.renew()
    if (this.#health.trouble === undefined) this.#health.warn(reason)
  }

  /** Somebody of this node has come or gone. */
  #moved(event: Event): Event {
    this.#claims.note(event)
    this.#roomChanged(event.room)
    return event
  }

  async #notMoved({ kind, room }: Draft, error: unknown): Promise<never> {
    // What nobody gets into does not stay listed.
    if (kind === 'joined' && error instanceof Closed) await this.#remove(room).catch(() => {})
    throw error
  }

  /** A node tells what may be known wrongly elsewhere. */
  #told(text: string): void {
    // Only the scripts write here.
    const [what, node, about = '', more = ''] = JSON.parse(text) as string[]
    switch (what) {
      case 'room':
        if (node !== this.#nodes.id) this.#changedElsewhere(Number(about))
        return
      case 'record':
        this.#rooms.learn(about)
        return
      case 'dropped':
        this.#rooms.hear(Number(more))
        this.#closed(Number(about))
        return
      case 'trimmed':
        this.#feeds.get(about as LogName)?.trim(Number(more))
    }
  }

  #closed(room: number): void {
    this.#claims.closed(room)
    this.#nodes.closed(`room:${room}`)
    this.#rooms.drop(room)
  }

  /** Many who come at once are told of once. */
  #changedElsewhere(room: number): void {
    if (this.#changed.size === 0) {
      setImmediate(() => {
        const changed = [...this.#changed]
        this.#changed.clear()
        for (const id of changed) this.#roomChanged(id)
      })
    }
    this.#changed.add(room)
  }

  #roomChanged(room: number): void {
    for (const listener of [...this.#roomWatchers]) listener(room)
  }
}
