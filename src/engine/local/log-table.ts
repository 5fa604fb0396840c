import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { LogName } from '../event.ts'

export interface LogRow {
  readonly id: number
  readonly name: LogName
  start: number
  last: number
  count: number
  /** Id of the newest event whose id is ahead of its time; 0 if there is none. */
  ahead: number
  /** Time of the last message that is stored with the room, in ms since the epoch. */
  said: number
  /** Id up to which its messages are in the index. */
  indexed: number
}

/** Number of rows in memory above which all are forgotten before the next commit. */
const MAX_ROWS = 10_000

/** The logs that SQLite holds, without their events. Rows that were used are in memory, where they are changed first. */
export class LogTable {
  /** Logs of closed rooms that are not yet removed completely. */
  readonly ended: Set<LogName>
  readonly #db: DatabaseSync
  /** Of the logs that were used, at most about {@link MAX_ROWS}. */
  readonly #rows = new Map<LogName, LogRow>()
  readonly #insert: StatementSync
  readonly #update: StatementSync
  readonly #find: StatementSync
  readonly #end: StatementSync

  constructor(db: DatabaseSync) {
    this.#db = db
    this.#insert = db.prepare('INSERT INTO logs (name, start, last, count) VALUES (?, ?, ?, 0)')
    this.#update = db.prepare('UPDATE logs SET start = ?, last = ?, count = ?, ahead = ? WHERE id = ?')
    this.#find = db.prepare('SELECT id, start, last, count, ahead, indexed FROM logs WHERE name = ?')
    this.#end = db.prepare('UPDATE logs SET ended = 1 WHERE id = ?')
    this.ended = new Set(this.#names('ended = 1'))
  }

  find(name: LogName): LogRow | undefined {
    return this.#rows.get(name) ?? this.#read(name)
  }

  /** Inserts a log without events. Returns its number. */
  insert(name: LogName, start: number, last: number): number {
    return Number(this.#insert.run(name, start, last).lastInsertRowid)
  }

  /** Inserts a log without events, whose ids will be above `start`. */
  create(name: LogName, start: number): LogRow {
    const id = this.insert(name, start, start)
    const log = { id, name, start, last: start, count: 0, ahead: 0, said: 0, indexed: 0 }
    this.#rows.set(name, log)
    return log
  }

  /** Stores what appending and removing events changes in a row. */
  save({ start, last, count, ahead, id }: Pick<LogRow, 'start' | 'last' | 'count' | 'ahead' | 'id'>): void {
    this.#update.run(start, last, count, ahead, id)
  }

  /** Marks the log of a closed room. Must be added to {@link ended} when that is committed. */
  end(log: LogRow): void {
    this.#end.run(log.id)
  }

  /** Deletes the row of a log. Must be forgotten when that is committed. */
  delete(log: LogRow): void {
    this.#db.prepare('DELETE FROM logs WHERE id = ?').run(log.id)
    // The number may be given again.
    this.#db.prepare('DELETE FROM nonces WHERE log = ?').run(log.id)
  }

  /** Forgets a row in memory; it is read again when needed. */
  forget(name: LogName): void {
    this.#rows.delete(name)
  }

  /** Forgets the rows in memory if they are too many. No row that {@link find} has returned may be used behind that. */
  limit(): void {
    if (this.#rows.size > MAX_ROWS) this.#rows.clear()
  }

  /** Lists the inboxes of guests' clients that end before an id. */
  guestInboxesBefore(id: number): LogName[] {
    // Without the name of the index SQLite would look at all inboxes.
    return this.#names("last < ? AND name GLOB 'inbox:*/*'", { values: [id], from: 'logs INDEXED BY logs_guests' })
  }

  withMoreThan(events: number): LogName[] {
    return this.#names('count > ?', { values: [events] })
  }

  /** Lists the logs of rooms with events that are not looked at for the index of messages. */
  unindexed(): LogName[] {
    return this.#names("indexed < last AND name GLOB 'room:*'")
  }

  #read(name: LogName): LogRow | undefined {
    const row = this.#find.get(name)
    if (!row) return undefined
    const { id, start, last, count, ahead, indexed } = row
    const log = {
      id: Number(id),
      name,
      start: Number(start),
      last: Number(last),
      count: Number(count),
      ahead: Number(ahead),
      said: 0,
      indexed: Number(indexed),
    }
    this.#rows.set(name, log)
    return log
  }

  #names(condition: string, { values = [] as number[], from = 'logs' } = {}): LogName[] {
    const rows = this.#db.prepare(`SELECT name FROM ${from} WHERE ${condition}`).all(...values)
    // Only engines write here.
    return rows.map((row) => row.name as LogName)
  }
}
