import { BoundedMap } from '../../bounded-map.ts'
import { Unavailable } from '../errors.ts'
import { fold } from '../fold.ts'
import {
  declarationOf,
  indexedValues,
  isOrdered,
  KIND_NAMES,
  type RecordKind,
  type RecordRange,
  type StoredRecord,
  uniqueValues,
} from '../records.ts'
import type { RecordStore } from '../typed-records.ts'
import { ExpiringRecords } from './expiring-records.ts'
import type { Keys } from './keys.ts'
import type { Link } from './link.ts'
import { pairsOf, scanned } from './scan.ts'

/** Maximum entries of each cache. */
const CACHED = 10_000
/** Approximate records of a page. */
const PAGE = 1_000

/** Records in Redis: those that expire under keys of their own, the others in a hash for each kind. */
export class RedisRecords implements RecordStore {
  readonly #keys: Keys
  readonly #link: Link
  readonly #expiring: ExpiringRecords
  /**
   * Cached records of unique kinds, by kind and key. Changes are published on the control channel, so an entry is valid until then, or until the
   * connection is lost. Missing records are not cached: another node may insert one.
   */
  readonly #cache = new BoundedMap<string, string>(CACHED)
  /** Number of received changes: replies to requests before a change are not cached. */
  #changes = 0
  /** Names that are known to be inserted, see {@link see}. */
  readonly #seen = new BoundedMap<string, true>(CACHED)

  constructor(keys: Keys, link: Link) {
    this.#keys = keys
    this.#link = link
    this.#expiring = new ExpiringRecords(keys, link)
  }

  /** Drops the caches. Called when the connection is lost, and possibly data with it. */
  down(): void {
    this.#cache.clear()
    this.#seen.clear()
  }

  /** Drops a record from the cache. Called when a node has changed or removed it. */
  forget(kind: string, key: string): void {
    this.#changes++
    this.#cache.delete(`${kind} ${key}`)
  }

  /** Moves records of earlier versions to their present keys and completes the unique values. */
  async prepare(): Promise<void> {
    const { keys, args } = this.#keys.earlierRecords
    await this.#link.eval('move-records', keys, args)
    for (const kind of KIND_NAMES) if (declarationOf(kind).unique) await this.#completeUnique(kind)
  }

