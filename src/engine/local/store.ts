/**
 * The SQLite side of the local engine. Runs in a separate thread (store-thread.ts), so that slow writes and long reads do not
 * block the event loop of the connections.
 */
import type { DatabaseSync, SQLOutputValue, StatementSync } from 'node:sqlite'
import type { NewRoom, RoomChange, RoomRecord, SpokenRoom, WordSearch } from '../engine.ts'
import {
  type Event,
  type EventDetails,
  idAt,
  type Kind,
  type LogName,
  NONCE_MS,
  nextId,
  timeAt,
  timeOf,
} from '../event.ts'
import type { Operation } from '../observer.ts'
import type { Bounds } from '../reading.ts'
import { memoryBytes } from '../recent.ts'
import type { RecordKind, StoredRecord } from '../records.ts'
import type { IndexPage } from '../searching.ts'
import { MessageErasure } from './erasure.ts'
import { MessageIndex } from './message-index.ts'
import type { CommitResult, Row, Stranded } from './messages.ts'
import { type RecordPage, RecordTable } from './record-table.ts'
import { RoomStateTable } from './room-state-table.ts'
import { LocalRoomTable } from './room-table.ts'

/** Minimum time between two messages whose times are stored with their room. */
const SAID_MS = 60_000
/** Maximum number of events removed at once from a log that is cleared. */
const CLEARED = 100
/** Maximum events, and bytes of them, that are indexed at once, in a few milliseconds. */
const INDEXED = 200
const INDEXED_BYTES = 65_536
/** Pages of the index that are merged at once. */
const MERGED_PAGES = 16
/** Record that is written to test commits: as large as the largest batch, and expired. */
const PROBE = { kind: 'secret', key: 'probe', text: 'x'.repeat(196_608), expiresAt: 1 } as const

/** The methods that are called through the port, each with the operation that its failure is counted for. */
export const STORE_METHODS = {
  append: 'commits',
  createRoom: 'commits',
  changeRoom: 'commits',
  clear: 'commits',
  putRecord: 'commits',
  insertRecord: 'commits',
  replaceRecord: 'commits',
  deleteRecord: 'commits',
  ping: 'commits',
  findRoom: 'reads',
  pageOfRooms: 'reads',
  pageOfRoomsFrom: 'reads',
  pageOfSilentRooms: 'reads',
  pageOfSpokenRooms: 'reads',
  page: 'reads',
  back: 'reads',
  bounds: 'reads',
  indexed: 'reads',
  expressions: 'reads',
  findIndexed: 'reads',
  state: 'reads',
  getRecord: 'reads',
  pageOfRecords: 'reads',
  pageOfIndex: 'reads',
} as const satisfies { readonly [M in keyof LocalStore]?: Operation }
export type StoreMethod = keyof typeof STORE_METHODS

/** A row of the table of logs. */
export interface LogRow {
  readonly id: number
  readonly name: LogName
  start: number
  last: number
  count: number
  /** Id of the newest event whose id is ahead of its time; 0 if there is none. */
  ahead: number
  /** Time of the last message that is stored with the room, in ms since the epoch. */
  said: number
  /** Id up to which its messages are in the index. */
  indexed: number
}

/** Logs, rooms and records in SQLite. When a method throws, nothing has changed. */
export class LocalStore {
  readonly rooms: LocalRoomTable
  readonly records: RecordTable
  readonly #states: RoomStateTable
  readonly #erasure: MessageErasure
  readonly #db: DatabaseSync
  readonly #beforeCommit: () => void
  readonly #logs = new Map<LogName, LogRow>()
  /** The newest id of all logs. */
  #newest = 0
  readonly #index: MessageIndex
  /** Logs with events that are not looked at for the index; undefined without an index. */
  readonly #behind: Set<LogName> | undefined
  /** True if the index may have pages to merge. */
  #unmerged = true
  /** Rooms closed since the start, to whose logs nothing is appended any more. */
  readonly #closed = new Set<number>()
  /** True if the write-ahead log may have the text of a removed message; at the start one of the last process. */
  hasRedacted = true
  /** Logs of closed rooms that are not yet removed completely. */
  readonly ended: Set<LogName>
  /** The statement for most events: each bound value costs. */
  readonly #insertEvent: StatementSync
  readonly #insertWithMore: StatementSync
  readonly #insertLog: StatementSync
  readonly #updateLog: StatementSync
  readonly #findLog: StatementSync
  readonly #endLog: StatementSync
  readonly #insertMember: StatementSync
  readonly #deleteMember: StatementSync
  readonly #findMember: StatementSync
  readonly #nonce: StatementSync
  readonly #page: StatementSync
  readonly #back: StatementSync
  readonly #oldest: StatementSync
  readonly #newestBefore: StatementSync
  readonly #deleteOldest: StatementSync

