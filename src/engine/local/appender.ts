import { type Event, type EventDetails, idAt, type LogName, leaverOf, NONCE_MS, timeAt, timeOf } from '../event.ts'
import type { MessageErasure } from './erasure.ts'
import type { EventTable } from './event-table.ts'
import type { Indexing } from './indexing.ts'
import type { LogRow, LogTable } from './log-table.ts'
import type { MemberTable } from './member-table.ts'
import type { RecordTable } from './record-table.ts'
import type { RoomStateTable } from './room-state-table.ts'
import type { LocalRoomTable } from './room-table.ts'
import { type Columns, type CommitResult, type Row, rowsOf } from './rows.ts'
import type { Transaction } from './transaction.ts'

/** Minimum time between two messages whose times are stored with their room. */
const SAID_MS = 60_000

/** The tables that appended events change. */
interface AppenderTables {
  readonly logs: LogTable
  readonly events: EventTable
  readonly members: MemberTable
  readonly rooms: LocalRoomTable
  readonly records: RecordTable
  readonly states: RoomStateTable
  readonly erasure: MessageErasure
  readonly indexing: Indexing
}

/** A transaction that appends rows. */
interface Batch {
  /** Time of the commit, in ms since the epoch. */
  readonly now: number
  /** Id after which the nonces of events count. */
  readonly noncesAfter: number
  /** The `left` events of rooms that it closes. */
  readonly left: Event[]
  /** Logs with more events than before. */
  readonly touched: Set<LogRow>
  /** Rooms that it closes. */
  readonly closed: number[]
  /** The logs and nicknames of the `left` events of users who have another nickname from then on. */
  readonly renamed: Set<string>
}

/** Appends events to logs, with what they change beside the logs. */
export class Appender {
  readonly #tables: AppenderTables
  readonly #transaction: Transaction
  /** The newest id of all logs. */
  #newest = 0
  /** Rooms closed since the start, to whose logs nothing is appended any more. */
  readonly #closed = new Set<number>()

  constructor(tables: AppenderTables, transaction: Transaction) {
    this.#tables = tables
    this.#transaction = transaction
  }

