import type { DatabaseSync, SQLOutputValue, StatementSync } from 'node:sqlite'
import type { AccountRecord, BlockRecord } from '../engine.ts'
import { fold } from '../fold.ts'

/** What SQLite holds of names: accounts, their blocks, and who was ever seen. */
export class Names {
  readonly #db: DatabaseSync
  readonly #see: StatementSync

  constructor(db: DatabaseSync) {
    this.#db = db
    this.#see = db.prepare('INSERT OR IGNORE INTO names (key, name) VALUES (?, ?)')
  }

  /** Somebody joins. The spelling that was seen first, or registered, stays. */
  see(name: string): void {
    this.#see.run(fold(name), name)
  }

  find(name: string): string | undefined {
    const row = this.#db.prepare('SELECT name FROM names WHERE key = ?').get(fold(name))
    return row && String(row.name)
  }

  all(limit: number, skip: number): string[] {
    const rows = this.#db.prepare('SELECT name FROM names ORDER BY id LIMIT ? OFFSET ?').all(limit, skip)
    return rows.map((row) => String(row.name))
  }

  /** Names of all accounts, as registered. */
  accounts(): string[] {
    const rows = this.#db.prepare('SELECT name FROM accounts').all()
    return rows.map((row) => String(row.name))
  }

  /** False when the name is taken. */
  createAccount({ name, hash }: AccountRecord): boolean {
    const key = fold(name)
    const { changes } = this.#db
      .prepare('INSERT OR IGNORE INTO accounts (key, name, hash, created_at) VALUES (?, ?, ?, ?)')
      .run(key, name, hash, Date.now())
    if (Number(changes) === 0) return false
    this.#db
      .prepare('INSERT INTO names (key, name) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET name = excluded.name')
      .run(key, name)
    return true
  }

  findAccount(name: string): AccountRecord | undefined {
    const row = this.#db.prepare('SELECT name, hash, created_at FROM accounts WHERE key = ?').get(fold(name))
    return row && accountOf(row)
  }

  /** Those made after the account with that number. */
  page(after: number, limit: number): { page: AccountRecord[]; last: number } {
    const page = 'SELECT id, name, hash, created_at FROM accounts WHERE id > ? ORDER BY id LIMIT ?'
    const rows = this.#db.prepare(page).all(after, limit)
    return { page: rows.map(accountOf), last: Number(rows.at(-1)?.id ?? after) }
  }

  /** Returns the account as it was; without a hash it is removed. */
  changeAccount(name: string, hash: string | undefined): AccountRecord | undefined {
    const key = fold(name)
    const account = this.findAccount(name)
    if (hash === undefined) this.#db.prepare('DELETE FROM accounts WHERE key = ?').run(key)
    else this.#db.prepare('UPDATE accounts SET hash = ? WHERE key = ?').run(hash, key)
    return account
  }

  anyBlock(): boolean {
    return this.#db.prepare('SELECT 1 FROM blocks LIMIT 1').get() !== undefined
  }

  keepBlock(owner: string, name: string): true {
    this.#db
      .prepare(
        `INSERT INTO blocks (owner, key, name) VALUES (?, ?, ?)
         ON CONFLICT (owner, key) DO UPDATE SET name = excluded.name`,
      )
      .run(fold(owner), fold(name), name)
    return true
  }

  dropBlock(owner: string, name: string): true {
    this.#db.prepare('DELETE FROM blocks WHERE owner = ? AND key = ?').run(fold(owner), fold(name))
    return true
  }

  blocksWith(name: string): BlockRecord[] {
    const key = fold(name)
    const rows = this.#db.prepare('SELECT owner, name FROM blocks WHERE owner = ? OR key = ? ORDER BY id').all(key, key)
    return rows.map((row) => ({ owner: String(row.owner), name: String(row.name) }))
  }
}

export function accountOf({ name, hash, created_at: createdAt }: Record<string, SQLOutputValue>): AccountRecord {
  return { name: String(name), hash: String(hash), ...(createdAt !== 0 && { createdAt: Number(createdAt) }) }
}
