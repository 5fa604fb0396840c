import { type BigIntStats, closeSync, existsSync, openSync, statSync, truncateSync } from 'node:fs'
import { resolve } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { checkpointed, readCheckpoints } from './checkpoints.ts'
import { isEarlier, readHeader } from './header.ts'

/** The files of an open database. All of them lie beside the first. */
const SUFFIXES = ['', '-wal', '-shm', '.lock'] as const

/** The open database is not the one at its path: what is committed to it would be gone at the next start. */
export class Displaced extends Error {
  override name = 'Displaced'
}

interface Inode {
  readonly path: string
  readonly dev: bigint
  readonly ino: bigint
}

/**
 * The files of an open database, and whether they are still those at their paths.
 *
 * No file descriptor of theirs may be closed before SQLite has closed the database: that would release its locks, as POSIX has
 * it.
 */
export class OpenFiles {
  readonly #file: string
  readonly #database: Inode
  readonly #others: readonly Inode[]
  readonly #db: number
  /** Undefined on a file system that has none, where SQLite does without a write-ahead log. */
  readonly #shm: number | undefined
  /** The database file as SQLite last wrote it. */
  #written: Pick<BigIntStats, 'mtimeNs' | 'size'>
  #header: Buffer
  #checkpoints: Buffer | undefined
  /** Why the last check has failed; undefined when it has not. */
  #displaced: Displaced | undefined
  #overwritten = false
  #secured = false

  /** To be called when SQLite has opened all of them, which it does with the first read. */
  constructor(file: string) {
    this.#file = resolve(file)
    const [, ...others] = SUFFIXES.map((suffix) => this.#file + suffix).filter((path) => existsSync(path))
    this.#database = inodeOf(this.#file)
    this.#others = others.map(inodeOf)
    const shm = `${this.#file}-shm`
    this.#db = openSync(this.#file, 'r')
    this.#shm = others.includes(shm) ? openSync(shm, 'r') : undefined
    this.#checkpoints = this.#readCheckpoints()
    this.#written = statSync(this.#file, { bigint: true })
    this.#header = readHeader(this.#db)
  }

  /** Set once something else than SQLite has written to the database file. Nothing it holds may be trusted. */
  get overwritten(): Displaced | undefined {
    return this.#overwritten ? this.#displaced : undefined
  }

  /** Looks at the database file: for every commit, as it takes about a microsecond. @throws {@link Displaced} */
  check(): void {
    if (this.#displaced) throw this.#displaced
    const { mtimeNs, size } = this.#find(this.#database)
    if (mtimeNs !== this.#written.mtimeNs || size !== this.#written.size) this.#noteWrite()
  }

  /** Looks at all files; to be called several times a second. @throws {@link Displaced} */
  checkAll(): void {
    if (!this.#overwritten) this.#displaced = undefined
    const { mtimeNs } = this.#written
    // Before the look at the file: a checkpoint in between must not seem to be one that is known.
    const checkpoints = this.#readCheckpoints()
    this.check()
    if (this.#written.mtimeNs === mtimeNs) this.#checkpoints = checkpoints
    for (const inode of this.#others) this.#find(inode)
    this.#secured = false
  }

  /**
   * Called when a check has failed: whatever is at the paths now must not be mixed with what this database holds. What is
   * committed goes from the write-ahead log into the file that was moved; into a backup that was put over it it never goes.
   */
  secure(db: DatabaseSync): void {
    if (this.#secured) return
    if (!this.#overwritten) {
      const { busy } = db.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get() ?? {}
      if (busy !== 0) return
    } else {
      // The backup may be on its way.
      if (!isEarlier(readHeader(this.#db), this.#header)) return
      truncateSync(`${this.#file}-wal`)
    }
    this.#secured = true
  }

  /** To be called when SQLite has closed the database. */
  close(): void {
    for (const descriptor of [this.#db, this.#shm]) if (descriptor !== undefined) closeSync(descriptor)
  }

  /** The database file was written to, which SQLite does in a checkpoint only, whichever process makes it. */
  #noteWrite(): void {
    const before = this.#checkpoints
    const now = this.#readCheckpoints()
    // Looked at behind the checkpoints: what they do in between is seen the next time.
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
