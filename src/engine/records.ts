/**
 * The records that an engine stores beside rooms and logs. A new kind of record is an entry of {@link KINDS} and the code that uses it:
 * stores, export and import iterate the entries.
 */
import type { XStatic } from 'typebox/schema'
import { fold } from './fold.ts'
import { ACCOUNT, ADDRESS_BAN, BLOCK, HOOK, TEXT, TOKEN } from './record-schemas.ts'
import { SKELETON_VERSION, skeletonsOf } from './skeleton.ts'

interface Declaration {
  /** JSON Schema of a value; checked on import. */
  readonly schema: object
  /** True if keys are compared folded. */
  readonly foldsKeys?: true
}

/** A kind whose records do not expire. */
interface LastingKind<V> extends Declaration {
  readonly expires?: undefined
  readonly isOfNodes?: undefined
  /** True if records are listed in order of insertion; a record that is put again keeps its place. */
  readonly isOrdered?: true
  /**
   * Values by which records are listed, by the name of the index. Such a kind is ordered. Stored values are not updated when the
   * declaration changes.
   */
  readonly indexes?: { readonly [name: string]: (value: V) => readonly string[] }
  /**
   * Values that no two records share, for a kind that is looked up often and mostly is missing. The local engine holds them and the keys
   * in memory; a node on Redis caches records until it receives a change. Records of such a kind are inserted, changed and deleted,
   * but not put; a change must not change these values.
   */
  readonly unique?: {
    readonly of: (value: V) => readonly string[]
    /** Version of the function; values of another version are recomputed. */
    readonly version: string
  }
}

/** A kind whose records may expire. */
interface ExpiringDeclaration extends Declaration {
  readonly expires: true
  /** True if records concern the nodes that run, and are no content: they are not exported. */
  readonly isOfNodes?: true
  readonly isOrdered?: undefined
  readonly indexes?: undefined
  readonly unique?: undefined
}

/** A kind of record, whose values are strings or objects that JSON can hold. */
type KindDeclaration<V> = LastingKind<V> | ExpiringDeclaration

/** Declares the type of a kind's values by their schema. */
function kind<
  const S extends object,
  const O extends Omit<LastingKind<XStatic<S>>, 'schema'> | Omit<ExpiringDeclaration, 'schema'>,
>(schema: S, options: O): O & { readonly schema: S } {
  return { schema, ...options }
}

/** The kinds of records. The name of a kind is stored. */
export const KINDS = {
  /** An account, by its name. Confusable names are the same account. */
  account: kind(ACCOUNT, {
    foldsKeys: true,
    unique: { of: ({ name }) => skeletonsOf(name), version: SKELETON_VERSION },
  }),
  /** A block of one user by another, by {@link blockKey}; indexed by both names. */
  block: kind(BLOCK, { indexes: { parties: ({ owner, name }) => [owner, fold(name)] } }),
  /** A name that has joined a room or was registered, in its first or registered spelling. The engine inserts names that join. */
  name: kind(TEXT, { foldsKeys: true, isOrdered: true }),
  /** The name of an account, by the digest of its access key. */
  key: kind(TEXT, { expires: true }),
  /** The name of an account that its owner has removed, by each of its skeletons, until the name is free again. */
  retired: kind(TEXT, { expires: true }),
  /** The random number for an account's login, by the folded name. */
  login: kind(TEXT, { expires: true }),
  /** The name of an account, by the digest of a login ticket. */
  ticket: kind(TEXT, { expires: true }),
  /** A secret of all nodes, by its purpose. */
  secret: kind(TEXT, { expires: true }),
  /** A task that one node does, by its name, until it is due again or another node may take it over. */
  duty: kind(TEXT, { expires: true, isOfNodes: true }),
  /** The folded name that the address that made a room uses in it, by the room's id. */
  'maker-name': kind(TEXT, { expires: true }),
  /** The digest of a request that is done once, by the digest of its room, author and key. */
  request: kind(TEXT, { expires: true }),
  /** A network whose connections are refused, by its canonical text. */
  'address-ban': kind(ADDRESS_BAN, { expires: true }),
  /** An outgoing webhook of a room, by its id; indexed by the id of the room. */
  hook: kind(HOOK, { indexes: { room: ({ room }) => [String(room)] } }),
  /** An access token of an account, by its digest; indexed by the name of the account. */
  token: kind(TOKEN, { indexes: { account: ({ account }) => [fold(account)] } }),
}

export type RecordKind = keyof typeof KINDS
export type RecordOf<K extends RecordKind> = Readonly<XStatic<(typeof KINDS)[K]['schema']>>
/** The names of the kinds with an option in their declaration. */
type KindWith<O extends string> = {
  [K in RecordKind]: (typeof KINDS)[K] extends Record<O, unknown> ? K : never
}[RecordKind]
export type UniqueKind = KindWith<'unique'>
export type IndexedKind = KindWith<'indexes'>
export type OrderedKind = KindWith<'isOrdered'> | IndexedKind
export type ExpiringKind = KindWith<'expires'>
export type IndexOf<K extends IndexedKind> = keyof (typeof KINDS)[K]['indexes'] & string

export type AccountRecord = RecordOf<'account'>
export type BlockRecord = RecordOf<'block'>
export type AddressBan = RecordOf<'address-ban'>
export type HookRecord = RecordOf<'hook'>
export type TokenRecord = RecordOf<'token'>

export interface StoredRecord {
  readonly kind: RecordKind
  /** The result of {@link storedKey}. */
  readonly key: string
  /** The result of {@link recordText}. */
  readonly text: string
  /** Time in ms since the epoch. */
  readonly expiresAt?: number | undefined
}

export interface RecordOptions {
  /** Time in ms since the epoch; only for kinds that expire. */
  readonly expiresAt?: number | undefined
}

export interface RecordRange {
  /** Number of records to skip at the beginning. */
  readonly skip?: number
  readonly limit?: number
}

/** Returns the declaration of a kind without the type of its values. */
export function declarationOf(kind: RecordKind): KindDeclaration<never> {
  return KINDS[kind]
}

/** Returns true if records of a kind are listed in order of insertion. */
export function isOrdered(kind: RecordKind): boolean {
  const { isOrdered = false, indexes } = declarationOf(kind)
  return isOrdered || indexes !== undefined
}

export const KIND_NAMES = Object.keys(KINDS) as readonly RecordKind[]

export function blockKey(owner: string, name: string): string {
  return `${fold(owner)}\n${fold(name)}`
}

export function storedKey(kind: RecordKind, key: string): string {
  return declarationOf(kind).foldsKeys ? fold(key) : key
}

/** Returns the stored text of a value: a string unchanged, anything else as JSON. */
export function recordText(value: RecordOf<RecordKind>): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

export function parseRecord<K extends RecordKind>(kind: K, text: string): RecordOf<K> {
  // Written by recordText; imports are checked.
  const isText = KINDS[kind].schema.type === 'string'
  return (isText ? text : JSON.parse(text)) as RecordOf<K>
}

/** Returns the values of a record in the indexes of its kind, each with the name of the index. */
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
