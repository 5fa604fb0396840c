/**
 * What the engine and its store thread say to one another. The store works on one request after the other, so replies
 * come in the order of requests and need no numbers.
 */
import type { RoomRecord } from '../engine.ts'
import type { Event, LogName } from '../event.ts'
import type { Retention, Trouble } from '../watch.ts'
import type { KnownRecords } from './record-table.ts'
import type { StoreMethod } from './store.ts'

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

/** What a commit has done. */
export interface Committed {
  /** For each row its id; 0 where it came behind the end of its log, and was not appended. */
  readonly ids: readonly number[]
  /** The time of the clock at which they were given, in ms since the epoch. */
  readonly now: number
  /** Those whom a room's end took out of it, oldest first. */
  readonly left: readonly Event[]
}

/** A request: the method of the store, and its arguments. */
export type StoreRequest = readonly [method: StoreMethod | 'close', args: readonly unknown[]]

export type Reply =
  | { readonly value: unknown }
  /** Nothing was changed, and why. */
  | { readonly trouble: string }

/** What the store says without being asked. */
export type Notice =
  | {
      readonly notice: 'open'
      readonly rooms: readonly RoomRecord[]
      readonly stranded: readonly Stranded[]
      readonly records: KnownRecords
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
