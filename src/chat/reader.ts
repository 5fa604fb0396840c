import type { Engine, Range, SearchPage, WordSearch } from '../engine/engine.ts'
import type { Event, LogName } from '../engine/event.ts'
import { nextRound } from '../tick.ts'
import { FairQueue } from './fair-queue.ts'
import { refuse } from './refusal.ts'

/** Maximum pages that are read at the same time, and in one round of the event loop: a commit waits for no more than these. */
const RUNNING = 2
/** Maximum queued pages, per address and in total. */
const WAITING_PER_ADDRESS = 2_048
const WAITING = 16_384

/** Events in one page of a backward search. */
const STEP = 256
/** Events that a search reads: at least, for each that is wanted, and at most. */
const MIN_DEPTH = 1_024
const DEPTH = 4
const MAX_DEPTH = 4_096

/** A client that reads. */
export interface Asker {
  readonly address: string
  /** True if the client is gone, so that nothing more is read for it. */
  readonly closed: boolean
}

/** Reads logs for clients: a page at a time, addresses in turn, nothing for clients that are gone. */
export class Reader {
  readonly #engine: Engine
  readonly #queue = new FairQueue({ running: RUNNING, waitingPerAddress: WAITING_PER_ADDRESS, waiting: WAITING })

  constructor(engine: Engine) {
    this.#engine = engine
  }

  /**
   * The events of a range in pages of bounded size, oldest first. The next page is read when it is asked for.
   *
   * @throws Refusal `history-gone` before the first page, `unavailable`.
   */
  pages(log: LogName, range: Range, asker: Asker): AsyncGenerator<readonly Event[]> {
    return this.#inTurns(this.#engine.logs.read(log, range), asker)
  }

  /** The messages of a log that have all words of a search, newest first, in pages of bounded size. @throws Refusal `unavailable`. */
  withWords(log: LogName, search: WordSearch, asker: Asker): AsyncGenerator<SearchPage> {
    return this.#inTurns(this.#engine.logs.search(log, search), asker)
  }

  async *#inTurns<T>(all: AsyncIterable<T>, asker: Asker): AsyncGenerator<T> {
    const pages = all[Symbol.asyncIterator]()
    while (!asker.closed) {
      const page = await this.#queue.run(asker.address, () => nextPage(pages)).catch(refuse)
      if (page.done) return
      yield page.value
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
      const events: Event[] = []
      const range = { limit: step, ...(before !== undefined && { before }) }
      for await (const page of this.pages(log, range, asker)) events.push(...page)
      found = [...events.filter(wanted), ...found]
      before = events[0]?.id
      searched += step
      if (before === undefined || events.length < step) break
    }
    return found.slice(-limit)
  }
}

/** Reads a page, and gives the event loop a round: what is made of the page takes time, too. */
async function nextPage<T>(pages: AsyncIterator<T>): Promise<IteratorResult<T>> {
  const page = await pages.next()
  await nextRound()
  return page
}
