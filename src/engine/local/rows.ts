/** Events as rows: as they pass to the store's thread, which inserts them. */
import type { Draft, Event, LogName } from '../event.ts'

/** An event to append: log, kind, room, from, to, body, sent, colour, 1 if it is verified, nonce, and details as JSON. */
export type Row = [
  LogName,
  Event['kind'],
  number,
  string,
  string | null,
  string,
  number | null,
  string | null,
  1 | null,
  string | null,
  string | null,
]

/** Returns the row of an event that is appended to a log. */
export function rowOf(log: LogName, draft: Draft): Row {
  const { kind, room, from, to = null, body, sent = null, color = null, verified, nonce = null, details } = draft
  const extra = details ? JSON.stringify(details) : null
  return [log, kind, room, from, to, body, sent, color, verified ? 1 : null, nonce, extra]
}

/** Rows by column: one value where all rows have the same, as is mostly so for all but text and nonce. They pass between threads faster. */
export interface Columns {
  readonly rows: number
  readonly columns: readonly (Row[number] | readonly Row[number][])[]
}

export function columnsOfRows(rows: readonly Row[]): Columns {
  const [first] = rows
  const columns = first?.map((value, place) => {
    return rows.every((row) => row[place] === value) ? value : rows.map((row) => row[place] ?? null)
  })
  return { rows: rows.length, columns: columns ?? [] }
}

export function rowsOf({ rows, columns }: Columns): Row[] {
  return Array.from({ length: rows }, (_, place) => {
    const row: unknown = columns.map((value) => (Array.isArray(value) ? value[place] : value))
    // Made of rows.
    return row as Row
  })
}

export interface CommitResult {
  /** Id of each row; not appended: 0 where {@link Closed} is the reason, and the negative id of the event with the same nonce. */
  readonly ids: readonly number[]
  /** Time of the commit, in ms since the epoch. */
  readonly now: number
  /** The `left` events that were appended before each `closed`, oldest first. */
  readonly left: readonly Event[]
}
