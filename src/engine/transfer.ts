/** The content of a store as it is exported and imported; ids and times stay as they are. */
import type { RoomRecord } from './engine.ts'
import { type Event, type LogName, nextId, timeAt } from './event.ts'
import type { RecordKind, StoredRecord } from './records.ts'

/** A log without its events. Everything after `start` up to `last` is there. */
export interface LogExtent {
  readonly name: LogName
  readonly start: number
  readonly last: number
}

export interface ExportedLog extends LogExtent {
  /** Oldest first, in pages of bounded size. */
  readonly events: AsyncIterable<readonly Event[]>
}

/**
 * A snapshot of a store, whether or not a daemon uses it. Users who are in a room are exported with a `left`, as after a crash. All
 * methods reject with {@link EngineFault}.
 */
export interface ExportSource {
  /** For messages, without a password. */
  readonly shown: string
  /** The number of events, roughly. */
  readonly size: number
  /** The highest room number ever given. */
  readonly lastRoom: number
  /** By number. */
  readonly rooms: readonly RoomRecord[]
  /** In order of appearance where the kind is ordered, else by the bytes of their keys; in pages of bounded size. */
  records(kind: RecordKind): AsyncIterable<readonly StoredRecord[]>
  /** Logs of open rooms, and inboxes, by the bytes of their names. */
  logs(): AsyncIterable<ExportedLog>
  close(): void
}

/** An empty store to fill. No daemon starts on it before {@link finish}. */
export interface ImportTarget {
  /** For messages, without a password. */
  readonly shown: string
  setLastRoom(id: number): Promise<void>
  addRoom(room: RoomRecord): Promise<void>
  /** In the order of {@link ExportSource.records}. */
  addRecords(records: readonly StoredRecord[]): Promise<void>
  /** Begins a log; {@link addEvents} adds to it until {@link endLog}. */
  beginLog(extent: LogExtent): Promise<void>
  addEvents(events: readonly Event[]): Promise<void>
  endLog(): Promise<void>
  /** Makes the store usable. */
  finish(): Promise<void>
  /** Removes all that was added. */
  discard(): Promise<void>
  close(): void
}

/** The store cannot be exported or filled as it is: a message for the operator, one line. */
export class Unfit extends Error {
  override name = 'Unfit'
}

/** The `left` events of users who were in a room when its log was exported, at a time in ms. */
export function departures({ last }: LogExtent, room: number, names: readonly string[], now: number): Event[] {
  let id = last
  return names.map((from) => {
    id = nextId(id, now)
    return { id, at: timeAt(id, now), kind: 'left', room, from, body: '' }
  })
}

/** Message of a daemon that is started on a store with an unfinished import. */
export function unfinishedImport(place: string): string {
  return `cannot use ${place}: an import into it is unfinished; run roomd import again`
}