  /** `beforeCommit` is called before each commit and prevents it by throwing. With `search`, messages are indexed. */
  constructor(db: DatabaseSync, beforeCommit: () => void = () => {}, search = true) {
    this.#db = db
    this.#beforeCommit = beforeCommit
    this.rooms = new LocalRoomTable(db)
    this.records = new RecordTable(db)
    this.#index = new MessageIndex(db)
    if (search) this.#behind = new Set(unindexedLogs(db))
    this.#states = new RoomStateTable(db)
    this.#insertEvent = db.prepare('INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, NULL)')
    this.#insertWithMore = db.prepare('INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)')
    this.#erasure = new MessageErasure(db)
    this.#insertLog = db.prepare('INSERT INTO logs (name, start, last, count) VALUES (?, ?, ?, 0)')
    this.#updateLog = db.prepare('UPDATE logs SET start = ?, last = ?, count = ?, ahead = ? WHERE id = ?')
    this.#findLog = db.prepare('SELECT id, start, last, count, ahead, indexed FROM logs WHERE name = ?')
    this.#insertMember = db.prepare('INSERT OR IGNORE INTO members VALUES (?, ?)')
    this.#deleteMember = db.prepare('DELETE FROM members WHERE room = ? AND name = ?')
    this.#findMember = db.prepare('SELECT 1 FROM members WHERE room = ? AND name = ?')
    this.#nonce = db.prepare('SELECT id FROM events WHERE log = ? AND nonce = ? AND sender = ? AND id > ? LIMIT 1')
    this.#page = db.prepare(
      'SELECT id, kind, room, sender, addressee, body, sent, color, verified, at, details FROM events WHERE log = ? AND id BETWEEN ? AND ? ORDER BY id LIMIT ?',
    )
    this.#page.setReturnArrays(true)
    this.#back = db.prepare(
      'SELECT id FROM events WHERE log = ? AND id BETWEEN ? AND ? ORDER BY id DESC LIMIT 1 OFFSET ?',
    )
    this.#endLog = db.prepare('UPDATE logs SET ended = 1 WHERE id = ?')
    this.ended = new Set(
      db
        .prepare('SELECT name FROM logs WHERE ended = 1')
        .all()
        .map((row) => row.name as LogName),
    )
    this.#oldest = db.prepare('SELECT id FROM events WHERE log = ? AND id < ? ORDER BY id LIMIT ?')
    this.#newestBefore = db.prepare(
      'SELECT id FROM events WHERE log = ? AND at IS NOT NULL AND at < ? ORDER BY at DESC, id DESC LIMIT 1',
    )
    this.#deleteOldest = db.prepare('DELETE FROM events WHERE log = ? AND id <= ?')
  }

  /** Calls {@link LocalRoomTable.create}. */
  createRoom(room: NewRoom): RoomRecord | undefined {
    return this.#transaction(() => this.rooms.create(room))
  }

  /** Calls {@link LocalRoomTable.change}. */
  changeRoom(id: number, change: RoomChange): RoomRecord | undefined | false {
    return this.#transaction(() => this.rooms.change(id, change))
  }

  findRoom(which: number | string): RoomRecord | undefined {
    return this.rooms.find(which)
  }

  pageOfRooms(after: number, limit: number): RoomRecord[] {
    return this.rooms.page(after, limit)
  }

  pageOfRoomsFrom(address: string, after: number, limit: number): RoomRecord[] {
    return this.rooms.pageFrom(address, after, limit)
  }

  pageOfSilentRooms(time: number, after: number, limit: number): RoomRecord[] {
    return this.rooms.pageOfSilent(time, after, limit)
  }

  pageOfSpokenRooms(saidAt: number, after: number, limit: number): SpokenRoom[] {
    return this.rooms.pageOfSpoken(saidAt, after, limit)
  }

  getRecord(kind: RecordKind, key: string): string | undefined {
    return this.records.get(kind, key)
  }

  putRecord(record: StoredRecord): void {
    this.#transaction(() => this.records.put(record))
  }

  insertRecord(record: StoredRecord): boolean {
    return this.#transaction(() => this.records.insert(record))
  }

  replaceRecord(record: StoredRecord, before: string): boolean {
    return this.#transaction(() => this.records.replace(record, before))
  }

  deleteRecord(kind: RecordKind, key: string): string | undefined {
    return this.#transaction(() => this.records.delete(kind, key))
  }

  pageOfRecords(kind: RecordKind, after: number, skip: number, limit: number): RecordPage {
    return this.records.page(kind, after, skip, limit)
  }

  pageOfIndex(kind: RecordKind, index: string, value: string, after: number, limit: number): RecordPage {
    return this.records.pageBy(kind, index, value, after, limit)
  }

  ping(): void {}

  state(room: number): Event[] {
    return this.#states.of(room)
  }

  bounds(name: LogName): Bounds | undefined {
    const log = this.log(name)
    return log && { start: log.start, last: log.last, ahead: log.ahead }
  }

  /** Tests commits with the bytes of a large batch. @throws Error if they fail */
  probe(): void {
    this.putRecord(PROBE)
    this.deleteRecord(PROBE.kind, PROBE.key)
  }

  /** Lists users who were in a room at a crash. */
  stranded(): Stranded[] {
    const rows = this.#db.prepare('SELECT room, name FROM members ORDER BY room').all()
    return rows.map((row) => ({ room: Number(row.room), name: String(row.name) }))
  }

  /** Lists the logs of rooms that have a retention of their own, with its days. */
  keeping(): Map<LogName, number> {
    return this.#states.keeping()
  }

  /** Lists the logs with more than `events` events. */
  logNames(events: number): LogName[] {
    const rows = this.#db.prepare('SELECT name FROM logs WHERE count > ?').all(events)
    return rows.map((row) => row.name as LogName)
  }

  /** Removes up to `count` events of a closed room's log. Returns true when the log was empty and is removed too. */
  erase(log: LogRow, count: number): boolean {
    if (this.trim(log, count, Number.MAX_SAFE_INTEGER) > 0) return false
    this.#transaction(() => this.#db.prepare('DELETE FROM logs WHERE id = ?').run(log.id))
    this.#logs.delete(log.name)
    this.ended.delete(log.name)
    this.#behind?.delete(log.name)
    return true
  }

  log(name: LogName): LogRow | undefined {
    const known = this.#logs.get(name)
    if (known) return known
    const row = this.#findLog.get(name)
    if (!row) return undefined
    const { id, start, last, count, ahead, indexed } = row
    const log = {
      id: Number(id),
      name,
      start: Number(start),
      last: Number(last),
      count: Number(count),
      ahead: Number(ahead),
      said: 0,
      indexed: Number(indexed),
    }
    this.#logs.set(name, log)
    return log
  }

  /**
   * The lowest id of a log whose event is not before a time. Events are ordered by id, whatever the clock said when they were
   * appended.
   */
  idBefore(log: LogRow, ms: number): number {
    const newest = log.ahead > log.start ? this.#newestBefore.get(log.id, ms) : undefined
    return Math.max(idAt(ms), newest ? Number(newest.id) + 1 : 0)
  }

  /** Removes the oldest `count` events of a log below an id. Returns the number of removed events. */
  trim(log: LogRow, count: number, below: number): number {
    const ids = this.#oldest.all(log.id, below, count)
    if (ids.length === 0) return 0
    const end = Number(ids.at(-1)?.id)
    this.#transaction(() => {
      if (log.indexed > 0) this.#index.trim(log, end, ids.length, this.#lookup)
      this.#deleteOldest.run(log.id, end)
      this.#updateLog.run(end, log.last, log.count - ids.length, log.ahead, log.id)
    })
    log.start = end
    log.count -= ids.length
    this.#unmerged = true
    return ids.length
  }

  /** Removes some events of a log. Returns the last removed id, undefined if the log was empty. */
  clear(name: LogName): number | undefined {
    const log = this.log(name)
    return log && this.trim(log, CLEARED, Number.MAX_SAFE_INTEGER) > 0 ? log.start : undefined
  }

  /** Appends events in one transaction. */
  append(rows: readonly Row[]): CommitResult {
    const now = Date.now()
    const touched = new Set<LogRow>()
    const ended: number[] = []
    const ids: number[] = []
    const left: Event[] = []
    const add = (row: Row): number => {
      const [name, kind, room, from, to, body, sent, color, verified, nonce, details] = row
      const log = this.log(name) ?? this.#createLog(name, now)
      // Ids rise across logs within a millisecond too.
      const id = nextId(timeOf(this.#newest) === now ? Math.max(log.last, this.#newest) : log.last, now)
      this.#newest = id
      const at = timeAt(id, now)
      const ahead = at !== timeOf(id)
      const own = ahead ? at : null
      if (nonce === null && details === null) {
        this.#insertEvent.run(log.id, id, kind, room, from, to, body, sent, color, verified, own)
      } else {
        this.#insertWithMore.run(log.id, id, kind, room, from, to, body, sent, color, verified, own, nonce, details)
      }
      if (kind === 'message' && now >= log.said + SAID_MS) {
        this.rooms.said(room, now)
        log.said = now
      } else if (kind === 'closed') this.#endLog.run(log.id)
      log.last = id
      if (ahead) log.ahead = id
      log.count++
      if (kind !== 'message') this.#noteEffects(log, { id, at, kind, room, from, body }, to, details)
      touched.add(log)
      return id
    }
    try {
      this.#transaction(() => {
        for (const row of rows) {
          const [name, kind, room] = row
          if (this.#closed.has(room) && name === `room:${room}`) {
            ids.push(0)
            continue
          }
          if (kind === 'closed') {
            ended.push(room)
            this.#closed.add(room)
            this.rooms.remove(room)
            this.#states.clear(room)
            for (const from of this.#inside(room)) {
              const id = add([name, 'left', room, from, null, '', null, null, null, null, null])
              left.push({ id, at: timeAt(id, now), kind: 'left', room, from, body: '' })
            }
          }
          ids.push(this.#isOfAbsentUser(row) ? 0 : -this.#idWithNonce(row, now) || add(row))
        }
        for (const log of touched) this.#updateLog.run(log.start, log.last, log.count, log.ahead, log.id)
      })
    } catch (error) {
      // The rows in memory are ahead of the disk: they are read again when needed.
      for (const log of touched) this.#logs.delete(log.name)
      for (const [name] of rows) this.#logs.delete(name)
      for (const room of ended) this.#closed.delete(room)
      throw error
    }
    for (const room of ended) this.ended.add(`room:${room}`)
    for (const { name } of touched) if (isIndexed(name)) this.#behind?.add(name)
    return { ids, now, left }
  }

  /** Stores what an event other than a message changes beside the log. */
  #noteEffects(log: LogRow, event: Event, to: string | null, details: string | null): void {
    const { kind, room, from } = event
    if (kind === 'joined') {
      this.#insertMember.run(room, from)
      this.records.see(from)
    }
    if (kind === 'left' || kind === 'kicked') {
      const gone = kind === 'left' ? from : (to ?? '')
      this.#deleteMember.run(room, gone)
      this.#states.left(room, gone)
    } else if (kind === 'redacted') {
      const { target = 0 }: EventDetails = JSON.parse(details ?? '{}')
      this.#eraseFromIndex(log, target)
      if (this.#erasure.remove(log.id, target)) {
        log.count--
        this.hasRedacted = true
      }
    } else if (details !== null || kind === 'topic') {
      this.#states.note({
        ...event,
        ...(to !== null && { to }),
        ...(details !== null && { details: JSON.parse(details) }),
      })
    }
  }

  /** Returns true for a `left` or `kicked` of a user who is not in the room. */
  #isOfAbsentUser([, kind, room, from, to]: Row): boolean {
    if (kind !== 'kicked' && kind !== 'left') return false
    return this.#findMember.get(room, kind === 'left' ? from : to) === undefined
  }

  /** Returns the id of the event with the sender and nonce of a row; 0 if there is none within {@link NONCE_MS}. */
  #idWithNonce([name, , , from, , , , , , nonce]: Row, now: number): number {
    const log = nonce === null ? undefined : this.log(name)
    return log ? Number(this.#nonce.get(log.id, nonce, from, idAt(now - NONCE_MS))?.id ?? 0) : 0
  }

  /** Lists users who have joined a room and not left. */
  #inside(room: number): string[] {
    const rows = this.#db.prepare('SELECT name FROM members WHERE room = ?').all(room)
    return rows.map((row) => String(row.name))
  }

  #createLog(name: LogName, now: number): LogRow {
    // Ids of an earlier log of that name are below "start", hence gone.
    const start = idAt(now) - 1
    const { lastInsertRowid } = this.#insertLog.run(name, start, start)
    const log = { id: Number(lastInsertRowid), name, start, last: start, count: 0, ahead: 0, said: 0, indexed: 0 }
    this.#logs.set(name, log)
    return log
  }

  /** Implements {@link LogStore.page}. */
  page(name: LogName, from: number, to: number, limit: number, bytes: number): Event[] {
    const log = this.log(name)
    if (!log) return []
    const page: Event[] = []
    let weight = 0
    for (const row of this.#page.iterate(log.id, from, to, limit)) {
      // Because of setReturnArrays.
      const event = eventOfRow(row as unknown as SQLOutputValue[])
      page.push(event)
      weight += memoryBytes(event)
      if (weight >= bytes) break
    }
    return page
  }

  /** Implements the method of `WordIndex`; 0 without an index. */
  indexed(name: LogName): number {
    return this.#behind ? (this.log(name)?.indexed ?? 0) : 0
  }

  /** Implements the method of `WordIndex`. */
  expressions(words: string): string[] {
    return this.#index.expressions(words)
  }

  /** Implements the method of `WordIndex`. */
  findIndexed(name: LogName, search: WordSearch, expressions: readonly string[], to: number): IndexPage {
    const log = this.log(name)
    return log ? this.#index.find(log, search, expressions, to, this.#lookup) : { events: [], from: 0 }
  }

  /** Indexes the next events of a log. Returns false when there are none. */
  indexNext(): boolean {
    for (const name of this.#behind ?? []) {
      const log = this.log(name)
      if (log && log.indexed < log.last) {
        const events = this.page(name, log.indexed + 1, log.last, INDEXED, INDEXED_BYTES)
        const upTo = events.at(-1)?.id ?? log.last
        const messages = events.filter(({ kind }) => kind === 'message')
        this.#transaction(() => this.#index.add(log, messages, upTo))
        log.indexed = upTo
        this.#unmerged = true
        return true
      }
      this.#behind?.delete(name)
    }
    return false
  }

  /** Merges some pages of the index. Returns false when there is nothing to merge. */
  mergeIndex(): boolean {
    if (this.#unmerged) this.#unmerged = this.#transaction(() => this.#index.merge(MERGED_PAGES))
    return this.#unmerged
  }

  /** Must be called before the message is removed. */
  #eraseFromIndex(log: LogRow, id: number): void {
    if (id > log.indexed) return
    this.#index.erase(log, id, this.#lookup)
    this.#unmerged = true
  }

  readonly #lookup = (log: LogRow, id: number): Event | undefined => {
    const [row] = this.#page.all(log.id, id, id, 1)
    // Because of setReturnArrays.
    return row && eventOfRow(row as unknown as SQLOutputValue[])
  }

  /** Implements {@link LogStore.back}. */
  back(name: LogName, from: number, to: number, skip: number): number | undefined {
    const log = this.log(name)
    const row = log && this.#back.get(log.id, from, to, skip)
    return row && Number(row.id)
  }

  #transaction<T>(work: () => T): T {
    this.#db.exec('BEGIN IMMEDIATE')
    try {
      const result = work()
      this.#beforeCommit()
      this.#db.exec('COMMIT')
      return result
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK')
      throw error
    }
  }
}

/** Returns true if the messages of a log are indexed. */
function isIndexed(name: LogName): boolean {
  return name.startsWith('room:')
}

function unindexedLogs(db: DatabaseSync): LogName[] {
  const rows = db.prepare('SELECT name FROM logs WHERE indexed < last').all()
  return rows.map((row) => row.name as LogName).filter(isIndexed)
}

export function eventOfRow(row: SQLOutputValue[]): Event {
  const [id, kind, room, from, to, body, sent, color, verified, at, details] = row
  const event = {
    id: Number(id),
    at: at === null ? timeOf(Number(id)) : Number(at),
    kind: kind as Kind,
    room: Number(room),
    from: String(from),
    body: String(body),
  }
  return {
    ...event,
    ...(to !== null && { to: String(to) }),
    ...(sent !== null && { sent: Number(sent) }),
    ...(color !== null && { color: String(color) }),
    ...(verified === 1 && { verified: true }),
    ...(details != null && { details: JSON.parse(String(details)) }),
  }
}
