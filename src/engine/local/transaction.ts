import type { DatabaseSync } from 'node:sqlite'

/** Runs work in a transaction and returns its result. When it throws, nothing in the database has changed. */
export type Transaction = <T>(work: () => T) => T

/** Returns the transactions of a database. `beforeCommit` is called before each commit and prevents it by throwing. */
export function transactionsOf(db: DatabaseSync, beforeCommit: () => void): Transaction {
  return (work) => {
    db.exec('BEGIN IMMEDIATE')
    try {
      const result = work()
      beforeCommit()
      db.exec('COMMIT')
      return result
    } catch (error) {
      if (db.isTransaction) db.exec('ROLLBACK')
      throw error
    }
  }
}
