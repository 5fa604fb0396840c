/**
 * The records that an engine keeps beside rooms and logs. A new kind of record is an entry of {@link KINDS} and the code that uses
 * it: stores, export and import go through the entries.
 */
import type { XStatic } from 'typebox/schema'
import { fold } from './fold.ts'
import { SKELETON_VERSION, skeletonsOf } from './skeleton.ts'

interface Declaration {
  /** JSON Schema of a value; checked where records come from outside. A plain object, as TypeBox takes 0.2 s to load. */
  readonly schema: object
  /** Keys that are equal folded are the same. */
  readonly foldsKeys?: true
}

/** A kind of record without an end. */
interface LastingKind<V> extends Declaration {
  readonly expires?: undefined
  /** Listed in order of appearance; a record that is put again keeps its place. */
  readonly isOrdered?: true
  /**
   * Values by which records are listed, by the name of the index. Such a kind is ordered. The store keeps them, and does not make
   * them anew where an index changes.
   */
  readonly indexes?: { readonly [name: string]: (value: V) => readonly string[] }
  /**
   * Values that no two records share, for a kind that is asked after all the time and mostly in vain. The local engine holds them
   * and the keys in memory; a node on Redis remembers records that it has found until it hears of a change. Such a kind is
   * inserted, changed and deleted, but not put; a change leaves these values as they are.
   */
  readonly unique?: {
    readonly of: (value: V) => readonly string[]
    /** Changes with the values: those of another version are made anew. */
    readonly version: string
  }
}

/** A kind whose records may have an end. Neither listed in order nor by an index. */
interface ExpiringDeclaration extends Declaration {
  readonly expires: true
  readonly isOrdered?: undefined
  readonly indexes?: undefined
  readonly unique?: undefined
}

/** A kind of record, whose values are strings or objects that JSON can hold. */
export type KindDeclaration<V> = LastingKind<V> | ExpiringDeclaration

const TEXT = { type: 'string' } as const

const ACCOUNT = {
  type: 'object',
  properties: {
    /** As registered. */
    name: TEXT,
    /** The secret is checked against it. */
    hash: TEXT,
    /** ms since the epoch; unknown for accounts that an earlier version kept in Redis. */
    createdAt: { type: 'number' },
  },
  required: ['name', 'hash'],
  additionalProperties: false,
} as const

const BLOCK = {
  type: 'object',
  properties: {
    /** Folded. */
    owner: TEXT,
    /** As the owner wrote it. */
    name: TEXT,
  },
  required: ['owner', 'name'],
  additionalProperties: false,
} as const

/** Declares the type of a kind's values by their schema. */
function kind<
  const S extends object,
  const O extends Omit<LastingKind<XStatic<S>>, 'schema'> | Omit<ExpiringDeclaration, 'schema'>,
>(schema: S, options: O): O & { readonly schema: S } {
  return { schema, ...options }
}

/** The kinds of records. The name of a kind is kept in the store. */
export const KINDS = {
  /** A name that needs a secret, by that name. Names that look alike are one. */
  account: kind(ACCOUNT, {
    foldsKeys: true,
    unique: { of: ({ name }) => skeletonsOf(name), version: SKELETON_VERSION },
  }),
  /** A user who does not want to hear from another one, until they take it back, by {@link blockKey}. Listed by either name. */
  block: kind(BLOCK, { indexes: { parties: ({ owner, name }) => [owner, fold(name)] } }),
  /** A name that has joined a room or been registered, as first written or as registered. The engine inserts those that join. */
  name: kind(TEXT, { foldsKeys: true, isOrdered: true }),
  /** The name of the account that a key opens, by the key's digest. */
  key: kind(TEXT, { expires: true }),
  /** The number drawn for an account's login, by the folded name. */
  login: kind(TEXT, { expires: true }),
  /** The name of the account that a ticket stands for, by the ticket's digest. */
  ticket: kind(TEXT, { expires: true }),
  /** A secret that all nodes share, by its purpose. */
  secret: kind(TEXT, { expires: true }),
  /** The folded name under which the address that made a room speaks in it, by the room's id. */
  'maker-name': kind(TEXT, { expires: true }),
}

export type Kind = keyof typeof KINDS
export type RecordOf<K extends Kind> = Readonly<XStatic<(typeof KINDS)[K]['schema']>>
/** Kinds whose declaration has an option. */
type KindWith<O extends string> = { [K in Kind]: (typeof KINDS)[K] extends Record<O, unknown> ? K : never }[Kind]
export type UniqueKind = KindWith<'unique'>
export type IndexedKind = KindWith<'indexes'>
export type ExpiringKind = KindWith<'expires'>
export type IndexOf<K extends IndexedKind> = keyof (typeof KINDS)[K]['indexes'] & string

