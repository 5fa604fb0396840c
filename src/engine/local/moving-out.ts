import { existsSync, realpathSync } from 'node:fs'
import type { DatabaseSync, SQLOutputValue } from 'node:sqlite'
import { setImmediate as others } from 'node:timers/promises'
import { EngineFault } from '../engine.ts'
import type { Event, LogName } from '../event.ts'
import { disorderly, type KeptRecord, type LogRecord, type Source, Unfit, unfinished } from '../moving.ts'
import type { Kind } from '../records.ts'
import { type Database, openDatabase } from './database.ts'
import { RoomTable } from './room-table.ts'
import { endedLogs, eventOf } from './store.ts'
import { unfinishedFrom } from './unfinished.ts'

const PAGE = 1_000
/** The `last` of a log that is not whole yet. */
export const UNFINISHED = -1

/** A database that no daemon uses, as it is locked, and what it keeps. */
export class LocalSource implements Source {
  readonly shown: string
  readonly identity: string
  protected readonly db: DatabaseSync
  readonly #database: Database

  /** Rejects with {@link Unfit} or an error whose message is for an operator. */
  static async open(file: string): Promise<LocalSource> {
    if (!existsSync(file)) throw new Unfit(`there is no ${file} to migrate from`)
    const source = new LocalSource(file, openDatabase(file, 'normal'))
    try {
      const from = unfinishedFrom(source.db)
      if (from !== undefined) throw new Unfit(unfinished(file, from))
      if (source.db.prepare('SELECT 1 FROM members').get()) throw new EngineFault(disorderly(file))
      return source
    } catch (error) {
      source.close()
      throw error
    }
  }

  protected constructor(file: string, database: Database) {
    this.shown = file
    this.identity = realpathSync(file)
    this.#database = database
    this.db = database.db
  }

  async *logs(): AsyncGenerator<LogRecord> {
    const ended = new Set(endedLogs(this.db))
    const rows = this.db.prepare('SELECT name, start, last, count FROM logs WHERE last <> ?')
    for (const row of rows.iterate(UNFINISHED)) {
      // Only engines write here.
      const name = row.name as LogName
      if (ended.has(name)) continue
      yield { name, start: Number(row.start), last: Number(row.last), count: Number(row.count) }
    }
  }

  async *events(log: LogName): AsyncGenerator<readonly Event[]> {
    const page = this.db.prepare(
      `SELECT id, kind, room, sender, addressee, body, sent, color, verified, at FROM events
       WHERE log = (SELECT id FROM logs WHERE name = ?) AND id > ? ORDER BY id LIMIT ?`,
    )
    page.setReturnArrays(true)
    for (let after = -1; ; ) {
      const events = (page.all(log, after, PAGE) as unknown as SQLOutputValue[][]).map(eventOf)
      const last = events.at(-1)
      if (!last) return
      yield events
      if (events.length < PAGE) return
      // What comes from SQLite comes at once: others get their turn here.
      await others()
      after = last.id
    }
  }

  async *records(livingAt: number): AsyncGenerator<readonly KeptRecord[]> {
    const given = this.db.prepare("SELECT seq FROM sqlite_sequence WHERE name = 'rooms'").get()
    yield [{ is: 'given', id: Number(given?.seq ?? 0) }]
    yield new RoomTable(this.db).all().map((room) => ({ is: 'room', room }))
    const living = 'SELECT kind, key, value, expires FROM records WHERE expires IS NULL OR expires > ? ORDER BY id'
    yield* this.#pages(living, [livingAt], ({ kind, key, value, expires }) => {
      const record = { is: 'record', kind: kind as Kind, key: String(key), text: String(value) } as const
      return expires === null ? record : { ...record, expiresAt: Number(expires) }
    })
  }

  /** Nobody can have: it is locked. */
  async undisturbed(): Promise<void> {}

  close(): void {
    this.#database.close()
  }

  *#pages(
    sql: string,
    values: readonly number[],
    recordOf: (row: Record<string, SQLOutputValue>) => KeptRecord,
  ): Generator<KeptRecord[]> {
    let page: KeptRecord[] = []
    for (const row of this.db.prepare(sql).iterate(...values)) {
      if (page.push(recordOf(row)) < PAGE) continue
      yield page
      page = []
    }
    if (page.length > 0) yield page
  }
}
