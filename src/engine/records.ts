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

/** A kind whose records do not expire. */
interface LastingKind<V> extends Declaration {
  readonly expires?: undefined
  /** Listed in order of appearance; a record that is put again keeps its place. */
  readonly isOrdered?: true
  /**
   * Values by which records are listed, by the name of the index. Such a kind is ordered. Stored values are not updated when the
   * declaration changes.
   */
  readonly indexes?: { readonly [name: string]: (value: V) => readonly string[] }
  /**
   * Values that no two records share, for a kind that is looked up often and mostly is not there. The local engine holds them and
   * the keys in memory; a node on Redis remembers records that it has found until it hears of a change. Records of such a kind
   * are inserted, changed and deleted, but not put; a change must leave these values as they are.
   */
  readonly unique?: {
    readonly of: (value: V) => readonly string[]
    /** Version of the function; values of another version are computed again. */
    readonly version: string
  }
}

/** A kind whose records may expire. */
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

export type RecordKind = keyof typeof KINDS
export type RecordOf<K extends RecordKind> = Readonly<XStatic<(typeof KINDS)[K]['schema']>>
/** The kinds whose declaration has an option. */
type KindWith<O extends string> = {
  [K in RecordKind]: (typeof KINDS)[K] extends Record<O, unknown> ? K : never
}[RecordKind]
export type UniqueKind = KindWith<'unique'>
export type IndexedKind = KindWith<'indexes'>
export type ExpiringKind = KindWith<'expires'>
export type IndexOf<K extends IndexedKind> = keyof (typeof KINDS)[K]['indexes'] & string

export type AccountRecord = RecordOf<'account'>
export type BlockRecord = RecordOf<'block'>

/** A record as a store keeps it. */
export interface StoredRecord {
  readonly kind: RecordKind
  /** As {@link storedKey} makes it. */
  readonly key: string
  /** As {@link recordText} makes it. */
  readonly text: string
  /** ms since the epoch. */
  readonly expiresAt?: number | undefined
}

export interface RecordOptions {
  /** ms since the epoch; only for kinds that expire. */
  readonly expiresAt?: number | undefined
}

export interface RecordRange {
  /** Number of records to leave out at the beginning. */
  readonly skip?: number
  readonly limit?: number
}

/** The declaration of a kind, its values of any type. */
export function declarationOf(kind: RecordKind): KindDeclaration<never> {
  return KINDS[kind]
}

/** True if records of a kind are listed in order of appearance. */
export function isOrdered(kind: RecordKind): boolean {
  const { isOrdered = false, indexes } = declarationOf(kind)
  return isOrdered || indexes !== undefined
}

/** All kinds. */
export const KIND_NAMES = Object.keys(KINDS) as readonly RecordKind[]

export function blockKey(owner: string, name: string): string {
  return `${fold(owner)}\n${fold(name)}`
}

/** The key under which a store keeps a record. */
export function storedKey(kind: RecordKind, key: string): string {
  return declarationOf(kind).foldsKeys ? fold(key) : key
}

/** The text that a store keeps of a value: a string as it is, anything else as JSON. */
export function recordText(value: RecordOf<RecordKind>): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

export function parseRecord<K extends RecordKind>(kind: K, text: string): RecordOf<K> {
  // Written by recordText; imports are checked.
  const isText = KINDS[kind].schema.type === 'string'
  return (isText ? text : JSON.parse(text)) as RecordOf<K>
}

/** The values of a record in the indexes of its kind, each with the name of the index. */
export function indexedValues(kind: RecordKind, text: string): (readonly [index: string, value: string])[] {
  const { indexes } = declarationOf(kind)
  if (!indexes) return []
  const value = parseRecord(kind, text) as never
  return Object.entries(indexes).flatMap(([index, of]) => [...new Set(of(value))].map((key) => [index, key] as const))
}

export function uniqueValues(kind: RecordKind, text: string): readonly string[] {
  const { unique } = declarationOf(kind)
  return unique ? unique.of(parseRecord(kind, text) as never) : []
}
