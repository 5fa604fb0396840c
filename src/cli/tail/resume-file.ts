import { accessSync, constants, readFileSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { misuse } from '../failure.ts'

/** A file with the id of the last event that was written, for each room. */
export class ResumeFile {
  readonly #path: string
  readonly #ids = new Map<string, string>()

  /** Opens the file, which need not exist. @throws CommandFailure */
  constructor(path: string) {
    this.#path = realFile(path)
    for (const [room, id] of Object.entries(idsIn(path))) this.#ids.set(room.toLowerCase(), id)
  }

  /** Returns the id of a room; undefined for a room that is new. */
  idOf(room: string): string | undefined {
    return this.#ids.get(room.toLowerCase())
  }

  /** Keeps ids by the names of their rooms, in place of earlier ones. @throws CommandFailure */
  keep(ids: ReadonlyMap<string, string>): void {
    for (const [room, id] of ids) this.#ids.set(room.toLowerCase(), id)
    const temporary = `${this.#path}.${process.pid}.tmp`
    try {
      writeFileSync(temporary, `${JSON.stringify(Object.fromEntries(this.#ids))}\n`)
      renameSync(temporary, this.#path)
    } catch (error) {
      rmSync(temporary, { force: true })
      throw misuse(`--resume ${this.#path}: ${error instanceof Error ? error.message : error}`)
    }
  }
}

/**
 * Returns the path of the file without links, as another one takes its place; it is made if it is not there. What is wrong is told before
 * anything is printed that would be printed again. @throws CommandFailure
 */
function realFile(path: string): string {
  let isFile: boolean
  try {
    if (!statSync(path, { throwIfNoEntry: false })) writeFileSync(path, '')
    isFile = statSync(path).isFile()
    accessSync(dirname(realpathSync(path)), constants.W_OK)
  } catch (error) {
    throw misuse(`--resume ${path}: ${error instanceof Error ? error.message : error}`)
  }
  if (!isFile) throw misuse(`--resume ${path}: not a file`)
  return realpathSync(path)
}

/** Returns what a file has. @throws CommandFailure */
function idsIn(path: string): Record<string, string> {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    throw misuse(`--resume ${path}: ${error instanceof Error ? error.message : error}`)
  }
  // As it is made here, or by mktemp.
  if (text.trim() === '') return {}
  try {
    const ids: unknown = JSON.parse(text)
    if (typeof ids === 'object' && ids !== null && Object.values(ids).every((id) => /^\d{1,16}$/.test(String(id)))) {
      return ids as Record<string, string>
    }
  } catch {
    // Told below.
  }
  throw misuse(`--resume ${path}: not a file of roomd tail; remove it to start anew`)
}
