/**
 * The messages between the engine and its store thread. The store handles one request after the other, so replies come in the order
 * of requests and need no numbers.
 */
import type { LogName } from '../event.ts'
import type { Operation, Retention } from '../observer.ts'
import type { Stranded } from './member-table.ts'
import type { KnownRecords } from './record-table.ts'
import type { StoreMethod } from './store.ts'

export interface StoreOptions {
  /** The SQLite file, or `:memory:`. */
  readonly file: string
  /** SQLite's `synchronous`: with `normal` commits survive a crash of the process, with `full` a power failure too. */
  readonly sync: 'normal' | 'full'
  readonly keep: Retention
  /** Slug of the lobby; undefined leaves it unchanged. */
  readonly lobby: string | undefined
  /** False leaves the index of messages as it is, and unused. */
  readonly search?: boolean
}

/** The content of a store when it is opened, as far as the engine keeps it in memory. */
export interface OpenedStore {
  readonly rooms: number
  readonly stranded: readonly Stranded[]
  readonly records: KnownRecords
}

export type StoreRequest = readonly [method: StoreMethod | 'close', args: readonly unknown[]]

/** The reply to a request. The first one comes without a request, and has the {@link OpenedStore}, unless there is a `fault`. */
export type StoreReply =
  | { readonly value: unknown }
  /** Reason why the call failed; nothing was changed. */
  | { readonly failure: string }

/** A message of the store that is no reply. */
export type StoreNotice =
  | {
      readonly notice: 'fault'
      readonly message: string
      /** True if another process uses the file. */
      readonly isInUse: boolean
    }
  /** Retention has removed all events of a log up to an id. */
  | { readonly notice: 'trimmed'; readonly log: LogName; readonly upTo: number }
  /** Sent before the first failing reply, and again when the reason changes. */
  | { readonly notice: 'trouble'; readonly operation: Operation; readonly reason: string }
  | { readonly notice: 'recovered'; readonly operation: Operation }
