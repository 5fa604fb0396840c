import type { DatabaseSync, SQLInputValue, SQLOutputValue, StatementSync } from 'node:sqlite'
import { type Event, type Kind, timeOf } from '../event.ts'
import { memoryBytes } from '../recent.ts'
import type { Row } from './rows.ts'

/** Extended result code of SQLite for values that a unique index has already. */
const NOT_UNIQUE = 2067

const COLUMNS = 'id, kind, room, sender, addressee, body, sent, color, verified, at, details'

/** The events of all logs that SQLite holds. A `log` is the number of its row in the table of logs. */
export class EventTable {
  /** The statement for most messages: each bound value costs. */
  readonly #insertMessage: StatementSync
  readonly #insert: StatementSync
  readonly #nonce: StatementSync
  readonly #freeNonce: StatementSync
  readonly #page: StatementSync
  readonly #back: StatementSync
  readonly #oldest: StatementSync
  readonly #newestBefore: StatementSync
  readonly #deleteUpTo: StatementSync

  constructor(db: DatabaseSync) {
    this.#insertMessage = db.prepare(
      "INSERT INTO events VALUES (?, ?, 'message', ?, ?, NULL, ?, NULL, NULL, ?, NULL, ?, NULL)",
    )
    this.#insert = db.prepare('INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)')
    const wanted = 'log = ? AND nonce = ? AND sender = ?'
    this.#nonce = db.prepare(`SELECT id FROM events WHERE ${wanted}`)
    this.#freeNonce = db.prepare(`UPDATE events SET nonce = NULL WHERE ${wanted}`)
    this.#page = selectEvents(db, 'WHERE log = ? AND id BETWEEN ? AND ? ORDER BY id LIMIT ?')
    this.#back = db.prepare(
      'SELECT id FROM events WHERE log = ? AND id BETWEEN ? AND ? ORDER BY id DESC LIMIT 1 OFFSET ?',
    )
    this.#oldest = db.prepare('SELECT id FROM events WHERE log = ? AND id < ? ORDER BY id LIMIT ?')
    this.#newestBefore = db.prepare(
      'SELECT id FROM events WHERE log = ? AND at IS NOT NULL AND at < ? ORDER BY at DESC, id DESC LIMIT 1',
    )
    this.#deleteUpTo = db.prepare('DELETE FROM events WHERE log = ? AND id <= ?')
  }

  /**
   * Inserts an event; `at` is its time if the id does not contain it. Returns false, and changes nothing, if an event of the log has its
   * sender and nonce.
   */
  insert(log: number, id: number, at: number | null, row: Row): boolean {
    const [, kind, room, from, to, body, sent, color, verified, nonce, details] = row
    try {
      // Unlike run(), get() makes no object of the result.
      if (kind === 'message' && (to ?? sent ?? color ?? at ?? details) === null) {
        this.#insertMessage.get(log, id, room, from, body, verified, nonce)
      } else {
        this.#insert.get(log, id, kind, room, from, to, body, sent, color, verified, at, nonce, details)
      }
      return true
    } catch (error) {
      if (error instanceof Error && 'errcode' in error && error.errcode === NOT_UNIQUE) return false
      throw error
    }
  }

  /** Returns the event with an id; undefined if it is gone. */
  get(log: number, id: number): Event | undefined {
    return eventsOf(this.#page, log, id, id, 1)[0]
  }

  /** Returns the oldest events from an id to another one: at most `limit`, and no more when these have `bytes` in memory. */
  page(log: number, from: number, to: number, limit: number, bytes = Number.POSITIVE_INFINITY): Event[] {
    const page: Event[] = []
    let weight = 0
    for (const row of this.#page.iterate(log, from, to, limit)) {
      // Rows are arrays here, see `setReturnArrays`.
      const event = eventOfRow(row as unknown as SQLOutputValue[])
      page.push(event)
      weight += memoryBytes(event)
      if (weight >= bytes) break
    }
    return page
  }

  /** Implements {@link LogStore.back}. */
  back(log: number, from: number, to: number, skip: number): number | undefined {
    const row = this.#back.get(log, from, to, skip)
    return row && Number(row.id)
  }

  /** Returns the id of the event with a sender and nonce; 0 if there is none. */
  idWithNonce(log: number, nonce: string, from: string): number {
    return Number(this.#nonce.get(log, nonce, from)?.id ?? 0)
  }

  /** Makes a nonce of a sender free for another event. */
  freeNonce(log: number, nonce: string, from: string): void {
    this.#freeNonce.run(log, nonce, from)
  }

  /** Returns the ids of the oldest `count` events below an id. */
  oldest(log: number, count: number, below: number): number[] {
    return this.#oldest.all(log, below, count).map((row) => Number(row.id))
  }

  /** Returns the id of the newest event before a time in ms among those whose ids do not contain their time; -1 if there is none. */
  newestBefore(log: number, ms: number): number {
    return Number(this.#newestBefore.get(log, ms)?.id ?? -1)
  }

  deleteUpTo(log: number, id: number): void {
    this.#deleteUpTo.run(log, id)
  }
}

/** Prepares a statement for {@link eventsOf}; `clauses` follow the name of the table. */
export function selectEvents(db: DatabaseSync, clauses: string): StatementSync {
  const statement = db.prepare(`SELECT ${COLUMNS} FROM events ${clauses}`)
  statement.setReturnArrays(true)
  return statement
}

/** Returns the events that a statement of {@link selectEvents} finds. */
export function eventsOf(statement: StatementSync, ...values: SQLInputValue[]): Event[] {
  // Rows are arrays here, see `setReturnArrays`.
  return (statement.all(...values) as unknown as SQLOutputValue[][]).map(eventOfRow)
}

function eventOfRow(row: SQLOutputValue[]): Event {
  const [id, kind, room, from, to, body, sent, color, verified, at, details] = row
  const event = {
    id: Number(id),
    at: at === null ? timeOf(Number(id)) : Number(at),
    kind: kind as Kind,
    room: Number(room),
    from: String(from),
    body: String(body),
  }
  return {
    ...event,
    ...(to !== null && { to: String(to) }),
    ...(sent !== null && { sent: Number(sent) }),
    ...(color !== null && { color: String(color) }),
    ...(verified === 1 && { verified: true }),
    ...(details != null && { details: JSON.parse(String(details)) }),
  }
}
