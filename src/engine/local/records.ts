import {
  declarationOf,
  type ExpiringKind,
  type IndexedKind,
  type IndexOf,
  type Kind,
  type RecordOf,
  type RecordOptions,
  type RecordRange,
  type Records,
  recordOf,
  recordText,
  storedKey,
  type UniqueKind,
  uniqueValues,
} from '../records.ts'
import type { KnownRecords, RecordPage, StoredRecord } from './record-table.ts'
import type { StoreThread } from './thread.ts'

/** Maximum records of a page. */
const PAGE = 1_000

/** Of a unique kind the keys that there are, and how many records have each unique value: earlier versions let them share some. */
interface Known {
  readonly keys: Set<string>
  readonly values: Map<string, number>
}

/** Records in the store; the keys and unique values of unique kinds in memory too. */
export class LocalRecords implements Records {
  readonly #store: () => StoreThread
  readonly #known = new Map<Kind, Known>()
  /** Indexed kinds of which there may be a record. */
  readonly #used = new Set<Kind>()

  constructor(store: () => StoreThread) {
    this.#store = store
  }

  /** Takes what the store knows when it is opened. */
  learn({ unique, used }: KnownRecords): void {
    for (const { kind, key, values } of unique) this.#add(kind, key, values)
    for (const kind of used) this.#used.add(kind)
  }

  async get<K extends Kind>(kind: K, key: string): Promise<RecordOf<K> | undefined> {
    const text = await this.#text(kind, storedKey(kind, key))
    return text === undefined ? undefined : recordOf(kind, text)
  }

  async put<K extends Exclude<Kind, UniqueKind>>(
    kind: K,
    key: string,
    value: RecordOf<K>,
    options?: RecordOptions,
  ): Promise<void> {
    this.#used.add(kind)
    await this.#store().call('putRecord', stored(kind, key, value, options))
  }

  async insert<K extends Kind>(kind: K, key: string, value: RecordOf<K>, options?: RecordOptions): Promise<boolean> {
    const record = stored(kind, key, value, options)
    this.#used.add(kind)
    if (!declarationOf(kind).unique) return this.#store().call('insertRecord', record)
    const values = uniqueValues(kind, record.text)
    if (this.#knownOf(kind).keys.has(record.key) || this.#isTaken(kind, values)) return false
    // Before the store is asked: of two that share a value the first one counts.
    this.#add(kind, record.key, values)
    try {
      return await this.#store().call('insertRecord', record)
    } catch (error) {
      this.#drop(kind, record.key, values)
      throw error
    }
  }

  async change<K extends Exclude<Kind, ExpiringKind>>(
    kind: K,
    key: string,
    change: (value: RecordOf<K>) => RecordOf<K>,
  ): Promise<RecordOf<K> | undefined> {
    for (;;) {
      const before = await this.#text(kind, storedKey(kind, key))
      if (before === undefined) return undefined
      const value = recordOf(kind, before)
      if (await this.#store().call('replaceRecord', stored(kind, key, change(value)), before)) return value
    }
  }

  async delete<K extends Kind>(kind: K, key: string): Promise<RecordOf<K> | undefined> {
    const place = storedKey(kind, key)
    const text = await this.#store().call('deleteRecord', kind, place)
    if (text === undefined) return undefined
    if (declarationOf(kind).unique) this.#drop(kind, place, uniqueValues(kind, text))
    return recordOf(kind, text)
  }

  async isTaken(kind: UniqueKind, values: readonly string[]): Promise<boolean> {
    return this.#isTaken(kind, values)
  }

  async *list<K extends Kind>(kind: K, range: RecordRange = {}): AsyncGenerator<readonly RecordOf<K>[]> {
    let { skip = 0, limit: left = Number.POSITIVE_INFINITY } = range
    for (let after = 0; left > 0; ) {
      const limit = Math.min(left, PAGE)
      const { texts, last }: RecordPage = await this.#store().call('pageOfRecords', kind, after, skip, limit)
      if (texts.length > 0) yield texts.map((text) => recordOf(kind, text))
      if (texts.length < limit) return
      ;[after, skip, left] = [last, 0, left - texts.length]
    }
  }

  async *listBy<K extends IndexedKind>(
    kind: K,
    index: IndexOf<K>,
    value: string,
  ): AsyncGenerator<readonly RecordOf<K>[]> {
    if (!this.#used.has(kind)) return
    for (let after = 0; ; ) {
      const { texts, last }: RecordPage = await this.#store().call('pageOfIndex', index, value, after, PAGE)
      if (texts.length > 0) yield texts.map((text) => recordOf(kind, text))
      if (texts.length < PAGE) return
      after = last
    }
  }

  async #text(kind: Kind, key: string): Promise<string | undefined> {
    if (declarationOf(kind).unique && !this.#knownOf(kind).keys.has(key)) return undefined
    return this.#store().call('getRecord', kind, key)
  }

  #knownOf(kind: Kind): Known {
    let known = this.#known.get(kind)
    if (!known) this.#known.set(kind, (known = { keys: new Set(), values: new Map() }))
    return known
  }

  #isTaken(kind: Kind, values: readonly string[]): boolean {
    const known = this.#knownOf(kind).values
    return values.some((value) => known.has(value))
  }

  #add(kind: Kind, key: string, unique: readonly string[]): void {
    const { keys, values } = this.#knownOf(kind)
    keys.add(key)
    for (const value of unique) values.set(value, (values.get(value) ?? 0) + 1)
  }

  #drop(kind: Kind, key: string, unique: readonly string[]): void {
    const { keys, values } = this.#knownOf(kind)
    keys.delete(key)
    for (const value of unique) {
      const others = (values.get(value) ?? 1) - 1
      if (others > 0) values.set(value, others)
      else values.delete(value)
    }
  }
}

function stored<K extends Kind>(
  kind: K,
  key: string,
  value: RecordOf<K>,
  { expiresAt }: RecordOptions = {},
): StoredRecord {
  return { kind, key: storedKey(kind, key), text: recordText(value), expiresAt }
}
