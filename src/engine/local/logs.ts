import { nextRound } from '../../tick.ts'
import type { EngineLogs, Extent, Listener, Range, SearchPage, StatePart, StateUser, WordSearch } from '../engine.ts'
import type { Draft, Event, LogName } from '../event.ts'
import type { EngineObserver } from '../observer.ts'
import { extentOf, readLog } from '../reading.ts'
import { type MemoryLimits, Recent, RecentTotal } from '../recent.ts'
import { searchLog } from '../searching.ts'
import { Commits } from './commits.ts'
import { type StatePage, stateFrom } from './room-state-table.ts'
import type { StoreThread } from './thread.ts'

/** A log with followers; only such logs are held in memory. */
interface FollowedLog {
  /** Replaced, not changed, when a follower is added or removed. */
  listeners: readonly Listener[]
  /** Events since the first follower. */
  recent: Recent | undefined
}

/** Callbacks for committed events. */
interface LocalLogEvents {
  /** Called with a room that is closed, before followers get the `closed`. */
  closed(room: number): void
  /** Called with the room of a `joined` or `closed`, after followers have it. */
  changed(room: number): void
}

/** The logs: all events in the store, the newest ones of followed logs in memory too. */
export class LocalLogs implements EngineLogs {
  readonly total = new RecentTotal()
  readonly #store: StoreThread
  readonly #limits: MemoryLimits
  readonly #on: LocalLogEvents
  readonly #followed = new Map<LogName, FollowedLog>()
  readonly #commits: Commits

  constructor(store: StoreThread, limits: MemoryLimits, observer: EngineObserver, on: LocalLogEvents) {
    this.#store = store
    this.#limits = limits
    this.#on = on
    this.#commits = new Commits((rows) => store.call('appender.append', rows), this.#deliver, observer)
  }

  append(log: LogName, draft: Draft): Promise<Event> {
    return this.#commits.append(log, draft)
  }

  appendAll(log: LogName, drafts: readonly Draft[]): readonly Promise<Event>[] {
    return drafts.map((draft, place) => this.#commits.append(log, draft, place === 0 ? drafts.length - 1 : 0))
  }

  read(log: LogName, range: Range): AsyncIterable<Event[]> {
    return readLog(this.#store.reading, log, range, this.#followed.get(log)?.recent)
  }

  extent(log: LogName): Promise<Extent> {
    return extentOf(this.#store.reading, log)
  }

  search(log: LogName, search: WordSearch): AsyncIterable<SearchPage> {
    const { reading, index } = this.#store
    return searchLog(reading, log, search, this.#followed.get(log)?.recent, index)
  }

  async *state(room: number): AsyncGenerator<readonly Event[]> {
    for (let after: string | undefined = ''; after !== undefined; ) {
      const { text, last }: StatePage = await this.#store.call('states.page', room, after)
      yield stateFrom(text)
      after = last
    }
  }

  async stateFor(room: number, { key, addressDigest = '' }: StateUser): Promise<StatePart> {
    const { isWhole, texts } = await this.#store.call('states.part', room, key, addressDigest)
    return { isWhole, pages: statesFrom(texts) }
  }

  async stateOfKey(room: number, key: string): Promise<Event | undefined> {
    return stateFrom(await this.#store.call('states.textOf', room, key))[0]
  }

  async withNonce(log: LogName, from: string, nonce: string): Promise<number | undefined> {
    return (await this.#store.call('appender.idWithNonce', log, nonce, from, Date.now())) || undefined
  }

  async clear(log: LogName): Promise<void> {
    for (;;) {
      const upTo = await this.#store.call('trimmer.clear', log)
      if (upTo === undefined) return
      this.trimmed(log, upTo)
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

  /** Resolves when every append has been answered. */
  async idle(): Promise<void> {
    while (!this.#commits.idle) await nextRound()
  }

  /** Drops the older half of each log's events in memory. */
  trimMemory(): void {
    for (const { recent } of this.#followed.values()) recent?.halve()
  }

  /** Drops the events of a log in memory up to an id. */
  trimmed(log: LogName, upTo: number): void {
    this.#followed.get(log)?.recent?.trim(upTo)
  }

  readonly #deliver = (log: LogName, event: Event): void => {
    if (event.kind === 'closed') this.#on.closed(event.room)
    const followed = this.#followed.get(log)
    if (followed) {
      followed.recent ??= new Recent(this.#limits, this.total)
      followed.recent.push(event)
      for (const listener of followed.listeners) listener(event)
    }
    if (event.kind === 'joined' || event.kind === 'closed') this.#on.changed(event.room)
  }
}

/** Parses a text in each round of the event loop. */
async function* statesFrom(texts: readonly string[]): AsyncGenerator<readonly Event[]> {
  for (const [place, text] of texts.entries()) {
    if (place > 0) await nextRound()
    yield stateFrom(text)
  }
}
