import { closeSync, existsSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { giveToOwnerOfFolder, makePrivateFolder } from '../../private-folder.ts'
import { forbidden } from './access.ts'
import { migrate } from './schema.ts'

/** Time for which a statement waits for locks of other processes, in ms. */
export const BUSY_TIMEOUT_MS = 5_000

/** Frames of the write-ahead log at which a commit copies them to the database file, where that was not done before. */
const LAST_CHECKPOINT = 4_000

/** Result code of a file that another process uses. */
const BUSY = 5
/** Result code of a file that cannot be written to. */
const READ_ONLY = 8
/** Result code of a file that cannot be opened. */
const CANNOT_OPEN = 14

/** Messages for the result codes of SQLite that an operator meets. */
const CAUSES: Readonly<Record<number, string>> = {
  [BUSY]: 'it is in use by another process',
  [READ_ONLY]: 'it cannot be written to',
  13: 'the disk is full',
  [CANNOT_OPEN]: 'the folder cannot be read or written',
}
/** Result code of a damaged file. */
const CORRUPT = 11
/** Result code of a file that is no database. */
const NOT_A_DATABASE = 26

/** Messages for error codes of the file system. */
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
 * Opens the file and migrates its schema.
 *
 * A lock on a second database beside it, held until {@link Database.close}, keeps other daemons out, while `sqlite3` can still
 * read the first one or back it up.
 *
 * @throws Error with a message for an operator
 */
export function openDatabase(file: string, sync: 'normal' | 'full'): Database {
  if (file !== ':memory:') makePrivateFolder(dirname(file))
  const opened: DatabaseSync[] = []
  const close = () => {
    for (const db of opened) if (db.isOpen) db.close()
  }
  try {
    if (file !== ':memory:') {
      makePrivate(`${file}.lock`)
      makePrivate(file)
      const lock = new DatabaseSync(`${file}.lock`)
      opened.push(lock)
      lock.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE')
    }
    const db = new DatabaseSync(file, { timeout: BUSY_TIMEOUT_MS })
    opened.push(db)
    db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = ${sync}; PRAGMA journal_size_limit = 67108864`)
    db.exec(`PRAGMA wal_autocheckpoint = ${LAST_CHECKPOINT}`)
    // Always: a page that becomes free without it may have copies of messages that are deleted later.
    db.exec('PRAGMA secure_delete = ON')
    migrate(db)
    return { db, close }
  } catch (error) {
    close()
    const why = errcodeOf(error) === NOT_A_DATABASE ? 'it is not a SQLite database' : causeAt(file, error, 'write')
    throw new Error(`cannot open ${file}: ${why}`, { cause: error })
  }
}

/**
 * Creates a file that only its owner can read; SQLite gives the files beside it the same mode and owner. One that root creates belongs to
 * the owner of the folder.
 */
function makePrivate(file: string): void {
  try {
    const isNew = !existsSync(file)
    closeSync(openSync(file, 'a', 0o600))
    if (isNew) giveToOwnerOfFolder(file)
  } catch {
    // SQLite reports the same error with a better message.
  }
}

/** Returns the message for an error of SQLite or the file system. */
export function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (isDamage(error)) return `the database file is damaged: ${error.message}`
  const code = errcodeOf(error)
  if (code !== undefined && CAUSES[code]) return CAUSES[code]
  const { code: name = '' } = error as NodeJS.ErrnoException
  return FILE_CAUSES[name] ?? error.message
}

/** Returns the message for an error of opening a file, with the file or folder that this user may not use. */
export function causeAt(file: string, error: unknown, mode: 'read' | 'write'): string {
  const isForbidden = isNotOpened(error) || (error instanceof Error && 'code' in error && error.code === 'EACCES')
  return (isForbidden ? forbidden(file, mode) : undefined) ?? causeOf(error)
}

/** Returns true if SQLite has reported a damaged file. */
export function isDamage(error: unknown): boolean {
  const code = errcodeOf(error)
  return code === CORRUPT || code === NOT_A_DATABASE
}

/** Returns true if SQLite could not open the file, or could not make one beside it. */
export function isNotOpened(error: unknown): boolean {
  const code = errcodeOf(error)
  return code === READ_ONLY || code === CANNOT_OPEN
}

/** Returns true if another process uses the file, for an error of {@link openDatabase} or of SQLite. */
export function isInUse(error: unknown): boolean {
  return errcodeOf(error) === BUSY || (error instanceof Error && errcodeOf(error.cause) === BUSY)
}

/** Returns SQLite's primary result code. */
function errcodeOf(error: unknown): number | undefined {
  return error instanceof Error && 'errcode' in error ? Number(error.errcode) & 0xff : undefined
}
