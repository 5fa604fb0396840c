import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { type Event, guestKey, type LogName, stateChangeOf } from '../event.ts'

/** The states of rooms that SQLite holds, see {@link EngineLogs.state}. */
export class RoomStateTable {
  readonly #set: StatementSync
  readonly #unset: StatementSync
  readonly #all: StatementSync
  readonly #clear: StatementSync
  readonly #keeping: StatementSync

  constructor(db: DatabaseSync) {
    this.#set = db.prepare('INSERT OR REPLACE INTO room_state VALUES (?, ?, ?)')
    this.#unset = db.prepare('DELETE FROM room_state WHERE room = ? AND key = ?')
    this.#all = db.prepare('SELECT event FROM room_state WHERE room = ?')
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

  of(room: number): Event[] {
    // Only `note` writes here.
    return this.#all.all(room).map(({ event }) => JSON.parse(String(event)) as Event)
  }

  /** Lists the logs of rooms with the mode `keep`, with its days. */
  keeping(): Map<LogName, number> {
    return new Map(this.#keeping.all().map(({ room, days }) => [`room:${Number(room)}`, Number(days)]))
  }

  clear(room: number): void {
    this.#clear.run(room)
  }
}
