import type { DatabaseSync } from 'node:sqlite'

/** From where a migration into this database has been begun and not finished. The table is there only meanwhile. */
export function unfinishedFrom(db: DatabaseSync): string | undefined {
  const made = db.prepare("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'migration'").get()
  const row = made && db.prepare('SELECT source FROM migration').get()
  return row && String(row.source)
}
