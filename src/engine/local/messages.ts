/**
 * What the engine and its store thread say to one another. The store works on one request after the other, so replies
 * come in the order of requests and need no numbers.
 */
import type { AccountRecord, BlockRecord, NewRoom, RoomChange, RoomRecord } from '../engine.ts'
import type { Event, LogName } from '../event.ts'
import type { Bounds } from '../reading.ts'
import type { Retention, Trouble } from '../watch.ts'

export interface StoreOptions {
  /** The SQLite file, or `:memory:`. */
  readonly file: string
  /** SQLite's `synchronous`: `normal` outlives any crash of the process, `full` a power failure too. */
  readonly sync: 'normal' | 'full'
  readonly keep: Retention
  /** Line name that room 1 gets; it keeps its own if none is given. */
  readonly lobby: string | undefined
}

/** One event on its way to the store: log, kind, room, from, to, body, sent, colour, and 1 if it is verified. */
export type Row = [
  LogName,
  Event['kind'],
  number,
  string,
  string | null,
  string,
  number | null,
  string | null,
  1 | null,
]

export type Request =
  | { readonly op: 'commit'; readonly rows: readonly Row[] }
  | {
      readonly op: 'page'
      readonly log: LogName
      readonly from: number
      readonly to: number
      readonly limit: number
      readonly bytes: number
    }
  | { readonly op: 'back'; readonly log: LogName; readonly from: number; readonly to: number; readonly skip: number }
  | { readonly op: 'bounds'; readonly log: LogName }
  | { readonly op: 'createRoom'; readonly room: NewRoom }
  | { readonly op: 'changeRoom'; readonly id: number; readonly change: RoomChange }
  | { readonly op: 'createAccount'; readonly account: AccountRecord }
  | { readonly op: 'findAccount'; readonly name: string }
  | { readonly op: 'accounts'; readonly after: number; readonly limit: number }
  | { readonly op: 'changeAccount'; readonly name: string; readonly hash: string | undefined }
  | { readonly op: 'clear'; readonly log: LogName }
  | { readonly op: 'keepBlock'; readonly owner: string; readonly name: string }
  | { readonly op: 'dropBlock'; readonly owner: string; readonly name: string }
  | { readonly op: 'blocksWith'; readonly name: string }
  | { readonly op: 'findName'; readonly name: string }
  | { readonly op: 'names'; readonly limit: number; readonly skip: number }
  | { readonly op: 'remember'; readonly key: string; readonly text: string; readonly until: number | undefined }
  | { readonly op: 'rememberFirst'; readonly key: string; readonly text: string; readonly until: number | undefined }
  | { readonly op: 'recall'; readonly key: string }
  | { readonly op: 'forget'; readonly key: string }
  | { readonly op: 'ping' }
  | { readonly op: 'close' }

/** What each request is answered with. */
export interface Replies {
  /** The ids given, in the order of the rows. */
  commit: Committed
  /** Events of one log, oldest first. */
  page: readonly Event[]
  /** The id that many events before the end of the range; undefined when the range is shorter. */
  back: number | undefined
  bounds: Bounds | undefined
  /** Undefined when the title or line name is taken. */
  createRoom: RoomRecord | undefined
  /** Undefined when there is no such room, false when the title or line name is taken. */
  changeRoom: RoomRecord | undefined | false
  /** False when the name is taken. */
  createAccount: boolean
  findAccount: AccountRecord | undefined
  /** The next accounts in order of making, and the place of the last one. */
  accounts: { readonly page: readonly AccountRecord[]; readonly last: number }
  /** As it was before it was changed, or removed where no hash was given. */
  changeAccount: AccountRecord | undefined
  /** Some events were removed, up to this id; undefined when there were none left. */
  clear: number | undefined
  keepBlock: true
  dropBlock: true
  blocksWith: readonly BlockRecord[]
  findName: string | undefined
  names: readonly string[]
  remember: true
  /** What is kept. */
  rememberFirst: string
  recall: string | undefined
  forget: true
  ping: true
  close: true
}

/** What a commit has done. */
export interface Committed {
  /** For each row its id; 0 where it came behind the end of its log, and was not appended. */
  readonly ids: readonly number[]
  /** The time of the clock at which they were given, in ms since the epoch. */
  readonly now: number
  /** Those whom a room's end took out of it, oldest first. */
  readonly left: readonly Event[]
}

export type Reply =
  | { readonly value: Replies[keyof Replies] }
  /** Nothing was changed, and why. */
  | { readonly trouble: string }

/** What the store says without being asked. */
export type Notice =
  | {
      readonly notice: 'open'
      readonly rooms: readonly RoomRecord[]
      readonly stranded: readonly Stranded[]
      /** Names of all accounts, as registered. */
      readonly accounts: readonly string[]
      readonly anyBlock: boolean
    }
  | { readonly notice: 'fault'; readonly message: string }
  /** Retention has removed everything up to an id. */
  | { readonly notice: 'trimmed'; readonly log: LogName; readonly upTo: number }
  /** Comes before the first reply that says so, and again when the reason changes. */
  | { readonly notice: 'trouble'; readonly what: Trouble; readonly reason: string }
  | { readonly notice: 'recovered'; readonly what: Trouble }

/** Somebody who was in a room when the process died. */
export interface Stranded {
  readonly room: number
  readonly name: string
}
