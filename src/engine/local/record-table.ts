import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { fold } from '../fold.ts'
import {
  declarationOf,
  indexedValues,
  KIND_NAMES,
  type RecordKind,
  type StoredRecord,
  uniqueValues,
} from '../records.ts'

/** A page of records, and the position of its last one. */
export interface RecordPage {
  readonly texts: readonly string[]
  readonly last: number
}

/** The keys and unique values of the records of unique kinds, and the indexed and expiring kinds of which there is a record. */
export interface KnownRecords {
  readonly unique: readonly { readonly kind: RecordKind; readonly key: string; readonly values: readonly string[] }[]
  readonly used: readonly RecordKind[]
}

const LIVING = '(expires IS NULL OR expires > ?)'

/** Returns true for the kinds of which there is often no record at all. */
export function tracksUse(kind: RecordKind): boolean {
  const { indexes, expires } = declarationOf(kind)
  return indexes !== undefined || expires === true
}

/** The records in SQLite. Unique values are not stored: {@link LocalRecords} checks them. */
export class RecordTable {
  readonly #db: DatabaseSync
  readonly #insert: StatementSync
  readonly #get: StatementSync

  constructor(db: DatabaseSync) {
    this.#db = db
    this.#insert = db.prepare('INSERT OR IGNORE INTO records (kind, key, value, expires) VALUES (?, ?, ?, ?)')
    this.#get = db.prepare(`SELECT value FROM records WHERE kind = ? AND key = ? AND ${LIVING}`)
  }

  known(): KnownRecords {
    const some = this.#db.prepare('SELECT 1 FROM records WHERE kind = ? LIMIT 1')
    const all = this.#db.prepare('SELECT key, value FROM records WHERE kind = ?')
    const unique = KIND_NAMES.filter((kind) => declarationOf(kind).unique).flatMap((kind) =>
      all.all(kind).map(({ key, value }) => ({ kind, key: String(key), values: uniqueValues(kind, String(value)) })),
    )
    return { unique, used: KIND_NAMES.filter((kind) => tracksUse(kind) && some.get(kind)) }
  }

  /** Inserts the name of a user who has joined; the spelling that was seen first, or registered, stays. */
  see(name: string): void {
    this.#insert.run('name', fold(name), name, null)
  }

  get(kind: RecordKind, key: string): string | undefined {
    const row = this.#get.get(kind, key, Date.now())
    return row && String(row.value)
  }

  insert(record: StoredRecord): boolean {
    const { kind, key, text, expiresAt = null } = record
    this.#dropExpired(kind)
    const { changes, lastInsertRowid } = this.#insert.run(kind, key, text, expiresAt)
    if (Number(changes) === 0) return false
    this.#index(Number(lastInsertRowid), record)
    return true
  }

  put(record: StoredRecord): void {
    const { kind, key, text, expiresAt = null } = record
    this.#dropExpired(kind)
    const row = this.#db
      .prepare(
        `INSERT INTO records (kind, key, value, expires) VALUES (?, ?, ?, ?)
         ON CONFLICT (kind, key) DO UPDATE SET value = excluded.value, expires = excluded.expires RETURNING id`,
      )
      .get(kind, key, text, expiresAt)
    this.#index(Number(row?.id), record)
  }

  /** Returns false if the text is not `before`. */
  replace(record: StoredRecord, before: string): boolean {
    if (this.get(record.kind, record.key) !== before) return false
    this.put(record)
    return true
  }

  delete(kind: RecordKind, key: string): string | undefined {
    const text = this.get(kind, key)
    this.#db.prepare('DELETE FROM records WHERE kind = ? AND key = ?').run(kind, key)
    return text
  }

  /** Returns records after a position, without the first `skip`. */
  page(kind: RecordKind, after: number, skip: number, limit: number): RecordPage {
    const page = `SELECT id, value FROM records WHERE kind = ? AND id > ? AND ${LIVING} ORDER BY id LIMIT ? OFFSET ?`
    return pageOf(this.#db.prepare(page).all(kind, after, Date.now(), limit, skip), after)
  }

  pageBy(kind: string, index: string, value: string, after: number, limit: number): RecordPage {
    const page = `SELECT id, records.value FROM record_index JOIN records ON id = record
      WHERE name = ? AND record_index.value = ? AND kind = ? AND record > ? ORDER BY record LIMIT ?`
    return pageOf(this.#db.prepare(page).all(index, value, kind, after, limit), after)
  }

  #index(id: number, { kind, text }: StoredRecord): void {
    if (!declarationOf(kind).indexes) return
    this.#db.prepare('DELETE FROM record_index WHERE record = ?').run(id)
    const insert = this.#db.prepare('INSERT INTO record_index VALUES (?, ?, ?)')
    for (const [index, value] of indexedValues(kind, text)) insert.run(index, value, id)
  }

  #dropExpired(kind: RecordKind): void {
    if (declarationOf(kind).expires) this.#db.prepare('DELETE FROM records WHERE expires <= ?').run(Date.now())
  }
}

function pageOf(rows: readonly Record<string, unknown>[], after: number): RecordPage {
  return { texts: rows.map(({ value }) => String(value)), last: Number(rows.at(-1)?.id ?? after) }
}