  /** Appends events in one transaction. */
  append(columns: Columns): CommitResult {
    this.#tables.logs.limit()
    const rows = rowsOf(columns)
    const now = Date.now()
    const batch: Batch = {
      now,
      noncesAfter: idAt(now - NONCE_MS),
      left: [],
      touched: new Set(),
      closed: [],
      renamed: new Set(),
    }
    const ids: number[] = []
    try {
      this.#transaction(() => {
        for (const row of rows) ids.push(this.#append(row, batch))
        for (const log of batch.touched) this.#tables.logs.save(log)
      })
    } catch (error) {
      // The rows in memory are ahead of the disk.
      for (const [name] of rows) this.#tables.logs.forget(name)
      for (const room of batch.closed) this.#closed.delete(room)
      throw error
    }
    for (const room of batch.closed) this.#tables.logs.ended.add(`room:${room}`)
    for (const { name } of batch.touched) this.#tables.indexing.appended(name)
    return { ids, now: batch.now, left: batch.left }
  }

  /** Returns the id of the message with a sender and nonce; 0 if there is none within {@link NONCE_MS} before `now`. */
  idWithNonce(name: LogName, nonce: string, from: string, now: number): number {
    const log = this.#tables.logs.find(name)
    if (!log) return 0
    const after = idAt(now - NONCE_MS)
    const id = this.#tables.events.idWithNonce(log.id, nonce, from)
    return id > after ? id : this.#tables.erasure.nonces.find(log.id, nonce, from, after)
  }

  /** Appends a row unless something is against it. Returns the number for {@link CommitResult.ids}. */
  #append(row: Row, batch: Batch): number {
    const [name, kind, room, from, to, body, , , , nonce, details] = row
    const { now } = batch
    if (this.#closed.has(room) && name === `room:${room}`) return 0
    if (kind === 'closed') this.#close(name, room, batch)
    if (kind !== 'message' && this.#isMoot(row, batch)) return 0
    // Ids of an earlier log of that name are below "start", hence gone.
    const log = this.#tables.logs.find(name) ?? this.#tables.logs.create(name, idAt(now) - 1)
    const erased = nonce !== null && this.#tables.erasure.nonces.find(log.id, nonce, from, batch.noncesAfter)
    if (erased) return -erased
    // Ids rise across logs within a millisecond too.
    const newest = timeOf(this.#newest) === now ? this.#newest : 0
    const id = Math.max(idAt(now), log.last + 1, newest + 1)
    this.#newest = id
    const at = timeAt(id, now)
    const ahead = at !== timeOf(id)
    if (!this.#tables.events.insert(log.id, id, ahead ? at : null, row)) return this.#repeat(log, row, batch)
    if (kind === 'message' && now >= log.said + SAID_MS) {
      this.#tables.rooms.said(room, now)
      log.said = now
    } else if (kind === 'closed') this.#tables.logs.end(log)
    log.last = id
    if (ahead) log.ahead = id
    log.count++
    if (kind !== 'message') this.#noteEffects(log, { id, at, kind, room, from, body }, to, details)
    batch.touched.add(log)
    return id
  }

  /** Returns the negative id of the event with the nonce of a row; appends the row if that event is too old. */
  #repeat(log: LogRow, row: Row, batch: Batch): number {
    const [, , , from, , , , , , nonce] = row
    if (nonce === null) throw new Error('unreachable: only a nonce is in use')
    const first = this.#tables.events.idWithNonce(log.id, nonce, from)
    if (first > batch.noncesAfter) return -first
    this.#tables.events.freeNonce(log.id, nonce, from)
    return this.#append(row, batch)
  }

  /** Removes a room and puts its members out. */
  #close(name: LogName, room: number, batch: Batch): void {
    batch.closed.push(room)
    this.#tables.rooms.remove(room)
    this.#tables.states.clear(room)
    for (const from of this.#tables.members.inside(room)) {
      const id = this.#append([name, 'left', room, from, null, '', null, null, null, null, null], batch)
      batch.left.push({ id, at: timeAt(id, batch.now), kind: 'left', room, from, body: '' })
    }
    this.#closed.add(room)
  }

  /** Stores what an event other than a message changes beside the log. */
  #noteEffects(log: LogRow, event: Event, to: string | null, details: string | null): void {
    const { kind, room, from } = event
    if (kind === 'joined') {
      this.#tables.members.add(room, from)
      this.#tables.records.see(from)
    }
    const gone = leaverOf({ kind, from, to: to ?? '' })
    if (gone !== undefined) {
      this.#tables.members.remove(room, gone)
      this.#tables.states.left(room, gone)
    } else if (kind === 'redacted') {
      const { target = 0 }: EventDetails = JSON.parse(details ?? '{}')
      this.#tables.indexing.erase(log, target)
      if (this.#tables.erasure.remove(log.id, target)) log.count--
    } else if (details !== null || kind === 'topic' || kind === 'joined') {
      this.#tables.states.note({
        ...event,
        ...(to !== null && { to }),
        ...(details !== null && { details: JSON.parse(details) }),
      })
    }
  }

  /**
   * Returns true for a `left`, a `kicked` or the `role` of a guest, of a user who is not in the room, and for a `joined` whose user has another
   * nickname from then on, without the `left` of the former one.
   */
  #isMoot([name, kind, room, from, to, , , , , , json]: Row, batch: Batch): boolean {
    const { guest, renamed }: EventDetails = json === null ? {} : JSON.parse(json)
    const { members } = this.#tables
    switch (kind) {
      case 'role':
        return guest === true && !members.hasFolded(room, to ?? '')
      case 'kicked':
        return !members.has(room, to)
      case 'left':
        if (!members.has(room, from)) return true
        if (renamed !== undefined) batch.renamed.add(`${name} ${from}`)
        return false
      case 'joined':
        return renamed !== undefined && !batch.renamed.has(`${name} ${renamed}`)
      default:
        return false
    }
  }
}
