import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { type Event, guestKey, hasEnded, type LogName, stateChangeOf } from '../event.ts'

/** Maximum events of a text, which is parsed within a few milliseconds. */
const PAGE_EVENTS = 256

/** Returns the events of a text, without roles that have ended. Of a large room they pass between threads faster as texts. */
export function stateFrom(text: string): Event[] {
  const now = Date.now()
  // Only `note` of the table writes them.
  return (JSON.parse(text) as Event[]).filter((event) => !hasEnded(event, now))
}

/** The states of rooms that SQLite holds, see {@link EngineLogs.state}. */
export class RoomStateTable {
  readonly #set: StatementSync
  readonly #unset: StatementSync
  readonly #all: StatementSync
  readonly #one: StatementSync
  readonly #ended: StatementSync
  readonly #removeEnded: StatementSync
  readonly #clear: StatementSync
  readonly #keeping: StatementSync

  constructor(db: DatabaseSync) {
    this.#set = db.prepare('INSERT OR REPLACE INTO room_state VALUES (?, ?, ?)')
    this.#unset = db.prepare('DELETE FROM room_state WHERE room = ? AND key = ?')
    this.#all = db.prepare('SELECT event FROM room_state WHERE room = ?')
    this.#all.setReturnArrays(true)
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

  /** Returns the state of a room, in texts for {@link stateFrom}. */
  textsOf(room: number): string[] {
    // Because of setReturnArrays.
    const rows = this.#all.all(room) as unknown as [string][]
    const texts: string[] = []
    for (let start = 0; start < rows.length; start += PAGE_EVENTS) {
      texts.push(
        `[${rows
          .slice(start, start + PAGE_EVENTS)
          .map(([event]) => event)
          .join()}]`,
      )
    }
    return texts
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