export type AccountRecord = RecordOf<'account'>
export type BlockRecord = RecordOf<'block'>

export interface RecordOptions {
  /** ms since the epoch, from when on the record is not there; only for kinds that expire. */
  readonly expiresAt?: number | undefined
}

export interface RecordRange {
  /** Without so many of the first. */
  readonly skip?: number
  readonly limit?: number
}

/** Every promise rejects with {@link Unavailable} when the store cannot be used. What was written is committed when it resolves. */
export interface Records {
  /** Undefined when there is no such record, or its time is over. MUST be cheap for a unique kind where there is none. */
  get<K extends Kind>(kind: K, key: string): Promise<RecordOf<K> | undefined>
  /** Keeps a record in place of the one with that key. */
  put<K extends Exclude<Kind, UniqueKind>>(
    kind: K,
    key: string,
    value: RecordOf<K>,
    options?: RecordOptions,
  ): Promise<void>
  /** Keeps a record unless its key, or one of its unique values, is another's; false then. */
  insert<K extends Kind>(kind: K, key: string, value: RecordOf<K>, options?: RecordOptions): Promise<boolean>
  /**
   * Keeps what `change` makes of a record; it is called again when the record was changed meanwhile. Resolves with the record as it
   * was, with undefined when there was none. Other nodes MAY find a record as it was until they have heard of the change.
   */
  change<K extends Exclude<Kind, ExpiringKind>>(
    kind: K,
    key: string,
    change: (value: RecordOf<K>) => RecordOf<K>,
  ): Promise<RecordOf<K> | undefined>
  /** Removes a record. Resolves with the record as it was, with undefined when there was none. */
  delete<K extends Kind>(kind: K, key: string): Promise<RecordOf<K> | undefined>
  /** Whether a record has one of these unique values. MUST be as cheap as {@link get}. */
  isTaken(kind: UniqueKind, values: readonly string[]): Promise<boolean>
  /** Records in pages of bounded size: in order of appearance if the kind is ordered, else in no order. */
  list<K extends Kind>(kind: K, range?: RecordRange): AsyncIterable<readonly RecordOf<K>[]>
  /** The records with a value in an index, in pages of bounded size and in order of appearance. MUST be cheap where there are none. */
  listBy<K extends IndexedKind>(kind: K, index: IndexOf<K>, value: string): AsyncIterable<readonly RecordOf<K>[]>
}

/** The declaration of a kind, its values of any type. */
export function declarationOf(kind: Kind): KindDeclaration<never> {
  return KINDS[kind]
}

/** Whether records are listed in order of appearance. */
export function isOrdered(kind: Kind): boolean {
  const { isOrdered = false, indexes } = declarationOf(kind)
  return isOrdered || indexes !== undefined
}

/** All kinds. */
export const KIND_NAMES = Object.keys(KINDS) as readonly Kind[]

export function blockKey(owner: string, name: string): string {
  return `${fold(owner)}\n${fold(name)}`
}

/** The key under which a store keeps a record. */
export function storedKey(kind: Kind, key: string): string {
  return declarationOf(kind).foldsKeys ? fold(key) : key
}

/** The text that a store keeps of a value: a string as it is, anything else as JSON. */
export function recordText(value: RecordOf<Kind>): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

export function recordOf<K extends Kind>(kind: K, text: string): RecordOf<K> {
  // Written by recordText, and checked when it came from outside.
  const isText = KINDS[kind].schema.type === 'string'
  return (isText ? text : JSON.parse(text)) as RecordOf<K>
}

/** The values of a record in the indexes of its kind, each with the name of the index. */
export function indexedValues(kind: Kind, text: string): (readonly [index: string, value: string])[] {
  const { indexes } = declarationOf(kind)
  if (!indexes) return []
  const value = recordOf(kind, text) as never
  return Object.entries(indexes).flatMap(([index, of]) => [...new Set(of(value))].map((key) => [index, key] as const))
}

export function uniqueValues(kind: Kind, text: string): readonly string[] {
  const { unique } = declarationOf(kind)
  return unique ? unique.of(recordOf(kind, text) as never) : []
}

/** Inserts a record unless there is one. Resolves with what is kept, of several that are inserted at once with the same. */
export async function insertOrGet<K extends Kind>(
  records: Records,
  kind: K,
  key: string,
  value: RecordOf<K>,
  options?: RecordOptions,
): Promise<RecordOf<K>> {
  for (;;) {
    if (await records.insert(kind, key, value, options)) return value
    const kept = await records.get(kind, key)
    // Undefined when its time was over in between.
    if (kept !== undefined) return kept
  }
}
