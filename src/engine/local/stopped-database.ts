import { realpathSync, statSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'
import { EngineFault } from '../errors.ts'
import { isMigrated } from './schema.ts'

/**
 * The database of a daemon that has stopped cleanly, read where no file can be made beside it: on a read-only file system, or by a user who
 * may read only. SQLite then assumes that nobody changes the file; {@link check} tells whether that has held.
 */
export class StoppedDatabase {
  readonly db: DatabaseSync
  readonly #file: string
  readonly #version: string

  /**
   * Returns undefined for a database that cannot be read, is of another version, or has a write-ahead log or a rollback journal: it is in
   * use, or its daemon was killed.
   */
  static open(file: string): StoppedDatabase | undefined {
    let stopped: StoppedDatabase | undefined
    try {
      // SQLite keeps its logs beside the target of a link.
      const target = realpathSync(file)
      stopped = new StoppedDatabase(target)
      if (!hasLog(target) && isMigrated(stopped.db)) return stopped
    } catch {
      // The reason is that for which it could not be opened before.
    }
    stopped?.db.close()
    return undefined
  }

  private constructor(file: string) {
    this.#file = file
    this.#version = versionOf(file)
    const url = pathToFileURL(file)
    url.searchParams.set('immutable', '1')
    this.db = new DatabaseSync(url, { readOnly: true })
  }

  /** @throws EngineFault if a daemon has used the database meanwhile, for which what was read may be wrong */
  check(): void {
    if (hasLog(this.#file) || versionOf(this.#file) !== this.#version)
      throw new EngineFault(`cannot read ${this.#file}: it was changed meanwhile`)
  }
}

/** Returns true if the content is not what the file has alone: by a write-ahead log, or the journal of a transaction without a commit. */
function hasLog(file: string): boolean {
  return ['-wal', '-journal'].some((suffix) => (statSync(file + suffix, { throwIfNoEntry: false })?.size ?? 0) > 0)
}

function versionOf(file: string): string {
  const { ino, size, mtimeNs } = statSync(file, { bigint: true })
  return `${ino} ${size} ${mtimeNs}`
}
