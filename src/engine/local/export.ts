import { statSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { nextRound } from '../../tick.ts'
import type { RoomRecord } from '../engine.ts'
import { EngineFault } from '../errors.ts'
import { type Event, idAt, type LogName, MODERATION_KINDS } from '../event.ts'
import { isOrdered, type RecordKind, type StoredRecord } from '../records.ts'
import { departures, type ExportedLog, type ExportSource, exportedState, Unfit } from '../transfer.ts'
import { causeAt, causeOf, isNotOpened, openDatabase } from './database.ts'
import { EventTable, eventsOf, selectEvents } from './event-table.ts'
import { MemberTable } from './member-table.ts'
import { RoomStateTable } from './room-state-table.ts'
import { LocalRoomTable } from './room-table.ts'
import { isMigrated } from './schema.ts'
import { StoppedDatabase } from './stopped-database.ts'

const PAGE = 1_000

/** A database, read in one transaction, whether or not a daemon uses it. */
export class LocalExport implements ExportSource {
  readonly shown: string
  readonly size: number
  readonly lastRoom: number
  readonly rooms: readonly RoomRecord[]
  readonly #db: DatabaseSync
  readonly #stopped: StoppedDatabase | undefined
  readonly #now = Date.now()

  /** @throws Unfit, EngineFault */
  static open(file: string): LocalExport {
    if (isMissing(file)) throw new Unfit(`there is no ${file}`)
    try {
      return LocalExport.#open(file)
    } catch (error) {
      const why = causeAt(file, error, 'read')
      throw new EngineFault(why.startsWith('cannot open') ? why : `cannot read ${file}: ${why}`, { cause: error })
    }
  }

  static #open(file: string): LocalExport {
    try {
      let db = new DatabaseSync(file, { readOnly: true, timeout: 5_000 })
      if (!isMigrated(db)) {
        db.close()
        // Migrated if it is of an earlier version and no daemon uses it, else refused.
        openDatabase(file, 'normal').close()
        db = new DatabaseSync(file, { readOnly: true, timeout: 5_000 })
      }
      return new LocalExport(file, db)
    } catch (error) {
      const stopped = isNotOpened(error) ? StoppedDatabase.open(file) : undefined
      if (!stopped) throw error
      return new LocalExport(file, stopped.db, stopped)
    }
  }

  private constructor(file: string, db: DatabaseSync, stopped?: StoppedDatabase) {
    this.shown = file
    this.#db = db
    this.#stopped = stopped
    // Fixes the snapshot at the first statement.
    db.exec('BEGIN')
    this.lastRoom = Number(db.prepare("SELECT seq FROM sqlite_sequence WHERE name = 'rooms'").get()?.seq ?? 0)
    this.rooms = new LocalRoomTable(db).all()
    this.size = Number(db.prepare('SELECT sum(count) AS events FROM logs').get()?.events ?? 0)
  }

  records(kind: RecordKind): AsyncIterable<readonly StoredRecord[]> {
    return this.#read(this.#records(kind))
  }

  logs(): AsyncIterable<ExportedLog> {
    return this.#read(this.#logs())
  }

  moderation(room: number, since: number): AsyncIterable<readonly Event[]> {
    return this.#read(this.#moderation(room, since))
  }

  /** Yields what is read from the database. @throws EngineFault */
  async *#read<T>(found: AsyncIterable<T>): AsyncGenerator<T> {
    try {
      yield* found
      this.#stopped?.check()
    } catch (error) {
      if (error instanceof EngineFault) throw error
      throw new EngineFault(`cannot read ${this.shown}: ${causeOf(error)}`, { cause: error })
    }
  }

  async *#records(kind: RecordKind): AsyncGenerator<readonly StoredRecord[]> {
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

  async *#logs(): AsyncGenerator<ExportedLog> {
    const rows = this.#db.prepare(
      `SELECT id, name, start, last FROM logs
       WHERE name NOT LIKE 'room:%' OR CAST(substr(name, 6) AS INTEGER) IN (SELECT id FROM rooms) ORDER BY name`,
    )
    const states = new RoomStateTable(this.#db)
    const members = new MemberTable(this.#db)
    const stored = new EventTable(this.#db)
    for (const row of rows.all()) {
      // Only engines write here.
      const name = row.name as LogName
      const extent = { name, start: Number(row.start), last: Number(row.last) }
      const room = name.startsWith('room:') ? Number(name.slice(5)) : 0
      const left = departures(extent, room, members.inside(room), this.#now)
      const events = this.#read(eventsAnd(left, stored, Number(row.id)))
      yield {
        ...extent,
        last: left.at(-1)?.id ?? extent.last,
        state: exportedState(states.all(room)),
        events,
      }
    }
  }

  async *#moderation(room: number, since: number): AsyncGenerator<readonly Event[]> {
    // The first conditions are those of the index.
    const page = selectEvents(
      this.#db,
      `INDEXED BY events_moderation
       WHERE log = (SELECT id FROM logs WHERE name = ?) AND id > ?
       AND kind <> 'message' AND kind <> 'joined' AND kind <> 'left'
       AND kind IN (${MODERATION_KINDS.map((kind) => `'${kind}'`).join(', ')}) ORDER BY id LIMIT ?`,
    )
    for (let after = idAt(since) - 1; ; ) {
      const events = eventsOf(page, `room:${room}`, after, PAGE)
      yield events
      if (events.length < PAGE) return
      after = events.at(-1)?.id ?? after
    }
  }

  close(): void {
    this.#db.close()
  }
}

/** Returns the events of a log and behind them those that are not stored. */
async function* eventsAnd(left: readonly Event[], stored: EventTable, log: number): AsyncGenerator<readonly Event[]> {
  for (let after = -1; ; ) {
    const events = stored.page(log, after + 1, Number.MAX_SAFE_INTEGER, PAGE)
    if (events.length > 0) yield events
    if (events.length < PAGE) break
    await nextRound()
    after = events.at(-1)?.id ?? after
  }
  if (left.length > 0) yield left
}

/** Returns false for a file that may not be looked at, too. */
function isMissing(file: string): boolean {
  try {
    return statSync(file, { throwIfNoEntry: false }) === undefined
  } catch {
    return false
  }
}
