import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { fold } from '../fold.ts'

/** A user who was in a room when the process crashed. */
export interface Stranded {
  readonly room: number
  readonly name: string
}

/** The users who have joined rooms and not left, as SQLite holds them. */
export class MemberTable {
  readonly #db: DatabaseSync
  readonly #insert: StatementSync
  readonly #delete: StatementSync
  readonly #find: StatementSync
  readonly #inside: StatementSync

  constructor(db: DatabaseSync) {
    this.#db = db
    this.#insert = db.prepare('INSERT OR IGNORE INTO members VALUES (?, ?)')
    this.#delete = db.prepare('DELETE FROM members WHERE room = ? AND name = ?')
    this.#find = db.prepare('SELECT 1 FROM members WHERE room = ? AND name = ?')
    this.#inside = db.prepare('SELECT name FROM members WHERE room = ? ORDER BY name')
  }

  add(room: number, name: string): void {
    this.#insert.run(room, name)
  }

  remove(room: number, name: string): void {
    this.#delete.run(room, name)
  }

  has(room: number, name: string | null): boolean {
    return this.#find.get(room, name) !== undefined
  }

  /** Returns true if a user is in a room, however the name is written. */
  hasFolded(room: number, name: string): boolean {
    const key = fold(name)
    return this.has(room, name) || this.inside(room).some((member) => fold(member) === key)
  }

  /** Lists the members of a room in order of their names. */
  inside(room: number): string[] {
    return this.#inside.all(room).map((row) => String(row.name))
  }

  /** Lists the members of all rooms in order of the rooms. */
  all(): Stranded[] {
    const rows = this.#db.prepare('SELECT room, name FROM members ORDER BY room').all()
    return rows.map((row) => ({ room: Number(row.room), name: String(row.name) }))
  }
}
