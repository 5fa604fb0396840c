import { existsSync } from 'node:fs'
import { DatabaseSync, type SQLOutputValue } from 'node:sqlite'
import { setImmediate as nextRound } from 'node:timers/promises'
import { EngineFault, type RoomRecord } from '../engine.ts'
import { type Event, idAt, type LogName, MODERATION_KINDS } from '../event.ts'
import { isOrdered, type RecordKind, type StoredRecord } from '../records.ts'
import { departures, type ExportedLog, type ExportSource, exportedState, Unfit } from '../transfer.ts'
import { causeOf, openDatabase } from './database.ts'
import { RoomStateTable } from './room-state-table.ts'
import { LocalRoomTable } from './room-table.ts'
import { MIGRATIONS } from './schema.ts'
import { eventOfRow } from './store.ts'

const PAGE = 1_000

/** A database, read in one transaction, whether or not a daemon uses it. */
export class LocalExport implements ExportSource {
  readonly shown: string
  readonly size: number
  readonly lastRoom: number
  readonly rooms: readonly RoomRecord[]
  readonly #db: DatabaseSync
  readonly #now = Date.now()

  /** @throws Unfit, EngineFault */
  static open(file: string): LocalExport {
    if (!existsSync(file)) throw new Unfit(`there is no ${file} to export`)
    try {
      let db = new DatabaseSync(file, { readOnly: true, timeout: 5_000 })
      if (Number(db.prepare('PRAGMA user_version').get()?.user_version) !== MIGRATIONS.length) {
        db.close()
        // Migrated if it is of an earlier version and no daemon uses it, else refused.
        openDatabase(file, 'normal').close()
        db = new DatabaseSync(file, { readOnly: true, timeout: 5_000 })
      }
      return new LocalExport(file, db)
    } catch (error) {
      const why = causeOf(error)
      throw new EngineFault(why.includes(file) ? why : `cannot read ${file}: ${why}`, { cause: error })
    }
  }

  private constructor(file: string, db: DatabaseSync) {
    this.shown = file
    this.#db = db
    // Fixes the snapshot at the first statement.
    db.exec('BEGIN')
    this.lastRoom = Number(db.prepare("SELECT seq FROM sqlite_sequence WHERE name = 'rooms'").get()?.seq ?? 0)
    this.rooms = new LocalRoomTable(db).all()
    this.size = Number(db.prepare('SELECT sum(count) AS events FROM logs').get()?.events ?? 0)
  }

  async *records(kind: RecordKind): AsyncGenerator<readonly StoredRecord[]> {
    const rows = this.#db.prepare(
      `SELECT key, value, expires FROM records WHERE kind = ? AND (expires IS NULL OR expires > ?)
       ORDER BY ${isOrdered(kind) ? 'id' : 'key'}`,
    )
    let page: StoredRecord[] = []
    for (const { key, value, expires } of rows.iterate(kind, this.#now)) {
      const record = { kind, key: String(key), text: String(value) }
      if (page.push(expires === null ? record : { ...record, expiresAt: Number(expires) }) < PAGE) continue
      yield page
      page = []
    }
    yield page
  }

  async *logs(): AsyncGenerator<ExportedLog> {
    const rows = this.#db.prepare(
      `SELECT id, name, start, last FROM logs
       WHERE name NOT LIKE 'room:%' OR CAST(substr(name, 6) AS INTEGER) IN (SELECT id FROM rooms) ORDER BY name`,
    )
    const states = new RoomStateTable(this.#db)
    const inside = this.#db.prepare('SELECT name FROM members WHERE room = ? ORDER BY name')
    for (const row of rows.all()) {
      // Only engines write here.
      const name = row.name as LogName
      const extent = { name, start: Number(row.start), last: Number(row.last) }
      const room = name.startsWith('room:') ? Number(name.slice(5)) : 0
      const names = inside.all(room).map((member) => String(member.name))
      const left = departures(extent, room, names, this.#now)
      const events = this.#events(Number(row.id), left)
      yield { ...extent, last: left.at(-1)?.id ?? extent.last, state: exportedState(states.of(room)), events }
    }
  }

  async *#events(log: number, left: readonly Event[]): AsyncGenerator<readonly Event[]> {
    const page = this.#db.prepare(
      `SELECT id, kind, room, sender, addressee, body, sent, color, verified, at, details FROM events
       WHERE log = ? AND id > ? ORDER BY id LIMIT ?`,
    )
    page.setReturnArrays(true)
    for (let after = -1; ; ) {
      // Because of setReturnArrays.
      const events = (page.all(log, after, PAGE) as unknown as SQLOutputValue[][]).map(eventOfRow)
      if (events.length > 0) yield events
      if (events.length < PAGE) break
      await nextRound()
      after = events.at(-1)?.id ?? after
    }
    if (left.length > 0) yield left
  }

  async *moderation(room: number, since: number): AsyncGenerator<readonly Event[]> {
    // The kinds are written as in the index.
    const page = this.#db.prepare(
      `SELECT id, kind, room, sender, addressee, body, sent, color, verified, at, details FROM events INDEXED BY events_moderation
       WHERE log = (SELECT id FROM logs WHERE name = ?) AND id > ?
       AND kind IN (${MODERATION_KINDS.map((kind) => `'${kind}'`).join(', ')}) ORDER BY id LIMIT ?`,
    )
    page.setReturnArrays(true)
    for (let after = idAt(since) - 1; ; ) {
      // Because of setReturnArrays.
      const events = (page.all(`room:${room}`, after, PAGE) as unknown as SQLOutputValue[][]).map(eventOfRow)
      yield events
      if (events.length < PAGE) return
      after = events.at(-1)?.id ?? after
    }
  }

  close(): void {
    this.#db.close()
  }
}
