/** The engine of a single process: names and the newest events in memory, everything in SQLite. */
import { ClockWatch } from '../clock.ts'
import {
  type ClaimOptions,
  Closed,
  type Engine,
  EngineFault,
  type Listener,
  type Member,
  type NewRoom,
  type Range,
  type RoomChange,
  type RoomRecord,
  Taken,
  Unavailable,
} from '../engine.ts'
import type { Draft, Event, LogName } from '../event.ts'
import { Records } from '../kept-records.ts'
import { readLog } from '../reading.ts'
import { type MemoryLimits, Recent, RecentTotal } from '../recent.ts'
import type { Trouble, Watch } from '../watch.ts'
import { Commits } from './commits.ts'
import type { StoreOptions } from './messages.ts'
import { LocalRecords } from './records.ts'
import { Rooms } from './rooms.ts'
import { StoreThread } from './thread.ts'

export interface LocalOptions extends StoreOptions {
  readonly memory: MemoryLimits
}

/** A log with followers; only such logs are held in memory. */
interface Followed {
  /** Replaced, not changed, when a follower is added or removed. */
  listeners: readonly Listener[]
  /** Events since the first follower. */
  recent: Recent | undefined
}

export class LocalEngine implements Engine {
  readonly #options: LocalOptions
  readonly #watch: Watch
  readonly #followed = new Map<LogName, Followed>()
  readonly #recentTotal = new RecentTotal()
  readonly #rooms = new Rooms()
  readonly #roomWatchers = new Set<(room: number) => void>()
  readonly #records = new LocalRecords(() => this.#thread)
  readonly records = new Records(this.#records)
  /** Reasons why commits or reads fail at present. */
  readonly #troubles = new Map<Trouble, string>()
  #store: StoreThread | undefined
  readonly #commits: Commits

  constructor(options: LocalOptions, watch: Watch) {
    this.#options = options
    this.#watch = watch
    const clock = new ClockWatch((ms) => watch.clockWentBack?.(ms))
    this.#commits = new Commits({
      commit: (rows) => this.#thread.call('append', rows),
      committed: (log, event) => this.#committed(log, event),
      measured: (events, ms) => watch.measured?.(events, ms),
      timed: (event) => clock.committed(event),
    })
  }

  async start(): Promise<void> {
    const { thread, opened } = await StoreThread.open(this.#options, {
      trimmed: (log, upTo) => this.#followed.get(log)?.recent?.trim(upTo),
      died: (fault) => this.#watch.died(fault),
      trouble: (reason, what = 'commits') => {
        this.#troubles.set(what, reason)
        this.#watch.trouble(reason, what)
      },
      recovered: (what = 'commits') => {
        this.#troubles.delete(what)
        this.#watch.recovered(what)
      },
    })
    this.#store = thread
    for (const room of opened.rooms) this.#rooms.add(room)
    this.#records.learn(opened.records)
    // Users who were in a room at a crash have no `left` yet.
    const owed = opened.stranded.map(({ room, name }) => {
      return this.append(`room:${room}`, { kind: 'left', room, from: name, body: '' })
    })
    await Promise.all(owed).catch((error: Error) => {
      throw new EngineFault(`cannot write ${this.#options.file}: ${error.message}`, { cause: error })
    })
  }

  async stop(): Promise<void> {
    while (!this.#commits.idle) await new Promise((next) => setImmediate(next))
    await this.#store?.close()
  }

  get heldBytes(): number {
    return this.#recentTotal.bytes
  }

  trimMemory(): void {
    for (const { recent } of this.#followed.values()) recent?.halve()
  }

  async ping(): Promise<void> {
    const trouble = this.#troubles.get('commits') ?? this.#troubles.get('reads')
    if (trouble !== undefined) throw new Unavailable(trouble)
    await this.#thread.call('ping')
  }

  append(log: LogName, draft: Draft): Promise<Event> {
    if (!this.#store) return Promise.reject(new Unavailable('the engine is not started'))
    return this.#commits.append(log, draft)
  }

  read(log: LogName, range: Range): AsyncIterable<readonly Event[]> {
    return readLog(this.#thread.reading, log, range, this.#followed.get(log)?.recent)
  }

  async clear(log: LogName): Promise<void> {
    for (;;) {
      const upTo = await this.#thread.call('clear', log)
      if (upTo === undefined) return
      this.#followed.get(log)?.recent?.trim(upTo)
    }
  }

  follow(log: LogName, listener: Listener): () => void {
    const followed = this.#followed.get(log) ?? { listeners: [], recent: undefined }
    this.#followed.set(log, followed)
    followed.listeners = [...followed.listeners, listener]
    return () => {
      followed.listeners = followed.listeners.filter((other) => other !== listener)
      if (followed.listeners.length > 0 || this.#followed.get(log) !== followed) return
      this.#followed.delete(log)
      followed.recent?.clear()
    }
  }

  async claim(room: number, nickname: string, { carriesPrivate = true }: ClaimOptions = {}): Promise<boolean> {
    return this.#rooms.claim(room, nickname, carriesPrivate)
  }

  async share(): Promise<void> {
    // There is no other node.
  }

  async release(room: number, nickname: string): Promise<void> {
    this.#rooms.release(room, nickname)
    this.#roomChanged(room)
  }

  holds(room: number, nickname: string): boolean {
    return this.#rooms.member(room, nickname) !== undefined
  }

  async member(room: number, nickname: string): Promise<Member | undefined> {
    return this.#rooms.member(room, nickname)
  }

  async members(room: number): Promise<readonly string[]> {
    return this.#rooms.members(room)
  }

  async memberCounts(): Promise<ReadonlyMap<number, number>> {
    return this.#rooms.memberCounts()
  }

  async heldIn(nickname: string): Promise<readonly number[]> {
    return this.#rooms.heldIn(nickname)
  }

  async findRoom(which: number | string): Promise<RoomRecord | undefined> {
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

  watchRooms(listener: (room: number) => void): () => void {
    this.#roomWatchers.add(listener)
    return () => this.#roomWatchers.delete(listener)
  }

  async createRoom(room: NewRoom): Promise<RoomRecord> {
    const made = await this.#thread.call('createRoom', room)
    if (!made) throw new Taken(room.title)
    this.#rooms.add(made)
    this.#roomChanged(made.id)
    return made
  }

  async changeRoom(id: number, change: RoomChange): Promise<RoomRecord | undefined> {
    const changed = await this.#thread.call('changeRoom', id, change)
    if (changed === false) throw new Taken(change.title)
    if (changed) {
      this.#rooms.add(changed)
      this.#roomChanged(id)
    }
    return changed
  }

  async closeRoom(id: number): Promise<boolean> {
    if (!this.#rooms.find(id)) return false
    return this.append(`room:${id}`, { kind: 'closed', room: id, from: '', body: '' }).then(
      () => true,
      (error) => {
        if (error instanceof Closed) return false
        throw error
      },
    )
  }

  /** Does nothing: there is no other node. */
  signal(): void {}

  heedSignals(): void {}

  #committed(log: LogName, event: Event): void {
    if (event.kind === 'closed') this.#rooms.remove(event.room)
    const followed = this.#followed.get(log)
    if (followed) {
      followed.recent ??= new Recent(this.#options.memory, this.#recentTotal)
      followed.recent.push(event)
      for (const listener of followed.listeners) listener(event)
    }
    if (event.kind === 'joined' || event.kind === 'closed') this.#roomChanged(event.room)
  }

  #roomChanged(room: number): void {
    for (const listener of this.#roomWatchers) listener(room)
  }

  get #thread(): StoreThread {
    if (!this.#store) throw new Unavailable('the engine is not started')
    return this.#store
  }
}
