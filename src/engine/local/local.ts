/** The engine of a single process: names and the newest events in memory, everything in SQLite. */
import { atTurnEnd, commitUnderWay } from '../../turn.ts'
import {
  type AccountRecord,
  type BlockRecord,
  type Engine,
  EngineFault,
  Gone,
  type Listener,
  type NewRoom,
  type Range,
  type RoomRecord,
  Taken,
  Unavailable,
} from '../engine.ts'
import { type Draft, type Event, idAt, type LogName, lastIdAt, timeOf } from '../event.ts'
import { fold } from '../fold.ts'
import type { Row, StoreOptions } from './messages.ts'
import { type MemoryLimits, Recent } from './recent.ts'
import { Rooms } from './rooms.ts'
import { StoreThread } from './thread.ts'

/**
 * Bytes of one transaction, roughly as they will be on a wire, an event counted as so many beside its text. Followers get a
 * transaction's events in one piece, so this bounds what a reader that keeps up is ever sent at once, however much is said.
 */
const BATCH = 196_608
const EVENT = 128
const ASCII = /^[\0-\x7f]*$/
/** A character beyond ASCII may leave as `\uXXXX`. */
const DEAR = 6

/** Events read from the store at a time. */
const PAGE = 256
/** Events the store steps over at a time on its way to the newest n. */
const STRIDE = 4096

export interface LocalOptions extends StoreOptions {
  readonly memory: MemoryLimits
}

/** What the engine tells whoever runs it. */
export interface Watch {
  /** Commits fail, and why; once, until they work again. */
  trouble(reason: string): void
  recovered(): void
  /** Nothing will work any more. */
  died(fault: EngineFault): void
}

interface Waiting {
  readonly log: LogName
  readonly draft: Draft
  resolve(event: Event): void
  reject(error: Error): void
}

/** A log that somebody follows: only those are kept in memory. */
interface Followed {
  /** Replaced, not changed, when somebody comes or goes. */
  listeners: readonly Listener[]
  /** What has come since it is followed. */
  recent: Recent | undefined
}

export class LocalEngine implements Engine {
  readonly #options: LocalOptions
  readonly #watch: Watch
  readonly #followed = new Map<LogName, Followed>()
  readonly #rooms = new Rooms()
  readonly #roomWatchers = new Set<(room: number) => void>()
  /** Folded. The rest of an account is asked from the store when it is needed. */
  readonly #accounts = new Set<string>()
  #anyBlock = false
  #store: StoreThread | undefined
  #queue: Waiting[] = []
  #committing = false
  #scheduled = false
  #troubled = false

  constructor(options: LocalOptions, watch: Watch) {
    this.#options = options
    this.#watch = watch
  }

