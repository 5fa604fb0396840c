import type { DatabaseSync } from 'node:sqlite'

/** Small texts by key, each until its time. */
export class Notes {
  readonly #db: DatabaseSync

  constructor(db: DatabaseSync) {
    this.#db = db
  }

  remember(key: string, text: string, until: number | undefined): true {
    this.#dropExpired()
    this.#db.prepare('INSERT OR REPLACE INTO notes VALUES (?, ?, ?)').run(key, text, until ?? null)
    return true
  }

  /** What is kept already stays. */
  rememberFirst(key: string, text: string, until: number | undefined): string {
    this.#dropExpired()
    this.#db.prepare('INSERT OR IGNORE INTO notes VALUES (?, ?, ?)').run(key, text, until ?? null)
    return this.recall(key) ?? text
  }

  recall(key: string): string | undefined {
    const row = this.#db
      .prepare('SELECT text FROM notes WHERE key = ? AND (until IS NULL OR until > ?)')
      .get(key, Date.now())
    return row && String(row.text)
  }

  forget(key: string): true {
    this.#db.prepare('DELETE FROM notes WHERE key = ?').run(key)
    return true
  }

  #dropExpired(): void {
    this.#db.prepare('DELETE FROM notes WHERE until <= ?').run(Date.now())
  }
}
