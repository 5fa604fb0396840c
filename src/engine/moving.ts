/**
 * What an engine keeps, as plain records, so that all of it can be moved into another engine while no daemon uses either.
 * Who is in a room is not among it: nobody may be.
 */
import type { RoomRecord } from './engine.ts'
import type { Event, LogName } from './event.ts'
import type { Kind } from './records.ts'

/** A log, without its events. */
export interface LogRecord {
  readonly name: LogName
  /** Everything after `start` up to `last` is there: what makes {@link Gone} of an id the same on both sides. */
  readonly start: number
  readonly last: number
  readonly count: number
}

/** Whatever is kept beside the logs. */
export type KeptRecord =
  /** The number that was given to a room last. */
  | { readonly is: 'given'; readonly id: number }
  | { readonly is: 'room'; readonly room: RoomRecord }
  /** In order of appearance where the kind has one; the text is as an engine keeps it. */
  | {
      readonly is: 'record'
      readonly kind: Kind
      readonly key: string
      readonly text: string
      readonly expiresAt?: number
    }

/** What can be read of a place. */
export interface Source {
  /** For messages, without a password. */
  readonly shown: string
  /** Equal where two are the same place, however it was written. */
  readonly identity: string
  /** All logs but those of rooms that are no more; of a target those that are finished. */
  logs(): AsyncIterable<LogRecord>
  /** A log's events, oldest first, in pages of bounded size. */
  events(log: LogName): AsyncIterable<readonly Event[]>
  /** Kind by kind, in pages of bounded size. Notes whose time is over by `livingAt` are left out. */
  records(livingAt: number): AsyncIterable<readonly KeptRecord[]>
  /** Rejects with {@link EngineFault} when a daemon has used the place since it was opened. */
  undisturbed(): Promise<void>
  close(): void
}

/** A place that everything is moved to. No daemon starts on it between {@link begin} and {@link finish}. */
export interface Target extends Source {
  /**
   * Marks the place as the target of a migration from there. Where that has been begun already, logs that are finished stay
   * and everything else is removed. Rejects with {@link Unfit} when something else is there.
   */
  begin(from: string): Promise<void>
  /** Of one log after the other: its events in their order, then {@link finishLog}. */
  append(log: LogName, events: readonly Event[]): Promise<void>
  finishLog(log: LogRecord): Promise<void>
  dropLog(log: LogName): Promise<void>
  /** In the order of {@link Source.records}. */
  keep(records: readonly KeptRecord[]): Promise<void>
  /** Takes the mark away. */
  finish(): Promise<void>
}

/** A place that nothing can be moved from or to as it is: a message for the operator, one line. */
export class Unfit extends Error {
  override name = 'Unfit'
}

/** What a daemon says that is to start on a target. */
export function unfinished(place: string, from: string): string {
  return `cannot use ${place}: a migration from ${from} into it is unfinished; run it again to the end`
}

/** Of a place in which somebody has joined and not left. */
export function disorderly(place: string): string {
  return `${place} was not left in order: start roomd on it, stop it after ten seconds, then migrate`
}