  async start(): Promise<void> {
    const { thread, opened } = await StoreThread.open(this.#options, {
      trimmed: ({ log, upTo }) => this.#followed.get(log)?.recent?.trim(upTo),
      died: (fault) => this.#watch.died(fault),
    })
    this.#store = thread
    for (const room of opened.rooms) this.#rooms.add(room)
    for (const key of opened.accounts) this.#accounts.add(key)
    this.#anyBlock = opened.anyBlock
    // A crash owes a "left" to everybody who was in a room.
    const owed = opened.stranded.map(({ room, name }) => {
      return this.append(`room:${room}`, { kind: 'left', room, from: name, body: '' })
    })
    await Promise.all(owed).catch((error: Error) => {
      throw new EngineFault(`cannot write ${this.#options.file}: ${error.message}`, { cause: error })
    })
  }

  async stop(): Promise<void> {
    while (this.#committing || this.#queue.length > 0) await new Promise((next) => setImmediate(next))
    await this.#store?.close()
  }

  async ping(): Promise<void> {
    await this.#thread.ask({ op: 'ping' })
  }

  append(log: LogName, draft: Draft): Promise<Event> {
    if (!this.#store) return Promise.reject(new Unavailable('the engine is not started'))
    return new Promise((resolve, reject) => {
      this.#queue.push({ log, draft, resolve, reject })
      this.#schedule()
    })
  }

  async *read(log: LogName, range: Range): AsyncGenerator<readonly Event[]> {
    const recent = this.#followed.get(log)?.recent
    // What is committed from here on is not part of the answer.
    const newest = recent?.last || ((await this.#thread.ask({ op: 'bounds', log }))?.last ?? 0)
    const to = Math.min(range.to === undefined ? newest : lastIdAt(range.to), newest)
    let from = range.from === undefined ? 0 : idAt(range.from)
    if (range.after !== undefined) {
      await this.#checkNothingMissing(log, range.after, recent)
      from = Math.max(from, range.after + 1)
    }

    const held = recent?.slice(from, to, range.limit)
    if (recent && held && (from >= recent.first || held.length === range.limit)) {
      for (let start = 0; start < held.length; start += PAGE) yield held.slice(start, start + PAGE)
      return
    }
    if (range.limit !== undefined) from = await this.#back(log, from, to, range.limit)
    for (;;) {
      const page = await this.#thread.ask({ op: 'page', log, from, to, limit: PAGE })
      if (page.length > 0) yield page
      const last = page.at(-1)
      if (last === undefined || page.length < PAGE) return
      from = last.id + 1
    }
  }

  follow(log: LogName, listener: Listener): () => void {
    const followed = this.#followed.get(log) ?? { listeners: [], recent: undefined }
    this.#followed.set(log, followed)
    followed.listeners = [...followed.listeners, listener]
    return () => {
      followed.listeners = followed.listeners.filter((other) => other !== listener)
      if (followed.listeners.length === 0 && this.#followed.get(log) === followed) this.#followed.delete(log)
    }
  }

  async claim(room: number, nickname: string): Promise<boolean> {
    return this.#rooms.claim(room, nickname)
  }

  async release(room: number, nickname: string): Promise<void> {
    this.#rooms.release(room, nickname)
    this.#roomChanged(room)
  }

  async members(room: number): Promise<readonly string[]> {
    return this.#rooms.members(room)
  }

  async memberCount(room: number): Promise<number> {
    return this.#rooms.memberCount(room)
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

  watchRooms(listener: (room: number) => void): () => void {
    this.#roomWatchers.add(listener)
    return () => this.#roomWatchers.delete(listener)
  }

  async createRoom(room: NewRoom): Promise<RoomRecord> {
    const made = await this.#thread.ask({ op: 'createRoom', room })
    if (!made) throw new Taken(room.title)
    this.#rooms.add(made)
    this.#roomChanged(made.id)
    return made
  }

  async createAccount(name: string, hash: string): Promise<boolean> {
    const made = await this.#thread.ask({ op: 'createAccount', account: { name, hash } })
    this.#accounts.add(fold(name))
    return made
  }

  async findAccount(name: string): Promise<AccountRecord | undefined> {
    return this.#accounts.has(fold(name)) ? this.#thread.ask({ op: 'findAccount', name }) : undefined
  }

  async keepBlock(owner: string, name: string): Promise<void> {
    this.#anyBlock = true
    await this.#thread.ask({ op: 'keepBlock', owner, name })
  }

  async dropBlock(owner: string, name: string): Promise<void> {
    await this.#thread.ask({ op: 'dropBlock', owner, name })
  }

  async blocksWith(name: string): Promise<readonly BlockRecord[]> {
    return this.#anyBlock ? this.#thread.ask({ op: 'blocksWith', name }) : []
  }

  async findName(name: string): Promise<string | undefined> {
    return this.#thread.ask({ op: 'findName', name })
  }

  async names(limit: number): Promise<readonly string[]> {
    return this.#thread.ask({ op: 'names', limit })
  }

  /** Called at the end of the turn: sends all that the turn has appended as one transaction. */
  commit(): void {
    this.#scheduled = false
    if (this.#committing || this.#queue.length === 0) return
    this.#committing = true
    const { batch, size } = this.#nextBatch()
    const rows = batch.map(({ log, draft }): Row => {
      return [log, draft.kind, draft.room, draft.from, draft.to ?? null, draft.body, draft.sent ?? null]
    })
    const done = commitUnderWay(batch.length, size)
    const answer = this.#thread.ask({ op: 'commit', rows }).then(
      (ids) => this.#committed(batch, ids),
      (error: Error) => this.#refused(batch, error),
    )
    void answer.finally(done)
  }

  /** Takes the oldest of what waits, at least one. */
  #nextBatch(): { batch: Waiting[]; size: number } {
    let count = 0
    let size = 0
    for (const { draft } of this.#queue) {
      const more = EVENT + sizeOf(draft.body)
      if (count > 0 && size + more > BATCH) break
      size += more
      count++
    }
    return { batch: this.#queue.splice(0, count), size }
  }

  #committed(batch: readonly Waiting[], ids: readonly number[]): void {
    for (let index = 0; index < batch.length; index++) {
      const waiting = batch[index]
      const id = ids[index]
      if (!waiting || id === undefined) throw new Error('the store has not numbered every event')
      const { log, draft, resolve } = waiting
      const event = eventOf(id, draft)
      const followed = this.#followed.get(log)
      if (followed) {
        followed.recent ??= new Recent(this.#options.memory)
        followed.recent.push(event)
        for (const listener of followed.listeners) listener(event)
      }
      if (event.kind === 'joined') this.#roomChanged(event.room)
      resolve(event)
    }
    if (this.#troubled) {
      this.#troubled = false
      this.#watch.recovered()
    }
    this.#next()
  }

  #refused(batch: readonly Waiting[], error: Error): void {
    if (!this.#troubled) {
      this.#troubled = true
      this.#watch.trouble(error.message)
    }
    for (const { reject } of batch) reject(new Unavailable(error.message))
    this.#next()
  }

  #next(): void {
    this.#committing = false
    this.#schedule()
  }

  #schedule(): void {
    if (this.#scheduled || this.#committing || this.#queue.length === 0) return
    this.#scheduled = true
    atTurnEnd('commit', this)
  }

  #roomChanged(room: number): void {
    for (const listener of this.#roomWatchers) listener(room)
  }

  /** The id at which the newest `limit` events of a range begin. */
  async #back(log: LogName, from: number, to: number, limit: number): Promise<number> {
    let end = to
    for (let left = limit; left > 0; left -= STRIDE) {
      const skip = Math.min(left, STRIDE) - 1
      const id = await this.#thread.ask({ op: 'back', log, from, to: end, skip })
      if (id === undefined) return from
      end = id - 1
    }
    return end + 1
  }

  async #checkNothingMissing(log: LogName, after: number, recent: Recent | undefined): Promise<void> {
    if (recent && recent.first <= after && after <= recent.last) return
    const bounds = await this.#thread.ask({ op: 'bounds', log })
    if (!bounds || after < bounds.start || after > bounds.last) throw new Gone(String(after))
  }

  get #thread(): StoreThread {
    if (!this.#store) throw new Unavailable('the engine is not started')
    return this.#store
  }
}

/** Written out, and not spread: this is done for every line that is said. */
function eventOf(id: number, { kind, room, from, to, body, sent }: Draft): Event {
  const event = { id, at: timeOf(id), kind, room, from, body }
  if (to === undefined && sent === undefined) return event
  return { ...event, ...(to !== undefined && { to }), ...(sent !== undefined && { sent }) }
}

function sizeOf(text: string): number {
  return ASCII.test(text) ? text.length : text.length * DEAR
}
