import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { type Event, guestKey, hasEnded, type LogName, stateChangeOf } from '../event.ts'

/** Maximum events of a text, which is parsed within a few milliseconds. */
const PAGE_EVENTS = 256

/** Returns the events of a text, without roles that have ended. Of a large room they pass between threads faster as texts. */
export function stateFrom(text: string): Event[] {
  // Only `note` of the table writes them.
  return (JSON.parse(text) as Event[]).filter(({ details }) => !hasEnded(details))
}

/** A page of a state: a text for {@link stateFrom}, and its last key unless there are no more. */
export interface StatePage {
  readonly text: string
  readonly last: string | undefined
}

/** A state, or a part of one, in texts for {@link stateFrom}. */
interface StateTexts {
  readonly isWhole: boolean
  readonly texts: readonly string[]
}

/** The states of rooms that SQLite holds, see {@link EngineLogs.state}. */
export class RoomStateTable {
  readonly #set: StatementSync
  readonly #unset: StatementSync
  readonly #page: StatementSync
  readonly #part: StatementSync
  readonly #one: StatementSync
  readonly #ended: StatementSync
  readonly #removeEnded: StatementSync
  readonly #clear: StatementSync
  readonly #keeping: StatementSync

  constructor(db: DatabaseSync) {
    this.#set = db.prepare('INSERT OR REPLACE INTO room_state VALUES (?, ?, ?)')
    this.#unset = db.prepare('DELETE FROM room_state WHERE room = ? AND key = ?')
    this.#page = db.prepare('SELECT event, key FROM room_state WHERE room = ? AND key > ? ORDER BY key LIMIT ?')
    // Conditions written as in the indices.
    this.#part = db.prepare(
      `SELECT event FROM room_state INDEXED BY room_state_common WHERE room = ?1 AND
         (substr(key, 1, instr(key, ':')) NOT IN ('banned:', 'muted:', 'invited:') OR instr(key, '*'))
       UNION ALL SELECT event FROM room_state WHERE room = ?1 AND key IN ('banned:' || ?2, 'muted:' || ?2, 'invited:' || ?2)
       UNION ALL SELECT event FROM room_state INDEXED BY room_state_address WHERE room = ?1 AND event ->> '$.details.address' = ?3`,
    )
    this.#one = db.prepare('SELECT event FROM room_state WHERE room = ? AND key = ?')
    // Written as in the index.
    this.#ended = db.prepare("SELECT 1 FROM room_state WHERE event ->> '$.details.until' <= ? LIMIT 1")
    this.#removeEnded = db.prepare(
      `DELETE FROM room_state WHERE (room, key) IN
       (SELECT room, key FROM room_state WHERE event ->> '$.details.until' <= ? LIMIT ?)`,
    )
    this.#clear = db.prepare('DELETE FROM room_state WHERE room = ?')
    this.#keeping = db.prepare(
      "SELECT room, event ->> '$.details.value' AS days FROM room_state WHERE key = 'mode:keep'",
    )
  }

  /** Stores the change by an event; does nothing for events that change no state. */
  note(event: Event): void {
    const change = stateChangeOf(event)
    if (change?.isSet) this.#set.run(event.room, change.key, JSON.stringify(event))
    else if (change) this.#unset.run(event.room, change.key)
  }

  /** Removes the role of a guest who is gone. */
  left(room: number, name: string): void {
    this.#unset.run(room, guestKey(name))
  }

  /** Returns the next events of the state of a room behind a key. */
  page(room: number, after: string): StatePage {
    const rows = this.#page.all(room, after, PAGE_EVENTS)
    const last = rows.length < PAGE_EVENTS ? undefined : String(rows.at(-1)?.key)
    return { text: textOf(rows), last }
  }

  all(room: number): Event[] {
    const events: Event[] = []
    for (let after: string | undefined = ''; after !== undefined; ) {
      const { text, last }: StatePage = this.page(room, after)
      events.push(...stateFrom(text))
      after = last
    }
    return events
  }

  /** Returns the state of a room for a user, see {@link EngineLogs.stateFor}. */
  part(room: number, key: string, address: string): StateTexts {
    const { text, last } = this.page(room, '')
    if (last === undefined) return { isWhole: true, texts: [text] }
    const rows = this.#part.all(room, key, address)
    const texts: string[] = []
    while (rows.length > 0) texts.push(textOf(rows.splice(0, PAGE_EVENTS)))
    return { isWhole: false, texts }
  }

  /** Returns the state of one key, for {@link stateFrom}. */
  textOf(room: number, key: string): string {
    return `[${this.#one.get(room, key)?.event ?? ''}]`
  }

  /** Returns true if a role has ended before `now`, in ms since the epoch, and is not removed. */
  hasEnded(now: number): boolean {
    return this.#ended.get(now) !== undefined
  }

  /** Removes at most `count` roles that have ended before `now`, in ms since the epoch. */
  removeEnded(now: number, count: number): void {
    this.#removeEnded.run(now, count)
  }

  /** Lists the logs of rooms with the mode `keep`, with its days. */
  keeping(): Map<LogName, number> {
    return new Map(this.#keeping.all().map(({ room, days }) => [`room:${Number(room)}`, Number(days)]))
  }

  clear(room: number): void {
    this.#clear.run(room)
  }
}

function textOf(rows: readonly Record<string, unknown>[]): string {
  return `[${rows.map(({ event }) => event).join()}]`
}
