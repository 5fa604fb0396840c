import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { idAt, NONCE_MS } from '../event.ts'

/** The nonces of removed messages, so that a message which is sent again is not appended anew. */
export class ErasedNonces {
  readonly #keep: StatementSync
  readonly #expire: StatementSync
  readonly #find: StatementSync
  /** The highest id of a message whose nonce may be kept. */
  #newest: number

  constructor(db: DatabaseSync) {
    this.#keep = db.prepare(
      `INSERT OR REPLACE INTO nonces SELECT log, nonce, sender, id FROM events
       WHERE log = ? AND id = ? AND kind = 'message' AND nonce IS NOT NULL`,
    )
    this.#expire = db.prepare('DELETE FROM nonces WHERE id < ?')
    this.#find = db.prepare('SELECT id FROM nonces WHERE log = ? AND nonce = ? AND sender = ? AND id > ?')
    this.#newest = Number(db.prepare('SELECT max(id) AS id FROM nonces').get()?.id)
  }

  /** Keeps the nonce of a message that is removed next. */
  keep(log: number, id: number): void {
    this.#expire.run(idAt(Date.now() - NONCE_MS))
    this.#keep.run(log, id)
    this.#newest = Math.max(this.#newest, id)
  }

  /** Returns the id of the removed message with a sender and nonce after an id; 0 if there is none. */
  find(log: number, nonce: string, from: string, after: number): number {
    // Mostly there is none of a log, and every message with a nonce asks.
    return this.#newest > after ? Number(this.#find.get(log, nonce, from, after)?.id ?? 0) : 0
  }
}
