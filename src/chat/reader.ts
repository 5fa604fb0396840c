import type { Engine, Extent, Range, SearchPage, WordSearch } from '../engine/engine.ts'
import type { Event, LogName } from '../engine/event.ts'
import { nextRound } from '../tick.ts'
import { FairQueue } from './fair-queue.ts'
import { refuse } from './refusal.ts'
import { type Asker, ROUND_MS } from './work-turns.ts'

/** Maximum pages that are read at the same time: a commit waits for no more than these. */
const RUNNING = 2
/** Maximum queued pages, per address and in total. */
const WAITING_PER_ADDRESS = 2_048
const WAITING = 16_384

/** Events that {@link Reader.newest} reads at once. */
const STEP = 256
/** Events that {@link Reader.newest} looks at: at least, for each that is wanted, and at most. */
const MIN_DEPTH = 1_024
const DEPTH = 4
const MAX_DEPTH = 4_096

/** Events that {@link Reader.search} looks at, at most and in its first attempts. */
const SEARCH = 10_000
const ATTEMPTS = [256, 2_048]

export interface Search {
  /** The wanted events, oldest first. */
  readonly pages: AsyncIterable<Event[]>
  /** Set when the search has ended early: the id of the oldest event that it has looked at. */
  readonly before?: number
}

/** Reads logs for clients: a page at a time, addresses in turn, nothing for clients that are gone. */
export class Reader {
  readonly #engine: Engine
  readonly #queue = new FairQueue({
    running: RUNNING,
    waitingPerAddress: WAITING_PER_ADDRESS,
    waiting: WAITING,
    isDrawn: true,
  })
  /** Time at which the first page of this round was read; undefined before. */
  #roundSince: number | undefined

  constructor(engine: Engine) {
    this.#engine = engine
  }

  /** The bounds of a log. @throws Refusal `unavailable`. */
  extent(log: LogName, { address }: Asker): Promise<Extent> {
    return this.#queue.run(address, () => this.#engine.logs.extent(log)).catch(refuse)
  }

  /**
   * The events of a range in pages of bounded size, oldest first, see {@link EngineLogs.read}. The next page is read when it is asked for.
   *
   * @throws Refusal `history-gone` before the first page, `unavailable`.
   */
  pages(log: LogName, range: Range, asker: Asker): AsyncGenerator<Event[]> {
    return this.#inTurns(this.#engine.logs.read(log, range), asker)
  }

  /** The events of {@link pages} that are visible. @throws Refusal as that does. */
  async *visible(
    log: LogName,
    range: Range,
    visible: (event: Event) => boolean,
    asker: Asker,
  ): AsyncGenerator<Event[]> {
    for await (const page of this.pages(log, range, asker)) yield page.splice(0).filter(visible)
  }

  /** The messages of a log that have all words of a search, newest first, in pages of bounded size. @throws Refusal `unavailable`. */
  withWords(log: LogName, search: WordSearch, asker: Asker): AsyncGenerator<SearchPage> {
    return this.#inTurns(this.#engine.logs.search(log, search), asker)
  }

  async *#inTurns<T>(all: AsyncIterable<T>, asker: Asker): AsyncGenerator<T> {
    const pages = all[Symbol.asyncIterator]()
    while (!asker.closed) {
      const page = await this.#queue.run(asker.address, () => this.#nextPage(pages)).catch(refuse)
      if (page.done) return
      yield page.value
    }
  }

  /** Reads a page. Waits for another round of the event loop where pages, and what is made of them, have taken long in this one. */
  async #nextPage<T>(pages: AsyncIterator<T>): Promise<IteratorResult<T>> {
    const page = await pages.next()
    if (page.done) return page
    const now = performance.now()
    if (this.#roundSince === undefined) {
      this.#roundSince = now
      void nextRound().then(() => {
        this.#roundSince = undefined
      })
    } else if (now - this.#roundSince >= ROUND_MS) await nextRound()
    return page
  }

  /**
   * Finds the newest `range.limit` wanted events of a range, or all of them, among its newest 10,000 events. The log is read twice, so
   * that no more than a page is held.
   *
   * @throws Refusal `history-gone`, `unavailable`.
   */
  async search(log: LogName, range: Range, wanted: (event: Event) => boolean, asker: Asker): Promise<Search> {
    const { limit = Number.POSITIVE_INFINITY } = range
    let within = range
    for (const depth of limit < SEARCH ? [...ATTEMPTS, SEARCH] : [SEARCH]) {
      within = { ...within, limit: depth }
      const { events, found, first, last } = await this.#survey(log, within, wanted, asker)
      // Excludes what is committed from now on.
      within = { ...within, limit: events, before: last + 1 }
      const isWhole = events < depth || found >= limit
      if (!isWhole && depth < SEARCH) continue
      const pages = this.#wanted(log, within, wanted, Math.max(0, found - limit), asker)
      return isWhole ? { pages } : { pages, before: first }
    }
    throw new Error('unreachable: the last attempt returns')
  }

  async #survey(log: LogName, range: Range, wanted: (event: Event) => boolean, asker: Asker) {
    let [events, found, first, last] = [0, 0, 0, 0]
    for await (const page of this.pages(log, range, asker)) {
      events += page.length
      first ||= page[0]?.id ?? 0
      last = page.at(-1)?.id ?? last
      found += page.splice(0).filter(wanted).length
    }
    return { events, found, first, last }
  }

  /** Yields the wanted events of a range without the first `skip`. */
  async *#wanted(log: LogName, range: Range, wanted: (event: Event) => boolean, skip: number, asker: Asker) {
    if (range.limit === 0) return
    let left = skip
    for await (const page of this.pages(log, range, asker)) {
      const found = page.splice(0).filter(wanted)
      left -= found.splice(0, left).length
      if (found.length > 0) yield found
    }
  }

  /**
   * The newest `limit` events of a log that are wanted, oldest first. They are searched for among the newest 4 * `limit`
   * events of the log: at least 1,024, and at most 4,096 or `limit`.
   *
   * @throws Refusal `unavailable`.
   */
  async newest(log: LogName, limit: number, wanted: (event: Event) => boolean, asker: Asker): Promise<Event[]> {
    const depth = Math.max(limit, MIN_DEPTH, Math.min(DEPTH * limit, MAX_DEPTH))
    if (limit === 0) return []
    let found: Event[] = []
    let before: number | undefined
    for (let searched = 0; searched < depth && found.length < limit; ) {
      const step = Math.min(STEP, depth - searched)
      const older: Event[] = []
      const range = { limit: step, ...(before !== undefined && { before }) }
      let count = 0
      let first: number | undefined
      for await (const page of this.pages(log, range, asker)) {
        count += page.length
        first ??= page[0]?.id
        older.push(...page.splice(0).filter(wanted))
      }
      found = [...older, ...found]
      before = first
      searched += step
      if (count < step) break
    }
    return found.slice(-limit)
  }
}
