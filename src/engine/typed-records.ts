import {
  type ExpiringKind,
  type IndexedKind,
  type IndexOf,
  type OrderedKind,
  parseRecord,
  type RecordKind,
  type RecordOf,
  type RecordOptions,
  type RecordRange,
  recordText,
  type StoredRecord,
  storedKey,
  type UniqueKind,
} from './records.ts'

/** An engine's storage of records: keys are folded, values are texts. */
export interface RecordStore {
  get(kind: RecordKind, key: string): Promise<string | undefined>
  put(record: StoredRecord): Promise<void>
  insert(record: StoredRecord): Promise<boolean>
  /** Resolves with false if the text is not `before`. */
  replace(record: StoredRecord, before: string): Promise<boolean>
  delete(kind: RecordKind, key: string): Promise<string | undefined>
  isTaken(kind: RecordKind, values: readonly string[]): Promise<boolean>
  /** The range is that of an ordered kind. */
  list(kind: RecordKind, range: RecordRange): AsyncIterable<readonly string[]>
  listBy(kind: RecordKind, index: string, value: string): AsyncIterable<readonly string[]>
}

/**
 * The records of an engine, with typed values. Changes are committed when their promise resolves.
 *
 * @throws Unavailable from all methods
 */
export class Records {
  readonly #store: RecordStore

  constructor(store: RecordStore) {
    this.#store = store
  }

  /** Resolves with undefined if there is no record or it has expired. MUST be cheap for a missing record of a unique kind. */
  async get<K extends RecordKind>(kind: K, key: string): Promise<RecordOf<K> | undefined> {
    return valueIn(kind, await this.#store.get(kind, storedKey(kind, key)))
  }

  /** Inserts or replaces a record. */
  put<K extends Exclude<RecordKind, UniqueKind>>(
    kind: K,
    key: string,
    value: RecordOf<K>,
    options?: RecordOptions,
  ): Promise<void> {
    return this.#store.put(stored(kind, key, value, options))
  }

  /** Inserts a record. Resolves with false if its key or one of its unique values is taken. */
  insert<K extends RecordKind>(kind: K, key: string, value: RecordOf<K>, options?: RecordOptions): Promise<boolean> {
    return this.#store.insert(stored(kind, key, value, options))
  }

  /** Inserts a record unless there is one, and resolves with the stored one: the same for all concurrent callers. */
  async insertOrGet<K extends RecordKind>(
    kind: K,
    key: string,
    value: RecordOf<K>,
    options?: RecordOptions,
  ): Promise<RecordOf<K>> {
    for (;;) {
      if (await this.insert(kind, key, value, options)) return value
      const kept = await this.get(kind, key)
      // The record may have expired in between: then it is inserted again.
      if (kept !== undefined) return kept
    }
  }

  /**
   * Replaces a record by the result of `change`, which is called again if the record was changed concurrently. Resolves with the previous
   * record, or with undefined if there is none. Other nodes MAY find the previous record until they have received the change.
   */
  async change<K extends Exclude<RecordKind, ExpiringKind>>(
    kind: K,
    key: string,
    change: (value: RecordOf<K>) => RecordOf<K>,
  ): Promise<RecordOf<K> | undefined> {
    for (;;) {
      const before = await this.#store.get(kind, storedKey(kind, key))
      if (before === undefined) return undefined
      const value = parseRecord(kind, before)
      if (await this.#store.replace(stored(kind, key, change(value)), before)) return value
    }
  }

  /** Removes a record. Resolves with the removed record, or with undefined if there is none. */
  async delete<K extends RecordKind>(kind: K, key: string): Promise<RecordOf<K> | undefined> {
    return valueIn(kind, await this.#store.delete(kind, storedKey(kind, key)))
  }

  /** Resolves with true if a record has one of these unique values. MUST be as cheap as {@link get}. */
  isTaken(kind: UniqueKind, values: readonly string[]): Promise<boolean> {
    return this.#store.isTaken(kind, values)
  }

  /** Lists records in pages of bounded size: in order of insertion if the kind is ordered, else all of them in no order. */
  list<K extends RecordKind>(
    kind: K,
    range?: K extends OrderedKind ? RecordRange : never,
  ): AsyncIterable<readonly RecordOf<K>[]> {
    return valuesIn(kind, this.#store.list(kind, range ?? {}))
  }

  /** Lists records with a value in an index, in pages of bounded size and in order of insertion. MUST be cheap if there are none. */
  listBy<K extends IndexedKind>(kind: K, index: IndexOf<K>, value: string): AsyncIterable<readonly RecordOf<K>[]> {
    return valuesIn(kind, this.#store.listBy(kind, index, value))
  }
}

function stored<K extends RecordKind>(
  kind: K,
  key: string,
  value: RecordOf<K>,
  options: RecordOptions = {},
): StoredRecord {
  return { kind, key: storedKey(kind, key), text: recordText(value), expiresAt: options.expiresAt }
}

function valueIn<K extends RecordKind>(kind: K, text: string | undefined): RecordOf<K> | undefined {
  return text === undefined ? undefined : parseRecord(kind, text)
}

async function* valuesIn<K extends RecordKind>(
  kind: K,
  pages: AsyncIterable<readonly string[]>,
): AsyncGenerator<readonly RecordOf<K>[]> {
  for await (const page of pages) yield page.map((text) => parseRecord(kind, text))
}
