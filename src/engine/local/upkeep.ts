import { DoubtfulClock } from '../clock.ts'
import { BUSY_TIMEOUT_MS, type Database } from './database.ts'
import { emptyWriteAheadLog } from './erasure.ts'
import type { OpenFiles } from './files.ts'
import type { LogRow } from './log-table.ts'
import type { StoreNotice, StoreOptions } from './messages.ts'
import { eraseEnded, eraseGuestInboxes, removeEndedRoles, sweep } from './retention.ts'
import type { LocalStore } from './store.ts'

/** Maximum time for which a close goes on erasing removed messages; the next start does the rest. */
const ERASE_AT_CLOSE_MS = 1_000
/** Frames of the write-ahead log, of 4 KiB each, from which on they are copied to the database file. */
const LONG_LOG = 1_000

/** The work of an open store beside its requests, in slices of about a millisecond. Requests may run at every `yield`. */
export class Upkeep {
  readonly #store: LocalStore
  readonly #db: Database['db']
  readonly #files: OpenFiles | undefined
  readonly #keep: StoreOptions['keep']
  readonly #notify: (notice: StoreNotice) => void
  readonly #clock = new DoubtfulClock()

  constructor(
    store: LocalStore,
    { db }: Database,
    files: OpenFiles | undefined,
    keep: StoreOptions['keep'],
    notify: (notice: StoreNotice) => void,
  ) {
    this.#store = store
    this.#db = db
    this.#files = files
    this.#keep = keep
    this.#notify = notify
  }

  /** Removes what is to be kept no longer. */
  *retention(): Generator<void> {
    if (this.#isOverwritten) return
    const trimmed = (log: LogRow) => this.#notify({ notice: 'trimmed', log: log.name, upTo: log.start })
    yield* eraseEnded(this.#store)
    yield* removeEndedRoles(this.#store, this.#clock.now())
    yield* eraseGuestInboxes(this.#store, this.#clock.now(), trimmed)
    yield* sweep(this.#store, this.#keep, this.#clock.now(), trimmed)
  }

  /** Erases what is left of deleted messages in the index and in the write-ahead log. */
  *erasure(): Generator<void> {
    if (this.#isOverwritten) return
    const { indexing, erasure } = this.#store
    yield* indexing.finishErasure()
    if (!erasure.isUnfinished || !this.#files) return
    try {
      this.#files.check()
    } catch {
      // Reported by the health check.
      return
    }
    erasure.isUnfinished = !emptyWriteAheadLog(this.#db, BUSY_TIMEOUT_MS)
    this.#files.noteCommit()
  }

  /** Indexes the words of messages that are not indexed yet. */
  *indexing(): Generator<void> {
    if (!this.#isOverwritten) yield* this.#store.indexing.run()
  }

  /** Copies a long write-ahead log to the database file. Called behind a reply: a commit that did it would keep its sender waiting. */
  checkpoint(): void {
    if (this.#isOverwritten || (this.#files?.framesAhead ?? 0) < LONG_LOG) return
    try {
      this.#db.exec('PRAGMA wal_checkpoint(PASSIVE)')
    } catch {
      // Tried again behind the next reply; commits report the same error.
    }
    this.#files?.noteCommit()
  }

  /** Goes on with the {@link erasure} for a moment. Called before the close of the store. */
  eraseAtClose(): void {
    const endMs = performance.now() + ERASE_AT_CLOSE_MS
    try {
      for (const _ of this.erasure()) if (performance.now() > endMs) return
    } catch {
      // Reported by the repeated attempts, and tried again after the next start.
    }
  }

  /** Nothing in a database file that was overwritten can be trusted. */
  get #isOverwritten(): boolean {
    return this.#files?.overwritten !== undefined
  }
}
