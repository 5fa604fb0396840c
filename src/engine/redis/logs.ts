import type { EngineLogs, Extent, Listener, Range, SearchPage, StatePart, StateUser, WordSearch } from '../engine.ts'
import { Closed } from '../errors.ts'
import type { Draft, Event, LogName } from '../event.ts'
import { extentOf, type LogStore, readLog } from '../reading.ts'
import type { Recent } from '../recent.ts'
import { searchLog } from '../searching.ts'
import type { EngineParts } from './parts.ts'
import { RedisRoomStates } from './room-states.ts'
import { storeOf } from './store.ts'

/** The logs: all events in Redis, the newest ones of followed logs in memory too. */
export class RedisLogs implements EngineLogs {
  readonly #parts: EngineParts
  readonly #store: LogStore
  readonly #states: RedisRoomStates

  constructor(parts: EngineParts) {
    this.#parts = parts
    this.#store = storeOf(parts.keys, parts.link)
    this.#states = new RedisRoomStates(parts.keys, parts.link)
  }

  append(log: LogName, draft: Draft): Promise<Event> {
    this.#see(draft)
    const appended = this.#parts.logs.append(log, draft)
    this.#note(log, draft, appended)
    if (draft.kind !== 'joined') return appended
    return appended.catch(async (error: unknown) => {
      // The node that closed the room may have died before it removed the record.
      if (error instanceof Closed) await this.#parts.rooms.remove(draft.room).catch(() => {})
      throw error
    })
  }

  appendAll(log: LogName, drafts: readonly Draft[]): readonly Promise<Event>[] {
    for (const draft of drafts) this.#see(draft)
    const appended = this.#parts.logs.appendAll(log, drafts)
    for (const [place, draft] of drafts.entries()) this.#note(log, draft, appended[place])
    return appended
  }

  read(log: LogName, range: Range): AsyncIterable<Event[]> {
    return readLog(this.#store, log, range, this.#recentOf(log))
  }

  extent(log: LogName): Promise<Extent> {
    return extentOf(this.#store, log)
  }

  search(log: LogName, search: WordSearch): AsyncIterable<SearchPage> {
    return searchLog(this.#store, log, search, this.#recentOf(log))
  }

  state(room: number): AsyncIterable<readonly Event[]> {
    return this.#states.of(room)
  }

  stateFor(room: number, user: StateUser): Promise<StatePart> {
    return this.#states.for(room, user)
  }

  stateOfKey(room: number, key: string): Promise<Event | undefined> {
    return this.#states.ofKey(room, key)
  }

  async withNonce(log: LogName, from: string, nonce: string): Promise<number | undefined> {
    const { keys, link } = this.#parts
    const id = await link.call(keys.nonce(log, from, nonce), 'GET')
    return id === null ? undefined : Number(id)
  }

  async clear(log: LogName): Promise<void> {
    const { keys, link, logs } = this.#parts
    await link.eval('clear', keys.ofLog(log, ''), [keys.control, log])
    logs.get(log)?.trim(Number.MAX_SAFE_INTEGER)
  }

  follow(log: LogName, listener: Listener): () => void {
    return this.#parts.logs.follow(log, listener)
  }

  #recentOf(log: LogName): Recent | undefined {
    const { link, logs } = this.#parts
    return link.connection && logs.get(log)?.recent
  }

  /** Stores the name of a `joined`, before the event, so that a crash in between loses no name. */
  #see({ kind, from }: Draft): void {
    if (kind === 'joined') void this.#parts.records.see(from).catch(() => {})
  }

  /** Takes note of an event that is being appended. */
  #note(log: LogName, draft: Draft, appended: Promise<Event> | undefined): void {
    const { kind, room } = draft
    const { rooms, sweep } = this.#parts
    sweep.note(log, draft)
    if (kind === 'message') rooms.said(room)
    if (kind === 'joined' || kind === 'left')
      void appended?.then(
        () => rooms.changed(room),
        () => {},
      )
  }
}
