import type { RoomRecord } from '../engine.ts'
import { type Event, timeOf } from '../event.ts'
import type { StoredRecord } from '../records.ts'
import { type ImportTarget, type LogExtent, Unfit } from '../transfer.ts'
import { type Database, openDatabase } from './database.ts'
import { EventTable } from './event-table.ts'
import { type LogRow, LogTable } from './log-table.ts'
import { RecordTable } from './record-table.ts'
import { RoomStateTable } from './room-state-table.ts'
import { LocalRoomTable } from './room-table.ts'
import { rowOf } from './rows.ts'

/** A database that is filled in one transaction: an interrupted import leaves it empty. */
export class LocalImport implements ImportTarget {
  readonly shown: string
  readonly #database: Database
  readonly #records: RecordTable
  readonly #rooms: LocalRoomTable
  readonly #states: RoomStateTable
  readonly #logs: LogTable
  readonly #events: EventTable
  /** Times of the newest messages, by room. */
  readonly #saidAt = new Map<number, number>()
  /** The log that is being filled. */
  #log: Omit<LogRow, 'said' | 'indexed'> = { id: 0, name: 'room:0', start: 0, last: 0, count: 0, ahead: 0 }

  /** @throws Unfit, or an error whose message is for an operator. */
  static open(file: string): LocalImport {
    const database = openDatabase(file, 'normal')
    for (const table of ['rooms', 'logs', 'records']) {
      if (!database.db.prepare(`SELECT 1 FROM ${table} LIMIT 1`).get()) continue
      database.close()
      throw new Unfit(`${file} is not empty; give another folder`)
    }
    return new LocalImport(file, database)
  }

  private constructor(file: string, database: Database) {
    this.shown = file
    this.#database = database
    this.#records = new RecordTable(database.db)
    this.#rooms = new LocalRoomTable(database.db)
    this.#states = new RoomStateTable(database.db)
    this.#logs = new LogTable(database.db)
    this.#events = new EventTable(database.db)
    database.db.exec('BEGIN IMMEDIATE')
  }

  async setLastRoom(id: number): Promise<void> {
    this.#database.db.exec("DELETE FROM sqlite_sequence WHERE name = 'rooms'")
    this.#database.db.prepare("INSERT INTO sqlite_sequence (name, seq) VALUES ('rooms', ?)").run(id)
  }

  async addRoom(room: RoomRecord): Promise<void> {
    this.#rooms.restore(room)
  }

  async addRecords(records: readonly StoredRecord[]): Promise<void> {
    for (const record of records) this.#records.put(record)
  }

  async beginLog({ name, start, last }: LogExtent): Promise<void> {
    this.#log = { id: this.#logs.insert(name, start, last), name, start, last, count: 0, ahead: 0 }
  }

  async addState(state: readonly Event[]): Promise<void> {
    for (const event of state) this.#states.note(event)
  }

  async addEvents(events: readonly Event[]): Promise<void> {
    for (const event of events) {
      const { id, at, kind, room } = event
      const own = at === timeOf(id) ? null : at
      if (own !== null) this.#log.ahead = id
      if (kind === 'message') this.#saidAt.set(room, at)
      this.#events.insert(this.#log.id, id, own, rowOf(this.#log.name, event))
    }
    this.#log.count += events.length
  }

  async endLog(): Promise<void> {
    this.#logs.save(this.#log)
  }

  async finish(): Promise<void> {
    for (const [room, at] of this.#saidAt) this.#rooms.said(room, at)
    this.#database.db.exec('COMMIT')
  }

  async discard(): Promise<void> {
    if (this.#database.db.isTransaction) this.#database.db.exec('ROLLBACK')
  }

  close(): void {
    this.#database.close()
  }
}
