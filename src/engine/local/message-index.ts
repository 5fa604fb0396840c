import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { WordSearch } from '../engine.ts'
import type { Event } from '../event.ts'
import { PAGE_BYTES } from '../reading.ts'
import { memoryBytes } from '../recent.ts'
import type { IndexPage } from '../searching.ts'
import { foldWord, matcherOf, type Term, termsOf } from '../words.ts'
import { DocumentTable } from './document-table.ts'
import type { EventTable } from './event-table.ts'
import { WordErasure } from './word-erasure.ts'

/** Maximum documents that are looked up at once for an expression. */
const LISTED = 256
/** Time after which a search ends its page. */
const SEARCH_MS = 4
/** Maximum words that a prefix may stand for; one with more is of no help. */
const EXPANDED = 32
/** Maximum expressions of a search; the messages are compared with all of its words. */
const EXPRESSIONS = 8
/** Character before all others in words. */
const LOWEST = '\u0001'

/** Numbers of documents from `low` on. */
interface Candidates {
  readonly numbers: readonly number[]
  readonly low: number
}

/**
 * The full-text index of messages: the FTS5 table `words`, which holds no texts, and a {@link DocumentTable} with the message of each of its
 * rows. Must be called in a transaction where it changes something.
 *
 * Only single words are looked up in FTS5, which takes time in proportion to what it returns. Everything else (messages with several
 * words, phrases) would take it unbounded time, and is found by comparing texts.
 */
export class MessageIndex {
  readonly erasure: WordErasure
  readonly #events: EventTable
  readonly #documents: DocumentTable
  readonly #insertWords: StatementSync
  readonly #deleteWords: StatementSync
  readonly #setIndexed: StatementSync
  readonly #list: StatementSync
  readonly #word: StatementSync
  readonly #merge: StatementSync
  readonly #changes: StatementSync

  constructor(db: DatabaseSync, events: EventTable) {
    this.#events = events
    this.#documents = new DocumentTable(db)
    this.erasure = new WordErasure(db, this.#documents)
    db.exec('CREATE VIRTUAL TABLE temp.vocabulary USING fts5vocab(main, words, instance)')
    this.#insertWords = db.prepare('INSERT INTO words (rowid, body) VALUES ((? << 32) | ?, ?)')
    this.#deleteWords = db.prepare("INSERT INTO words (words, rowid, body) VALUES ('delete', (? << 32) | ?, ?)")
    this.#setIndexed = db.prepare('UPDATE logs SET indexed = ? WHERE id = ?')
    this.#list = db.prepare(
      `SELECT rowid & 4294967295 FROM words
       WHERE words MATCH ? AND rowid BETWEEN (? << 32) AND ((? << 32) | ?) ORDER BY rowid DESC LIMIT ?`,
    )
    this.#list.setReturnArrays(true)
    this.#word = db.prepare('SELECT term FROM temp.vocabulary WHERE term >= ? LIMIT 1')
    this.#merge = db.prepare("INSERT INTO words (words, rank) VALUES ('merge', CAST(? AS INTEGER))")
    this.#changes = db.prepare('SELECT total_changes() AS changes')
  }

  /** Adds the messages of a log that come next, `upTo` being the last id that was looked at. */
  add(log: number, messages: readonly Pick<Event, 'id' | 'body'>[], upTo: number): void {
    let number = this.#documents.last(log)
    for (const { id, body } of messages) {
      this.#documents.insert(log, ++number, id)
      this.#insertWords.run(log, number, body)
    }
    this.#setIndexed.run(upTo, log)
  }

  /** Removes the messages of a log up to an id, at most `most`. Must be called before their events are removed. */
  trim(log: number, upTo: number, most: number): void {
    const erased = this.erasure.numbers(log)
    for (const { number, id } of this.#documents.oldest(log, most + erased.size)) {
      if (id > upTo) break
      if (erased.has(number)) continue
      const event = this.#events.get(log, id)
      if (event) this.#deleteWords.run(log, number, event.body)
      this.#documents.delete(log, number)
    }
  }

