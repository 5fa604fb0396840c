import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { idAt, NONCE_MS } from '../event.ts'

/** The nonces of removed messages, so that a message which is sent again is not appended anew. */
export class ErasedNonces {
  readonly #keep: StatementSync
  readonly #expire: StatementSync

  constructor(db: DatabaseSync) {
    this.#keep = db.prepare(
      `INSERT OR REPLACE INTO nonces SELECT log, nonce, sender, id FROM events
       WHERE log = ? AND id = ? AND kind = 'message' AND nonce IS NOT NULL`,
    )
    this.#expire = db.prepare('DELETE FROM nonces WHERE id < ?')
  }

  /** Keeps the nonce of a message that is removed next. */
  keep(log: number, id: number): void {
    this.#expire.run(idAt(Date.now() - NONCE_MS))
    this.#keep.run(log, id)
  }
}
