import { BoundedMap } from '../../bounded-map.ts'
import type { RecordKind } from '../records.ts'

/** Maximum number of records that are held. */
const MOST = 1_000
/** The kinds that are read for each request of a program. */
const HELD: ReadonlySet<RecordKind> = new Set(['account', 'token'])

/** The records that were read last, of the kinds that are read most: each question to the store would stand before somebody's commit. */
export class HeldRecords {
  /** By kind and key, least recently used first. */
  readonly #texts = new BoundedMap<string, string>(MOST)
  /** Number of writes that were begun, by kind. */
  readonly #writes = new Map<RecordKind, number>()

  /** Returns the text of a record that is held, else reads it. */
  async get(kind: RecordKind, key: string, read: () => Promise<string | undefined>): Promise<string | undefined> {
    if (!HELD.has(kind)) return read()
    const place = `${kind} ${key}`
    const held = this.#texts.get(place)
    if (held !== undefined) {
      this.#texts.set(place, held)
      return held
    }
    const writes = this.#writes.get(kind)
    const text = await read()
    // A record that was written meanwhile is not held.
    if (text !== undefined && this.#writes.get(kind) === writes) this.#texts.set(place, text)
    return text
  }

  /** Called before a record is written: the store handles what is asked from then on behind that. */
  forget(kind: RecordKind, key: string): void {
    if (!HELD.has(kind)) return
    this.#writes.set(kind, (this.#writes.get(kind) ?? 0) + 1)
    this.#texts.delete(`${kind} ${key}`)
  }
}
