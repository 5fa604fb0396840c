import type { DatabaseSync, SQLInputValue, SQLOutputValue, StatementSync } from 'node:sqlite'
import { ErasedNonces } from './erased-nonces.ts'

/** Number of events before and after a removed one that are written anew, those of the pages next to its own. */
const NEIGHBOURS = 48
/** Bytes of rows on each side that suffice: two pages. */
const SIDE_BYTES = 8_192
/** Minimum bytes of a long row that are in its page; the others are in pages of their own. */
const LOCAL_BYTES = 489

/**
 * Removes single messages so that no page of the file has their text.
 *
 * With `secure_delete` SQLite overwrites what it deletes. When a page was split, though, copies of the rows that went to another page stay in
 * the unused bytes of the first one. The events around a removed one are therefore deleted and inserted again: the pages that become
 * empty are overwritten as a whole.
 */
export class MessageErasure {
  /** True if the write-ahead log may have the text of a removed message; at the start one of the last process. */
  isUnfinished = true
  readonly nonces: ErasedNonces
  readonly #delete: StatementSync
  readonly #before: StatementSync
  readonly #after: StatementSync
  readonly #range: StatementSync
  readonly #deleteRange: StatementSync
  readonly #insert: StatementSync

  constructor(db: DatabaseSync) {
    this.nonces = new ErasedNonces(db)
    this.#delete = db.prepare("DELETE FROM events WHERE log = ? AND id = ? AND kind = 'message'")
    const columns = `id, min(octet_length(body), ${LOCAL_BYTES}) AS bytes`
    const limit = NEIGHBOURS + 1
    this.#before = db.prepare(`SELECT ${columns} FROM events WHERE log = ? AND id < ? ORDER BY id DESC LIMIT ${limit}`)
    this.#after = db.prepare(`SELECT ${columns} FROM events WHERE log = ? AND id > ? ORDER BY id LIMIT ${limit}`)
    this.#range = db.prepare('SELECT * FROM events WHERE log = ? AND id > ? AND id < ? ORDER BY id')
    this.#range.setReturnArrays(true)
    this.#deleteRange = db.prepare('DELETE FROM events WHERE log = ? AND id > ? AND id < ?')
    this.#insert = db.prepare('INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)')
  }

  /** Removes a message, except its nonce. Must be called in a transaction. Returns false if there is none with that id. */
  remove(log: number, id: number): boolean {
    this.nonces.keep(log, id)
    if (this.#delete.run(log, id).changes === 0) return false
    const from = firstBeyond(this.#before.all(log, id)) ?? -1
    const to = firstBeyond(this.#after.all(log, id)) ?? Number.MAX_SAFE_INTEGER
    // Rows are arrays here, see `setReturnArrays`.
    const rows = this.#range.all(log, from, to) as unknown as SQLInputValue[][]
    this.#deleteRange.run(log, from, to)
    for (const row of rows) this.#insert.run(...row)
    this.isUnfinished = true
    return true
  }
}

/** Returns the id of the first row beyond those that are written anew; undefined if there is none. */
function firstBeyond(rows: readonly Record<string, SQLOutputValue>[]): number | undefined {
  let bytes = 0
  const beyond = rows.find((row, place) => {
    if (place === NEIGHBOURS || bytes >= SIDE_BYTES) return true
    bytes += Number(row.bytes)
    return false
  })
  return beyond && Number(beyond.id)
}

/**
 * Copies the write-ahead log to the database file and empties it. Returns false if that must wait, as another process is reading; SQLite
 * then waits for nothing, unlike for other statements.
 */
export function emptyWriteAheadLog(db: DatabaseSync, timeoutMs: number): boolean {
  db.exec('PRAGMA busy_timeout = 0')
  try {
    return db.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get()?.busy === 0
  } finally {
    db.exec(`PRAGMA busy_timeout = ${timeoutMs}`)
  }
}
