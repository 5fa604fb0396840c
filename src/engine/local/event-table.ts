import type { DatabaseSync, SQLInputValue, SQLOutputValue, StatementSync } from 'node:sqlite'
import { type Event, type Kind, timeOf } from '../event.ts'
import { memoryBytes } from '../recent.ts'
import type { Row } from './messages.ts'

const COLUMNS = 'id, kind, room, sender, addressee, body, sent, color, verified, at, details'

/** The events of all logs that SQLite holds. A `log` is the number of its row in the table of logs. */
export class EventTable {
  /** The statement for most events: each bound value costs. */
  readonly #insert: StatementSync
  readonly #insertWithMore: StatementSync
  readonly #nonce: StatementSync
  readonly #page: StatementSync
  readonly #back: StatementSync
  readonly #oldest: StatementSync
  readonly #newestBefore: StatementSync
  readonly #deleteUpTo: StatementSync

  constructor(db: DatabaseSync) {
    this.#insert = db.prepare('INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, NULL)')
    this.#insertWithMore = db.prepare('INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)')
    const wanted = 'log = ?1 AND nonce = ?2 AND sender = ?3 AND id > ?4'
    // Of its own accord SQLite would look at every event of the last day. The second table is that of erased-nonces.ts.
    this.#nonce = db.prepare(
      `SELECT id FROM events INDEXED BY events_nonce WHERE ${wanted} UNION ALL SELECT id FROM nonces WHERE ${wanted} LIMIT 1`,
    )
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

  /** Inserts an event; `at` is its time if the id does not contain it. */
  insert(log: number, id: number, at: number | null, row: Row): void {
    const [, kind, room, from, to, body, sent, color, verified, nonce, details] = row
    if (nonce === null && details === null) {
      this.#insert.run(log, id, kind, room, from, to, body, sent, color, verified, at)
    } else {
      this.#insertWithMore.run(log, id, kind, room, from, to, body, sent, color, verified, at, nonce, details)
    }
  }

  /** Returns the event with an id; undefined if it is gone. */
  get(log: number, id: number): Event | undefined {
    return this.between(log, id, id, 1)[0]
  }

  /** Returns the oldest events from an id to another one, at most `limit`. */
  between(log: number, from: number, to: number, limit: number): Event[] {
    return eventsOf(this.#page, log, from, to, limit)
  }

  /** Returns what {@link between} does, but no more when these have `bytes` in memory. */
  page(log: number, from: number, to: number, limit: number, bytes: number): Event[] {
    const page: Event[] = []
    let weight = 0
    for (const row of this.#page.iterate(log, from, to, limit)) {
      // Because of setReturnArrays.
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

  /** Returns the id of an event, or removed message, with a sender and nonce after an id; 0 if there is none. */
  idWithNonce(log: number, nonce: string, from: string, after: number): number {
    return Number(this.#nonce.get(log, nonce, from, after)?.id ?? 0)
  }

  /** Returns the ids of the oldest `count` events below an id. */
  oldest(log: number, count: number, below: number): number[] {
    return this.#oldest.all(log, below, count).map((row) => Number(row.id))
  }

  /** Returns the id of the newest event before a time in ms among those whose ids do not contain their time; -1 if there is none. */
  newestBefore(log: number, ms: number): number {
    return Number(this.#newestBefore.get(log, ms)?.id ?? -1)
  }

  /** Deletes events up to an id. */
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
  // Because of setReturnArrays.
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