  /** Begins the erasure of a message. Must be called before it is removed. */
  erase(log: number, id: number): void {
    const number = this.#documents.numberOf(log, id)
    const event = this.#events.get(log, id)
    if (!event || number === undefined || this.#documents.idOf(log, number) !== id) return
    this.erasure.begin(log, number, event.body)
  }

  /** Merges some pages of the index. Returns false when there is nothing to merge. */
  merge(pages: number): boolean {
    const changes = this.#totalChanges()
    this.#merge.run(pages)
    // As documented, a merge that has found nothing to do makes less than two changes.
    return this.#totalChanges() - changes >= 2
  }

  /** Implements the method of `WordIndex`. */
  expressions(words: string): string[] {
    const found = termsOf(words).flatMap((term) => this.#expressionsOf(term))
    return [...new Set(found)].slice(0, EXPRESSIONS)
  }

  /** Finds messages of a log up to an id. */
  find(log: number, { words, limit }: WordSearch, expressions: readonly string[], to: number): IndexPage {
    const end = performance.now() + SEARCH_MS
    const matches = matcherOf(termsOf(words))
    const events: Event[] = []
    let bytes = 0
    let high = this.#documents.numberOf(log, to)
    // Enough where most of those that are listed are wanted.
    let most = Math.min(limit, LISTED)
    while (high !== undefined && high > 0) {
      const { numbers, low } = this.#candidates(log, expressions, high, most)
      most = LISTED
      for (const number of numbers) {
        const id = this.#documents.idOf(log, number)
        const event = id === undefined ? undefined : this.#events.get(log, id)
        if (!event) continue
        if (event.kind === 'message' && matches(event.body)) {
          events.push(event)
          bytes += memoryBytes(event)
        }
        const full = events.length >= limit || bytes >= PAGE_BYTES
        if (full || performance.now() > end) return { events, from: event.id }
      }
      high = low - 1
      if (high <= 0) break
      if (performance.now() > end) return { events, from: this.#documents.idOf(log, low) ?? 0 }
    }
    return { events, from: 0 }
  }

  /** Lists the documents from `low` to `high` that may have all expressions, newest first, of at most `most` for each expression. */
  #candidates(log: number, expressions: readonly string[], high: number, most: number): Candidates {
    const lists = expressions.map((expression) => {
      // Rows are arrays here, see `setReturnArrays`.
      const rows = this.#list.all(expression, log, log, high, most) as unknown as [number][]
      const numbers = rows.map(([number]) => number)
      // A list that is not full has all documents of the log.
      return { numbers, low: numbers.length < most ? 0 : (numbers.at(-1) ?? 0), set: new Set(numbers) }
    })
    const rarest = lists.reduce((one, other) =>
      other.low < one.low || (other.low === one.low && other.numbers.length < one.numbers.length) ? other : one,
    )
    const numbers = rarest.numbers.filter((number) => lists.every(({ low, set }) => number < low || set.has(number)))
    return { numbers, low: rarest.low }
  }

  #expressionsOf({ words, prefix }: Term): string[] {
    const whole = (word: string) => `"${word}"`
    const last = words.at(-1)
    if (!prefix || last === undefined) return words.map(whole)
    const expanded = this.#expand(foldWord(last))
    return [...words.slice(0, -1).map(whole), ...(expanded ? [expanded.map(whole).join(' OR ')] : [])]
  }

  /** Returns the words with a prefix, at least the prefix itself; undefined if there are too many. */
  #expand(prefix: string): string[] | undefined {
    const words: string[] = []
    for (let from = prefix; ; ) {
      const word = this.#word.get(from)?.term
      if (typeof word !== 'string' || !word.startsWith(prefix)) return words.length === 0 ? [prefix] : words
      if (words.push(word) > EXPANDED) return undefined
      from = word + LOWEST
    }
  }

  #totalChanges(): number {
    return Number(this.#changes.get()?.changes)
  }
}
