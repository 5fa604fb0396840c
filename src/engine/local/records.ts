import { declarationOf, type RecordKind, type RecordRange, type StoredRecord, uniqueValues } from '../records.ts'
import type { RecordStore } from '../typed-records.ts'
import { HeldRecords } from './held-records.ts'
import { type KnownRecords, type RecordPage, tracksUse } from './record-table.ts'
import type { StoreThread } from './thread.ts'

/** Maximum records of a page. */
const PAGE = 1_000

/** Keys of a unique kind, and the number of records with each unique value, which earlier versions let records share. */
interface Known {
  readonly keys: Set<string>
  readonly values: Map<string, number>
}

/** Records in the store; the keys and unique values of unique kinds in memory too. */
export class LocalRecords implements RecordStore {
  readonly #store: StoreThread
  readonly #known = new Map<RecordKind, Known>()
  readonly #held = new HeldRecords()
  /** Indexed and expiring kinds of which there may be a record. */
  readonly #used = new Set<RecordKind>()

  constructor(store: StoreThread) {
    this.#store = store
  }

  /** Called when the store is open. */
  learn({ unique, used }: KnownRecords): void {
    for (const { kind, key, values } of unique) this.#add(kind, key, values)
    for (const kind of used) this.#used.add(kind)
  }

  async get(kind: RecordKind, key: string): Promise<string | undefined> {
    if (declarationOf(kind).unique && !this.#knownOf(kind).keys.has(key)) return undefined
    if (tracksUse(kind) && !this.#used.has(kind)) return undefined
    return this.#held.get(kind, key, () => this.#store.call('records.get', kind, key))
  }

  async put(record: StoredRecord): Promise<void> {
    this.#used.add(record.kind)
    this.#held.forget(record.kind, record.key)
    await this.#store.call('records.put', record)
  }

  async insert(record: StoredRecord): Promise<boolean> {
    const { kind, key, text } = record
    this.#used.add(kind)
    this.#held.forget(kind, key)
    if (!declarationOf(kind).unique) return this.#store.call('records.insert', record)
    const { keys, values } = this.#knownOf(kind)
    const unique = uniqueValues(kind, text)
    if (keys.has(key) || unique.some((value) => values.has(value))) return false
    // Added before the store answers: of two with the same value the first one wins.
    this.#add(kind, key, unique)
    try {
      return await this.#store.call('records.insert', record)
    } catch (error) {
      this.#drop(kind, key, unique)
      throw error
    }
  }

  async replace(record: StoredRecord, before: string): Promise<boolean> {
    this.#held.forget(record.kind, record.key)
    return this.#store.call('records.replace', record, before)
  }

  async delete(kind: RecordKind, key: string): Promise<string | undefined> {
    this.#held.forget(kind, key)
    const text = await this.#store.call('records.delete', kind, key)
    if (text !== undefined && declarationOf(kind).unique) this.#drop(kind, key, uniqueValues(kind, text))
    return text
  }

  async isTaken(kind: RecordKind, values: readonly string[]): Promise<boolean> {
    const known = this.#knownOf(kind).values
    return values.some((value) => known.has(value))
  }

  async *list(kind: RecordKind, range: RecordRange): AsyncGenerator<readonly string[]> {
    let { skip = 0, limit: left = Number.POSITIVE_INFINITY } = range
    for (let after = 0; left > 0; ) {
      const limit = Math.min(left, PAGE)
      const { texts, last }: RecordPage = await this.#store.call('records.page', kind, after, skip, limit)
      if (texts.length > 0) yield texts
      if (texts.length < limit) return
      ;[after, skip, left] = [last, 0, left - texts.length]
    }
  }

  async *listBy(kind: RecordKind, index: string, value: string): AsyncGenerator<readonly string[]> {
    if (!this.#used.has(kind)) return
    for (let after = 0; ; ) {
      const { texts, last }: RecordPage = await this.#store.call('records.pageBy', kind, index, value, after, PAGE)
      if (texts.length > 0) yield texts
      if (texts.length < PAGE) return
      after = last
    }
  }

  #knownOf(kind: RecordKind): Known {
    let known = this.#known.get(kind)
    if (!known) this.#known.set(kind, (known = { keys: new Set(), values: new Map() }))
    return known
  }

  #add(kind: RecordKind, key: string, unique: readonly string[]): void {
    const { keys, values } = this.#knownOf(kind)
    keys.add(key)
    for (const value of unique) values.set(value, (values.get(value) ?? 0) + 1)
  }

  #drop(kind: RecordKind, key: string, unique: readonly string[]): void {
    const { keys, values } = this.#knownOf(kind)
    keys.delete(key)
    for (const value of unique) {
      const others = (values.get(value) ?? 1) - 1
      if (others > 0) values.set(value, others)
      else values.delete(value)
    }
  }
}
