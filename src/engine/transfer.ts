/** The interfaces for export from and import into a store; ids and times are preserved. */
import type { RoomRecord } from './engine.ts'
import { type Event, type LogName, nextId, timeAt } from './event.ts'
import type { RecordKind, StoredRecord } from './records.ts'

/** The bounds of a log, which has all events after `start` up to `last`. */
export interface LogExtent {
  readonly name: LogName
  readonly start: number
  readonly last: number
}

export interface ExportedLog extends LogExtent {
  /** The state of the room, see {@link EngineLogs.state}, without roles that end with a `left`; ordered by id. */
  readonly state: readonly Event[]
  /** Oldest first, in pages of bounded size. */
  readonly events: AsyncIterable<readonly Event[]>
}

/**
 * A snapshot of a store, which a daemon may use meanwhile. Members of rooms are exported with a `left`, as after a crash.
 *
 * @throws EngineFault from all methods
 */
export interface ExportSource {
  /** For messages, without a password. */
  readonly shown: string
  /** Approximate number of events. */
  readonly size: number
  /** The highest room id ever given. */
  readonly lastRoom: number
  /** Ordered by id. */
  readonly rooms: readonly RoomRecord[]
  /** Yields records in order of insertion if the kind is ordered, else by the bytes of their keys; in pages of bounded size. */
  records(kind: RecordKind): AsyncIterable<readonly StoredRecord[]>
  /** Yields the logs of open rooms and the inboxes, by the bytes of their names. */
  logs(): AsyncIterable<ExportedLog>
  /**
   * Yields the events of {@link MODERATION_KINDS} in a room, oldest first, in pages of bounded size, which may be empty. Excludes those
   * whose id is of a time before `since`, in ms since the epoch.
   */
  moderation(room: number, since: number): AsyncIterable<readonly Event[]>
  close(): void
}

/** An empty store to fill. A daemon refuses to start on it before {@link finish}. */
export interface ImportTarget {
  /** For messages, without a password. */
  readonly shown: string
  setLastRoom(id: number): Promise<void>
  addRoom(room: RoomRecord): Promise<void>
  /** Adds records, in the order of {@link ExportSource.records}. */
  addRecords(records: readonly StoredRecord[]): Promise<void>
  /** Begins a log; {@link addEvents} adds to it until {@link endLog}. */
  beginLog(extent: LogExtent): Promise<void>
  /** Adds the state of the log's room. */
  addState(state: readonly Event[]): Promise<void>
  addEvents(events: readonly Event[]): Promise<void>
  endLog(): Promise<void>
  /** Makes the store usable. */
  finish(): Promise<void>
  /** Removes all that was added. */
  discard(): Promise<void>
  close(): void
}

/** The store cannot be exported or filled in its present state. The message is one line for an operator. */
export class Unfit extends Error {
  override name = 'Unfit'
}

/** Returns the `left` events of the members of a room at its export, dated `now`, in ms since the epoch. */
export function departures({ last }: LogExtent, room: number, names: readonly string[], now: number): Event[] {
  let id = last
  return names.map((from) => {
    id = nextId(id, now)
    return { id, at: timeAt(id, now), kind: 'left', room, from, body: '' }
  })
}

/** Returns the state of a room for an export, see {@link ExportedLog.state}. */
export function exportedState(state: readonly Event[]): Event[] {
  return state.filter(({ details }) => !details?.guest).sort((a, b) => a.id - b.id)
}

/** Returns the message of a daemon that is started on a store with an unfinished import. */
export function unfinishedImport(place: string): string {
  return `cannot use ${place}: an import into it is unfinished; run roomd import again`
}