  /** Inserts the name of a user who joins a room. */
  async see(name: string): Promise<void> {
    const key = fold(name)
    if (this.#seen.has(key)) return
    const { connection } = this.#link
    const [names = '', order = ''] = this.#keys.records('name')
    await this.#link.eval('see', [names, order], [key, name])
    if (connection === this.#link.connection) this.#seen.set(key, true)
  }

  async get(kind: RecordKind, key: string): Promise<string | undefined> {
    if (!declarationOf(kind).unique) return this.#text(kind, key)
    const known = this.#cache.get(`${kind} ${key}`)
    if (known !== undefined) {
      if (!this.#link.connection) throw new Unavailable('Redis is away')
      return known
    }
    const { connection } = this.#link
    const changes = this.#changes
    const text = await this.#text(kind, key)
    const isCurrent = connection === this.#link.connection && changes === this.#changes
    if (text !== undefined && isCurrent) this.#cache.set(`${kind} ${key}`, text)
    return text
  }

  async put({ kind, key, text, expiresAt }: StoredRecord): Promise<void> {
    if (declarationOf(kind).expires) return this.#expiring.put(kind, key, text, expiresAt)
    for (let before: string | undefined; ; before = await this.#text(kind, key)) {
      if (await this.#write(kind, key, before, text)) return
    }
  }

  async insert({ kind, key, text, expiresAt }: StoredRecord): Promise<boolean> {
    if (declarationOf(kind).expires) return this.#expiring.insert(kind, key, text, expiresAt)
    return this.#write(kind, key, undefined, text)
  }

  async replace({ kind, key, text }: StoredRecord, before: string): Promise<boolean> {
    return this.#write(kind, key, before, text)
  }

  async delete(kind: RecordKind, key: string): Promise<string | undefined> {
    const { expires, unique } = declarationOf(kind)
    if (expires) return this.#expiring.delete(kind, key)
    for (;;) {
      const before = await this.#text(kind, key)
      if (before === undefined) return undefined
      if (!(await this.#write(kind, key, before, undefined))) continue
      // Records of earlier versions may share the removed value. After a failure the next start does it.
      if (unique) await this.#completeUnique(kind).catch(() => {})
      return before
    }
  }

  async isTaken(kind: RecordKind, values: readonly string[]): Promise<boolean> {
    const [, , unique = ''] = this.#keys.records(kind)
    // The reply to HMGET.
    const found = (await this.#link.call(unique, 'HMGET', ...values)) as readonly (string | null)[]
    return found.some((key) => key !== null)
  }

  list(kind: RecordKind, range: RecordRange): AsyncIterable<readonly string[]> {
    const [records = '', order = ''] = this.#keys.records(kind)
    if (isOrdered(kind)) return this.#pagesOf([records, order], range)
    return declarationOf(kind).expires ? this.#expiring.pages(kind) : this.#texts(records)
  }

  listBy(kind: RecordKind, index: string, value: string): AsyncIterable<readonly string[]> {
    const [records = ''] = this.#keys.records(kind)
    return this.#pagesOf([records, this.#keys.recordIndex(kind, index, value)])
  }

  async *#pagesOf(
    keys: readonly string[],
    { skip = 0, limit = Number.POSITIVE_INFINITY }: RecordRange = {},
  ): AsyncGenerator<readonly string[]> {
    const end = skip + limit
    for (let start = skip; start < end; start += PAGE) {
      const stop = Math.min(start + PAGE, end) - 1
      const page = await this.#link.eval('list-records', keys, [String(start), String(stop)])
      if (page.length > 0) yield page
      if (page.length < stop - start + 1) return
    }
  }

  async *#texts(records: string): AsyncGenerator<readonly string[]> {
    for await (const page of this.#scan(records)) yield page.map(([, text]) => text)
  }

  /** Yields the keys and texts of a hash; a record may be yielded more than once. */
  async *#scan(records: string): AsyncGenerator<readonly (readonly [key: string, text: string])[]> {
    const pages = scanned((cursor) => this.#link.call(records, 'HSCAN', cursor, 'COUNT', String(PAGE)))
    for await (const page of pages) if (page.length > 0) yield pairsOf(page)
  }

  async #text(kind: RecordKind, key: string): Promise<string | undefined> {
    if (declarationOf(kind).expires) return this.#expiring.get(kind, key)
    const [records = ''] = this.#keys.records(kind)
    const text = await this.#link.call(records, 'HGET', key)
    return typeof text === 'string' ? text : undefined
  }

  /** Replaces the text `before` by `text`; undefined stands for no record. Resolves with false if the text is not `before`. */
  async #write(kind: RecordKind, key: string, before: string | undefined, text: string | undefined): Promise<boolean> {
    const { unique } = declarationOf(kind)
    const indexed = (of: string | undefined) =>
      of === undefined
        ? []
        : indexedValues(kind, of).map(([index, value]) => this.#keys.recordIndex(kind, index, value))
    const about = {
      unique: uniqueValues(kind, text ?? before ?? ''),
      drop: indexed(before),
      add: indexed(text),
      ordered: isOrdered(kind),
      told: unique !== undefined,
    }
    const [expected, wanted] = [before, text].map((some) => (some === undefined ? '' : `=${some}`))
    const args = [this.#keys.control, kind, key, expected ?? '', wanted ?? '', JSON.stringify(about)]
    const written = await this.#link.eval('write-record', this.#keys.records(kind), args)
    if (unique) this.forget(kind, key)
    return written === 1
  }

  /** Adds the unique values of records that an earlier version or an import has written. */
  async #completeUnique(kind: RecordKind): Promise<void> {
    const [records = '', , unique = '', count = ''] = this.#keys.records(kind)
    const length = () => this.#link.call(records, 'HLEN')
    if (Number(await this.#link.call(count, 'GET')) === Number(await length())) return
    for await (const page of this.#scan(records)) {
      const fields = page.flatMap(([key, text]) => uniqueValues(kind, text).flatMap((value) => [value, key]))
      await this.#link.call(unique, 'HSET', ...fields)
    }
    await this.#link.call(count, 'SET', String(await length()))
  }
}
