import { type BigIntStats, closeSync, existsSync, openSync, realpathSync, statSync, truncateSync } from 'node:fs'
import { resolve } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { checkpointed, framesAhead, readCheckpoints } from './checkpoints.ts'
import { BUSY_TIMEOUT_MS } from './database.ts'
import { emptyWriteAheadLog } from './erasure.ts'
import { isDatabase, isEarlier, readHeader } from './header.ts'

/** The open database is not the one at its path: commits would be lost at the next start. */
export class Displaced extends Error {
  override name = 'Displaced'
}

interface Inode {
  readonly path: string
  readonly dev: bigint
  readonly ino: bigint
}

/**
 * The files of an open database, compared with those at their paths.
 *
 * No descriptor of these files may be closed before SQLite has closed the database: closing one releases POSIX locks.
 */
export class OpenFiles {
  readonly #file: string
  readonly #wal: string
  readonly #database: Inode
  readonly #others: readonly Inode[]
  readonly #db: number
  /** Undefined on a file system without shared memory files, where SQLite uses no write-ahead log. */
  readonly #shm: number | undefined
  /** The database file as SQLite last wrote it. */
  #written: Pick<BigIntStats, 'mtimeNs' | 'size'>
  #header: Buffer
  #checkpoints: Buffer | undefined
  /** Error of the last check; undefined if it succeeded. */
  #displaced: Displaced | undefined
  #overwritten = false
  #secured = false

  /** Must be called after the first read, which opens all files. */
  constructor(file: string) {
    this.#file = resolve(file)
    // SQLite keeps these beside the target of a link.
    const target = realpathSync(file)
    const shm = `${target}-shm`
    this.#wal = `${target}-wal`
    const others = [this.#wal, shm, `${this.#file}.lock`].filter((path) => existsSync(path))
    this.#database = inodeOf(this.#file)
    this.#others = others.map(inodeOf)
    this.#db = openSync(this.#file, 'r')
    this.#shm = others.includes(shm) ? openSync(shm, 'r') : undefined
    this.#checkpoints = this.#readCheckpoints()
    this.#written = statSync(this.#file, { bigint: true })
    this.#header = readHeader(this.#db)
  }

  /** Set once another program has overwritten the database file; its content cannot be trusted. */
  get overwritten(): Displaced | undefined {
    return this.#overwritten ? this.#displaced : undefined
  }

  /** Number of frames that were in the write-ahead log alone at the last {@link noteCommit}. */
  get framesAhead(): number {
    return this.#checkpoints === undefined ? 0 : framesAhead(this.#checkpoints)
  }

  /** Checks the database file, in a few microseconds; called before every commit. @throws {@link Displaced} */
  check(): void {
    if (this.#displaced) throw this.#displaced
    // Read before the file: a checkpoint in between must not be taken for a known one.
    const checkpoints = this.#readCheckpoints()
    const { mtimeNs, size } = this.#find(this.#database)
    if (mtimeNs !== this.#written.mtimeNs || size !== this.#written.size) this.#noteWrite()
    else this.#checkpoints = checkpoints
  }

  /**
   * Must be called after commits. A commit may checkpoint or restart the write-ahead log; the next write to the database file
   * must not be taken for its work.
   */
  noteCommit(): void {
    try {
      this.check()
    } catch {
      // The commit is made; the next check throws the error.
    }
  }

  /** Checks all files; must be called several times a second. @throws {@link Displaced} */
  checkAll(): void {
    if (!this.#overwritten) this.#displaced = undefined
    this.check()
    for (const inode of this.#others) this.#find(inode)
    this.#secured = false
  }

  /**
   * Called when a check has failed, so that the files at the paths are not mixed with this database. A moved file gets the commits
   * of the write-ahead log; another database, such as a backup, that was copied over the file does not.
   */
  secure(db: DatabaseSync): void {
    if (this.#secured) return
    if (!this.#overwritten) {
      if (!emptyWriteAheadLog(db, BUSY_TIMEOUT_MS)) return
    } else {
      const header = readHeader(this.#db)
      // The other database may not be copied yet. The same header means damaged pages: the log is still that of the file.
      if (!isDatabase(header) || header.equals(this.#header)) return
      truncateSync(this.#wal)
    }
    this.#secured = true
  }

  /** Must be called after SQLite has closed the database. */
  close(): void {
    for (const descriptor of [this.#db, this.#shm]) if (descriptor !== undefined) closeSync(descriptor)
  }

  /** Handles a write to the database file: by a checkpoint of any process, or by another program. */
  #noteWrite(): void {
    const before = this.#checkpoints
    const now = this.#readCheckpoints()
    // Read after the checkpoints: one in between is seen by the next check.
    const written = this.#find(this.#database)
    const header = readHeader(this.#db)
    const foreign = before !== undefined && now !== undefined && !checkpointed(before, now)
    if (foreign || isEarlier(header, this.#header)) {
      this.#overwritten = true
      this.#displaced = new Displaced(
        `the database file is damaged: ${this.#file} was overwritten; nothing is read or committed until a restart`,
      )
      throw this.#displaced
    }
    this.#written = written
    this.#header = header
    this.#checkpoints = now
  }

  #find({ path, dev, ino }: Inode): BigIntStats {
    const found = statSync(path, { bigint: true, throwIfNoEntry: false })
    if (found?.ino === ino && found.dev === dev) return found
    this.#displaced = new Displaced(
      `${path} was removed, moved or replaced; lines are refused until the same file is back, or until a restart`,
    )
    throw this.#displaced
  }

  #readCheckpoints(): Buffer | undefined {
    return this.#shm === undefined ? undefined : readCheckpoints(this.#shm)
  }
}

function inodeOf(path: string): Inode {
  const { dev, ino } = statSync(path, { bigint: true })
  return { path, dev, ino }
}
