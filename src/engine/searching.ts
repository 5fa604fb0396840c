import type { SearchPage, WordSearch } from './engine.ts'
import type { Event, LogName } from './event.ts'
import { type LogStore, PAGE_BYTES, pagesOf } from './reading.ts'
import { memoryBytes, type Recent } from './recent.ts'
import { matcherOf, termsOf } from './words.ts'

/** Maximum events that a search looks at without an index. */
export const SCANNED_EVENTS = 10_000
/** Events that are looked at before a page is yielded. */
const STEP = 256
/** Bytes at which a page that is looked at ends, in about a millisecond of accented letters. */
const LOOKED_BYTES = 16_384

/** An index of the messages of logs, by word. */
export interface WordIndex {
  /** Resolves with the id up to which all messages of a log are in the index. */
  indexed(log: LogName): Promise<number>
  /** Resolves with expressions for {@link find}, all of which fit every message that is wanted; none if the index is of no help. */
  expressions(words: string): Promise<readonly string[]>
  /** Resolves with messages up to an id, in bounded time; see {@link IndexPage}. */
  find(log: LogName, search: WordSearch, expressions: readonly string[], to: number): Promise<IndexPage>
}

/** Messages that an index has found, newest first. */
export interface IndexPage {
  readonly events: readonly Event[]
  /** Id from which on all messages have been searched; 0 if there is no older one. */
  readonly from: number
}

/**
 * Implements {@link EngineLogs.search}: looks at the events that are in no index one by one, and at most at {@link SCANNED_EVENTS}, then
 * asks the index for the older ones.
 */
export async function* searchLog(
  store: LogStore,
  log: LogName,
  search: WordSearch,
  recent: Recent | undefined,
  index?: WordIndex,
): AsyncGenerator<SearchPage> {
  const terms = termsOf(search.words)
  if (terms.length === 0) return yield { events: [], from: 0, end: 'beginning' }
  const matches = matcherOf(terms)
  // At once, as each answer of a busy store takes a while.
  const [expressions, upTo] = index ? await Promise.all([index.expressions(search.words), index.indexed(log)]) : [[], 0]
  const indexed = expressions.length > 0 ? upTo : 0
  const newest = recent?.last || ((await store.bounds(log))?.last ?? 0)
  let to = search.before === undefined ? newest : Math.min(newest, search.before - 1)
  let left = SCANNED_EVENTS
  while (to > indexed && left > 0) {
    const count = Math.min(STEP, left)
    const first = recent?.back(indexed + 1, to, count) ?? (await store.back(log, indexed + 1, to, count - 1))
    const found = new Newest(search.limit)
    for await (const page of pagesOf(store, log, first ?? indexed + 1, to, recent, LOOKED_BYTES)) {
      for (const event of page) found.look(event, event.kind === 'message' && matches(event.body))
      // Each page is read in its turn.
      yield { events: [], from: to + 1 }
    }
    const from = found.from ?? first ?? indexed + 1
    to = from - 1
    left -= found.looked
    yield { events: found.events, from }
  }
  if (!index || to > indexed) {
    const rest = (await store.page(log, 0, to, 1, 1)).length > 0
    return yield rest ? { events: [], from: to + 1, end: 'bound' } : { events: [], from: 0, end: 'beginning' }
  }
  for (;;) {
    const { events, from } = await index.find(log, search, expressions, to)
    yield { events, from, ...(from === 0 && { end: 'beginning' }) }
    if (from === 0) return
    to = from - 1
  }
}

/** The newest messages of those found in a step, at most a page. */
class Newest {
  readonly #limit: number
  #found: { readonly event: Event; readonly place: number }[] = []
  #bytes = 0
  #place = 0
  /** Place of the oldest message, if there were older ones; else 0. */
  #start = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  /** Looks at an event; the oldest first. */
  look(event: Event, isWanted: boolean): void {
    const place = this.#place++
    if (!isWanted) return
    this.#found.push({ event, place })
    this.#bytes += memoryBytes(event)
    while (this.#found.length > this.#limit || (this.#bytes > PAGE_BYTES && this.#found.length > 1)) {
      this.#bytes -= memoryBytes(this.#found.shift()?.event)
      this.#start = this.#found[0]?.place ?? 0
    }
  }

  /** Newest first. */
  get events(): readonly Event[] {
    return this.#found.map(({ event }) => event).reverse()
  }

  /** Id of the oldest message, if there were older ones. */
  get from(): number | undefined {
    return this.#start > 0 ? this.#found[0]?.event.id : undefined
  }

  /** Number of events from the oldest message on, if there were older ones; else of all. */
  get looked(): number {
    return this.#place - this.#start
  }
}
