import type { DatabaseSync } from 'node:sqlite'
import type { WordSearch } from '../engine.ts'
import type { LogName } from '../event.ts'
import type { IndexPage } from '../searching.ts'
import type { EventTable } from './event-table.ts'
import type { LogRow, LogTable } from './log-table.ts'
import { MessageIndex } from './message-index.ts'
import type { Transaction } from './transaction.ts'

/** Maximum events, and bytes of them, that are indexed at once, in a few milliseconds. */
const INDEXED = 200
const INDEXED_BYTES = 65_536
/** Pages of the index that are merged at once. */
const MERGED_PAGES = 16

/** The upkeep of the {@link MessageIndex}: what commits append is indexed later, what they remove is removed at once. */
export class Indexing {
  readonly #index: MessageIndex
  readonly #events: EventTable
  readonly #logs: LogTable
  readonly #transaction: Transaction
  /** Logs with events that are not looked at for the index; undefined without an index. */
  readonly #behind: Set<LogName> | undefined
  /** True if the index may have pages to merge. */
  #unmerged = true

  /** Without `search` nothing is indexed, but what is removed is removed from the index too. */
  constructor(db: DatabaseSync, events: EventTable, logs: LogTable, transaction: Transaction, search: boolean) {
    this.#index = new MessageIndex(db, events)
    this.#events = events
    this.#logs = logs
    this.#transaction = transaction
    if (search) this.#behind = new Set(logs.unindexed())
  }

  /** Records that events were appended to a log; only those of rooms are indexed. */
  appended(name: LogName): void {
    if (name.startsWith('room:')) this.#behind?.add(name)
  }

  /** Records that a log was removed. */
  removed(name: LogName): void {
    this.#behind?.delete(name)
  }

  /** Begins the erasure of a message of a log. Must be called in a transaction and before the message is removed. */
  erase(log: LogRow, id: number): void {
    if (id > log.indexed) return
    this.#index.erase(log.id, id)
  }

  /** Erases messages for which that was begun, a slice at a time. Commits may run at every `yield`. */
  *finishErasure(): Generator<void> {
    const { erasure } = this.#index
    const { newest } = erasure
    if (newest === 0) return
    this.#unmerged = true
    while (this.#transaction(() => erasure.next(newest))) yield
  }

  /** Removes the messages of a log up to an id, at most `most`. Must be called in a transaction and before they are removed. */
  trim(log: LogRow, upTo: number, most: number): void {
    if (log.indexed === 0) return
    this.#index.trim(log.id, upTo, most)
    this.#unmerged = true
  }

  /** Implements the method of `WordIndex`; 0 without an index. */
  indexed(name: LogName): number {
    return this.#behind ? (this.#logs.find(name)?.indexed ?? 0) : 0
  }

  /** Implements the method of `WordIndex`. */
  expressions(words: string): string[] {
    return this.#index.expressions(words)
  }

  /** Implements the method of `WordIndex`. */
  find(name: LogName, search: WordSearch, expressions: readonly string[], to: number): IndexPage {
    const log = this.#logs.find(name)
    return log ? this.#index.find(log.id, search, expressions, to) : { events: [], from: 0 }
  }

  /** Indexes messages, a slice at a time. Commits may run at every `yield`. */
  *run(): Generator<void> {
    while (this.#indexNext()) {
      yield
      this.#merge()
      yield
    }
    while (this.#merge()) yield
  }

  /** Indexes the next events of a log. Returns false when there are none. */
  #indexNext(): boolean {
    for (const name of this.#behind ?? []) {
      const log = this.#logs.find(name)
      if (log && log.indexed < log.last) {
        const events = this.#events.page(log.id, log.indexed + 1, log.last, INDEXED, INDEXED_BYTES)
        const upTo = events.at(-1)?.id ?? log.last
        const messages = events.filter(({ kind }) => kind === 'message')
        this.#transaction(() => this.#index.add(log.id, messages, upTo))
        log.indexed = upTo
        this.#unmerged = true
        return true
      }
      this.#behind?.delete(name)
    }
    return false
  }

  /** Merges some pages of the index. Returns false when there is nothing to merge. */
  #merge(): boolean {
    if (this.#unmerged) this.#unmerged = this.#transaction(() => this.#index.merge(MERGED_PAGES))
    return this.#unmerged
  }
}
