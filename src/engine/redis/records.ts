import { Unavailable } from '../engine.ts'
import { fold } from '../fold.ts'
import {
  declarationOf,
  type ExpiringKind,
  type IndexedKind,
  type IndexOf,
  indexedValues,
  isOrdered,
  KIND_NAMES,
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
import { ExpiringRecords } from './expiring-records.ts'
import type { Keys } from './keys.ts'
import type { Link } from './link.ts'

/** Maximum records that are remembered, and maximum names seen. */
const REMEMBERED = 10_000
/** Records of a page, roughly. */
const PAGE = 1_000

/** Records in Redis: those that expire under keys of their own, the others in a hash for each kind. */
export class RedisRecords implements Records {
  readonly #keys: Keys
  readonly #link: Link
  readonly #node: () => string
  readonly #expiring: ExpiringRecords
  /**
   * Records of unique kinds, by kind and key. Every node is told of one that is changed or removed, so what was found once is right
   * until then, as long as Redis loses nothing. That there is none is asked each time: it may have been made a moment ago, and it
   * is one small question.
   */
  readonly #remembered = new Map<string, string>()
  /** Counts what was told: what was asked before that may come in later. */
  #changes = 0
  readonly #seen = new Map<string, true>()

  constructor(keys: Keys, link: Link, node: () => string) {
    this.#keys = keys
    this.#link = link
    this.#node = node
    this.#expiring = new ExpiringRecords(keys, link)
  }

  /** The connection is gone, and perhaps what Redis knew. */
  down(): void {
    this.#remembered.clear()
    this.#seen.clear()
  }

  /** A node has changed a record, or removed it. */
  forget(kind: string, key: string): void {
    this.#changes++
    this.#remembered.delete(`${kind} ${key}`)
  }

  /** Moves what an earlier version has kept, and makes the unique values that are lacking. */
  async prepare(): Promise<void> {
    const { keys, args } = this.#keys.earlierRecords
    await this.#link.run('move-records', keys, args)
    for (const kind of KIND_NAMES) if (declarationOf(kind).unique) await this.#completeUnique(kind)
  }

  /** A user joins a room. */
  async see(name: string): Promise<void> {
    const key = fold(name)
    if (this.#seen.has(key)) return
    const { connection } = this.#link
    const [names = '', order = ''] = this.#keys.records('name')
    await this.#link.run('see', [names, order], [key, name])
    if (connection === this.#link.connection) remember(this.#seen, key, true)
  }

  async get<K extends Kind>(kind: K, key: string): Promise<RecordOf<K> | undefined> {
    const text = await this.#recall(kind, storedKey(kind, key))
    return text === undefined ? undefined : recordOf(kind, text)
  }

  async put<K extends Exclude<Kind, UniqueKind>>(
    kind: K,
    key: string,
    value: RecordOf<K>,
    { expiresAt }: RecordOptions = {},
  ): Promise<void> {
    const text = recordText(value)
    if (declarationOf(kind).expires) await this.#expiring.put(kind, storedKey(kind, key), text, expiresAt)
    else await this.#update(kind, storedKey(kind, key), undefined, () => text)
  }

  async insert<K extends Kind>(
    kind: K,
    key: string,
    value: RecordOf<K>,
    { expiresAt }: RecordOptions = {},
  ): Promise<boolean> {
    const text = recordText(value)
    if (declarationOf(kind).expires) return this.#expiring.insert(kind, storedKey(kind, key), text, expiresAt)
    return this.#write(kind, storedKey(kind, key), undefined, text)
  }

  async change<K extends Exclude<Kind, ExpiringKind>>(
    kind: K,
    key: string,
    change: (value: RecordOf<K>) => RecordOf<K>,
  ): Promise<RecordOf<K> | undefined> {
    const place = storedKey(kind, key)
    const changed = (text: string | undefined) => (text === undefined ? text : recordText(change(recordOf(kind, text))))
    const was = await this.#update(kind, place, await this.#text(kind, place), changed)
    return was === undefined ? undefined : recordOf(kind, was)
  }

  async delete<K extends Kind>(kind: K, key: string): Promise<RecordOf<K> | undefined> {
    const was = await this.#delete(kind, storedKey(kind, key))
    return was === undefined ? undefined : recordOf(kind, was)
  }

  async isTaken(kind: UniqueKind, values: readonly string[]): Promise<boolean> {
    const [, , unique = ''] = this.#keys.records(kind)
    // The reply to HMGET.
    const found = (await this.#link.command(['HMGET', unique, ...values])) as readonly (string | null)[]
    return found.some((key) => key !== null)
  }

  async *list<K extends Kind>(kind: K, { skip = 0, limit }: RecordRange = {}): AsyncGenerator<readonly RecordOf<K>[]> {
    const [records = '', order = ''] = this.#keys.records(kind)
    const { expires } = declarationOf(kind)
    let [over, left] = [isOrdered(kind) ? 0 : skip, limit ?? Number.POSITIVE_INFINITY]
    const pages = isOrdered(kind)
      ? this.#pagesOf([records, order], skip, left)
      : expires
        ? this.#expiring.pages(kind)
        : this.#texts(records)
    for await (const page of pages) {
      const texts = page.slice(over, over + left)
      over = Math.max(0, over - page.length)
      left -= texts.length
      if (texts.length > 0) yield texts.map((text) => recordOf(kind, text))
      if (left <= 0) return
    }
  }

  async *listBy<K extends IndexedKind>(
    kind: K,
    index: IndexOf<K>,
    value: string,
  ): AsyncGenerator<readonly RecordOf<K>[]> {
    const [records = ''] = this.#keys.records(kind)
    for await (const page of this.#pagesOf([records, this.#keys.recordIndex(kind, index, value)])) {
      yield page.map((text) => recordOf(kind, text))
    }
  }

  async *#pagesOf(
    keys: readonly string[],
    skip = 0,
    limit = Number.POSITIVE_INFINITY,
  ): AsyncGenerator<readonly string[]> {
    const end = skip + limit
    for (let start = skip; start < end; start += PAGE) {
      const stop = Math.min(start + PAGE, end) - 1
      const page = await this.#link.run('list-records', keys, [String(start), String(stop)])
      if (page.length > 0) yield page
      if (page.length < stop - start + 1) return
    }
  }

  async *#texts(records: string): AsyncGenerator<readonly string[]> {
    for await (const page of this.#scan(records)) yield page.map(([, text]) => text)
  }

  /** Keys and texts of a hash; it may give a record more than once. */
  async *#scan(records: string): AsyncGenerator<readonly (readonly [key: string, text: string])[]> {
    for (let cursor = '0'; ; ) {
      // The reply to HSCAN: the cursor, then keys and texts by turns.
      const reply = await this.#link.command(['HSCAN', records, cursor, 'COUNT', String(PAGE)])
      const [next, found] = reply as readonly [string, readonly string[]]
      const page = found.flatMap((key, place) => (place % 2 === 0 ? [[key, found[place + 1] ?? ''] as const] : []))
      if (page.length > 0) yield page
      if (next === '0') return
      cursor = next
    }
  }

  async #recall(kind: Kind, key: string): Promise<string | undefined> {
    if (!declarationOf(kind).unique) return this.#text(kind, key)
    const known = this.#remembered.get(`${kind} ${key}`)
    if (known !== undefined) {
      if (!this.#link.connection) throw new Unavailable('Redis is away')
      return known
    }
    const { connection } = this.#link
    const changes = this.#changes
    const text = await this.#text(kind, key)
    const isCurrent = connection === this.#link.connection && changes === this.#changes
    if (text !== undefined && isCurrent) remember(this.#remembered, `${kind} ${key}`, text)
    return text
  }

  async #text(kind: Kind, key: string): Promise<string | undefined> {
    if (declarationOf(kind).expires) return this.#expiring.get(kind, key)
    const [records = ''] = this.#keys.records(kind)
    const text = await this.#link.command(['HGET', records, key])
    return typeof text === 'string' ? text : undefined
  }

  async #delete(kind: Kind, key: string): Promise<string | undefined> {
    const { expires, unique } = declarationOf(kind)
    if (expires) return this.#expiring.delete(kind, key)
    const was = await this.#update(kind, key, await this.#text(kind, key), () => undefined)
    // A record that looks like the removed one, as earlier versions have made some, gets its own; at the next start if not now.
    if (was !== undefined && unique) await this.#completeUnique(kind).catch(() => {})
    return was
  }

  /** Writes what `next` makes of what is there, which may be `was`. Resolves with what was there. */
  async #update(
    kind: Kind,
    key: string,
    was: string | undefined,
    next: (text: string | undefined) => string | undefined,
  ): Promise<string | undefined> {
    for (let before = was; ; before = await this.#text(kind, key)) {
      const text = next(before)
      if (before === undefined && text === undefined) return undefined
      if (await this.#write(kind, key, before, text)) return before
    }
  }

  /** Undefined stands for no record. False when something else than `before` is there. */
  async #write(kind: Kind, key: string, before: string | undefined, text: string | undefined): Promise<boolean> {
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
    const args = [this.#keys.control, this.#node(), kind, key, expected ?? '', wanted ?? '', JSON.stringify(about)]
    const written = await this.#link.run('write-record', this.#keys.records(kind), args)
    if (unique) this.forget(kind, key)
    return written === 1
  }

  /** Makes the unique values of records that have none: an earlier version of roomd, or an import, has made them. */
  async #completeUnique(kind: Kind): Promise<void> {
    const [records = '', , unique = '', count = ''] = this.#keys.records(kind)
    const length = () => this.#link.command(['HLEN', records])
    if (Number(await this.#link.command(['GET', count])) === Number(await length())) return
    for await (const page of this.#scan(records)) {
      const fields = page.flatMap(([key, text]) => uniqueValues(kind, text).flatMap((value) => [value, key]))
      await this.#link.command(['HSET', unique, ...fields])
    }
    await this.#link.command(['SET', count, String(await length())])
  }
}

/** Remembers something, and of too much forgets the oldest. */
function remember<V>(map: Map<string, V>, key: string, value: V): void {
  if (map.size >= REMEMBERED) for (const oldest of map.keys()) if (map.delete(oldest)) break
  map.set(key, value)
}
