import type { StatementSync } from 'node:sqlite'
import type { RoomRecord } from '../engine.ts'
import { type Event, type LogName, timeOf } from '../event.ts'
import { fold } from '../fold.ts'
import { type KeptRecord, type LogRecord, type Target, Unfit } from '../moving.ts'
import { type Database, openDatabase } from './database.ts'
import { LocalSource, UNFINISHED } from './moving-out.ts'
import { RecordTable } from './record-table.ts'
import { unfinishedFrom } from './unfinished.ts'

/** What is kept beside the logs. */
const TABLES = ['rooms', 'records'] as const

/** A database that everything is moved into. */
export class LocalTarget extends LocalSource implements Target {
  readonly #insertEvent: StatementSync
  readonly #records: RecordTable

  static override async open(file: string): Promise<LocalTarget> {
    return new LocalTarget(file, openDatabase(file, 'normal'))
  }

  private constructor(file: string, database: Database) {
    super(file, database)
    this.#records = new RecordTable(this.db)
    this.#insertEvent = this.db.prepare('INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)')
  }

  async begin(from: string): Promise<void> {
    const before = unfinishedFrom(this.db)
    if (before !== undefined && before !== from) {
      throw new Unfit(
        `another migration into ${this.shown} is unfinished, from ${before}; end that one, or give another folder`,
      )
    }
    this.#transaction(() => {
      if (before !== undefined) {
        for (const table of [...TABLES, 'sqlite_sequence']) this.db.exec(`DELETE FROM ${table}`)
        for (const { name } of this.db.prepare('SELECT name FROM logs WHERE last = ?').all(UNFINISHED)) {
          this.#drop(String(name))
        }
        return
      }
      for (const table of ['logs', ...TABLES]) {
        if (this.db.prepare(`SELECT 1 FROM ${table} LIMIT 1`).get())
          throw new Unfit(`${this.shown} is not empty; give another folder`)
      }
      this.db.exec('CREATE TABLE migration (source TEXT NOT NULL) STRICT')
      this.db.prepare('INSERT INTO migration VALUES (?)').run(from)
    })
  }

  async append(name: LogName, events: readonly Event[]): Promise<void> {
    this.#transaction(() => {
      const log = this.#numberOf(name)
      for (const { id, at, kind, room, from, to = null, body, sent = null, color = null, verified } of events) {
        const own = at === timeOf(id) ? null : at
        this.#insertEvent.run(log, id, kind, room, from, to, body, sent, color, verified ? 1 : null, own)
      }
    })
  }

  async finishLog({ name, start, last, count }: LogRecord): Promise<void> {
    const ahead = '(SELECT coalesce(max(id), 0) FROM events INDEXED BY events_at WHERE log = ?4 AND at IS NOT NULL)'
    const finish = this.db.prepare(`UPDATE logs SET start = ?1, last = ?2, count = ?3, ahead = ${ahead} WHERE id = ?4`)
    this.#transaction(() => finish.run(start, last, count, this.#numberOf(name)))
  }

  async dropLog(name: LogName): Promise<void> {
    this.#transaction(() => this.#drop(name))
  }

  async keep(records: readonly KeptRecord[]): Promise<void> {
    this.#transaction(() => {
      for (const record of records) this.#keep(record)
    })
  }

  async finish(): Promise<void> {
    this.db.exec('DROP TABLE migration')
  }

  #keep(record: KeptRecord): void {
    switch (record.is) {
      case 'given':
        this.db.exec("DELETE FROM sqlite_sequence WHERE name = 'rooms'")
        this.db.prepare("INSERT INTO sqlite_sequence (name, seq) VALUES ('rooms', ?)").run(record.id)
        return
      case 'room':
        this.#keepRoom(record.room)
        return
      case 'record':
        this.#records.put(record)
    }
  }

  #keepRoom({ id, title, lineName, description, visibility, hash, maker, createdAt, changedAt }: RoomRecord): void {
    this.db
      .prepare(
        `INSERT INTO rooms
           (id, title, title_key, line_name, line_key, description, visibility, hash, maker_address, maker_name, created_at,
           changed_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      )
      .run(
        id,
        title,
        fold(title),
        lineName,
        fold(lineName),
        description,
        visibility,
        hash ?? null,
        maker?.address ?? null,
        maker?.name ?? null,
        createdAt,
        changedAt,
      )
  }

  #numberOf(name: LogName): number {
    this.db.prepare('INSERT OR IGNORE INTO logs (name, start, last, count) VALUES (?, 0, ?, 0)').run(name, UNFINISHED)
    return Number(this.db.prepare('SELECT id FROM logs WHERE name = ?').get(name)?.id)
  }

  #drop(name: string): void {
    this.db.prepare('DELETE FROM events WHERE log = (SELECT id FROM logs WHERE name = ?)').run(name)
    this.db.prepare('DELETE FROM logs WHERE name = ?').run(name)
  }

  #transaction(work: () => void): void {
    this.db.exec('BEGIN IMMEDIATE')
    try {
      work()
      this.db.exec('COMMIT')
    } catch (error) {
      if (this.db.isTransaction) this.db.exec('ROLLBACK')
      throw error
    }
  }
}
