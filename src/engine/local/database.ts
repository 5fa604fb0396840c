import { closeSync, mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { migrate } from './schema.ts'

/** SQLite's result codes that an operator meets, in words. */
const CAUSES: Readonly<Record<number, string>> = {
  5: 'it is in use by another process',
  8: 'it cannot be written to',
  13: 'the disk is full',
  14: 'the folder cannot be read or written',
}
/** Those that a damaged file leads to. */
const CORRUPT = 11
const NOT_A_DATABASE = 26

/** The same of the file system's. */
const FILE_CAUSES: Readonly<Record<string, string>> = {
  EACCES: 'the folder cannot be read or written',
  EROFS: 'it cannot be written to',
  ENOSPC: 'the disk is full',
}

export interface Database {
  readonly db: DatabaseSync
  close(): void
}

/**
 * Opens the file and brings its schema up to date. Throws an error whose message is for an operator.
 *
 * A second database beside it, locked for as long as this process lives, keeps a second daemon out, while `sqlite3` can
 * still look into the first or back it up.
 */
export function openDatabase(file: string, sync: 'normal' | 'full'): Database {
  const opened: DatabaseSync[] = []
  const close = () => {
    for (const db of opened) if (db.isOpen) db.close()
  }
  try {
    if (file !== ':memory:') {
      mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
      makePrivate(`${file}.lock`)
      makePrivate(file)
      const lock = new DatabaseSync(`${file}.lock`)
      opened.push(lock)
      lock.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE')
    }
    const db = new DatabaseSync(file, { timeout: 5_000 })
    opened.push(db)
    db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = ${sync}; PRAGMA journal_size_limit = 67108864`)
    migrate(db)
    return { db, close }
  } catch (error) {
    close()
    const why = errcodeOf(error) === NOT_A_DATABASE ? 'it is not a SQLite database' : causeOf(error)
    throw new Error(`cannot open ${file}: ${why}`, { cause: error })
  }
}

/** Makes a file that is not there yet readable by its owner only; what SQLite puts beside it is then no more readable. */
function makePrivate(file: string): void {
  try {
    closeSync(openSync(file, 'a', 0o600))
  } catch {
    // SQLite will meet the same, and has better words for it.
  }
}

/** Why SQLite or the file system refused, in words for an operator. */
export function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (isDamage(error)) return `the database file is damaged: ${error.message}`
  const code = errcodeOf(error)
  if (code !== undefined && CAUSES[code]) return CAUSES[code]
  const { code: name = '' } = error as NodeJS.ErrnoException
  return FILE_CAUSES[name] ?? error.message
}

/** Whether SQLite has found that the file is not as it was written. */
export function isDamage(error: unknown): boolean {
  const code = errcodeOf(error)
  return code === CORRUPT || code === NOT_A_DATABASE
}

/** SQLite's primary result code. */
function errcodeOf(error: unknown): number | undefined {
  return error instanceof Error && 'errcode' in error ? Number(error.errcode) & 0xff : undefined
}
