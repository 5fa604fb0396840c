/**
 * The SQLite side of the local engine. Runs in a separate thread (store-thread.ts), so that slow writes and long reads do not
 * block the event loop of the connections.
 */
import type { DatabaseSync } from 'node:sqlite'
import type { NewRoom, RoomChange, RoomRecord, SpokenRoom, WordSearch } from '../engine.ts'
import type { Event, LogName } from '../event.ts'
import type { Operation } from '../observer.ts'
import type { Bounds } from '../reading.ts'
import type { RecordKind, StoredRecord } from '../records.ts'
import type { IndexPage } from '../searching.ts'
import { Appender } from './appender.ts'
import { MessageErasure } from './erasure.ts'
import { EventTable } from './event-table.ts'
import { Indexing } from './indexing.ts'
import { LogTable } from './log-table.ts'
import { MemberTable } from './member-table.ts'
import { type RecordPage, RecordTable } from './record-table.ts'
import { RoomStateTable, type StatePage, type StateTexts } from './room-state-table.ts'
import { LocalRoomTable } from './room-table.ts'
import { type Columns, type CommitResult, rowsOf } from './rows.ts'
import { type Transaction, transactionsOf } from './transaction.ts'
import { Trimmer } from './trimmer.ts'

/** Record that is written to test commits: as large as the largest batch, and expired. */
const PROBE = { kind: 'secret', key: 'probe', text: 'x'.repeat(196_608), expiresAt: 1 } as const

/** Maximum number of ended roles that are removed at once. */
const ENDED_ROLES = 500

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
  pageOfState: 'reads',
  partOfState: 'reads',
  stateOfKey: 'reads',
  idWithNonce: 'reads',
  getRecord: 'reads',
  pageOfRecords: 'reads',
  pageOfIndex: 'reads',
} as const satisfies { readonly [M in keyof LocalStore]?: Operation }
export type StoreMethod = keyof typeof STORE_METHODS

/** Logs, rooms and records in SQLite. When a method throws, nothing has changed. */
export class LocalStore {
  readonly rooms: LocalRoomTable
  readonly records: RecordTable
  readonly logs: LogTable
  readonly states: RoomStateTable
  readonly members: MemberTable
  readonly erasure: MessageErasure
  readonly indexing: Indexing
  readonly trimmer: Trimmer
  readonly #events: EventTable
  readonly #appender: Appender
  readonly #transaction: Transaction

  /** `beforeCommit` is called before each commit and prevents it by throwing. With `search`, messages are indexed. */
  constructor(db: DatabaseSync, beforeCommit: () => void = () => {}, search = true) {
    const transaction = transactionsOf(db, beforeCommit)
    const events = new EventTable(db)
    this.#transaction = transaction
    this.#events = events
    this.rooms = new LocalRoomTable(db)
    this.records = new RecordTable(db)
    this.logs = new LogTable(db)
    this.states = new RoomStateTable(db)
    this.members = new MemberTable(db)
    this.erasure = new MessageErasure(db)
    this.indexing = new Indexing(db, events, this.logs, transaction, search)
    this.trimmer = new Trimmer(events, this.logs, this.indexing, transaction)
    const { rooms, records, logs, states, members, erasure, indexing } = this
    this.#appender = new Appender({ rooms, records, logs, events, states, members, erasure, indexing }, transaction)
  }

  append(batch: Columns): CommitResult {
    return this.#appender.append(rowsOf(batch))
  }

  /** Calls {@link Appender.idWithNonce} for now. */
  idWithNonce(name: LogName, nonce: string, from: string): number {
    return this.#appender.idWithNonce(name, nonce, from, Date.now())
  }

  clear(name: LogName): number | undefined {
    return this.trimmer.clear(name)
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

  pageOfState(room: number, after: string): StatePage {
    return this.states.page(room, after)
  }

  partOfState(room: number, key: string, address: string): StateTexts {
    return this.states.part(room, key, address)
  }

  stateOfKey(room: number, key: string): string {
    return this.states.textOf(room, key)
  }

  /** Removes some roles that have ended before `now`, in ms since the epoch. Returns false when there are none. */
  removeEndedRoles(now: number): boolean {
    if (!this.states.hasEnded(now)) return false
    this.#transaction(() => this.states.removeEnded(now, ENDED_ROLES))
    return true
  }

  bounds(name: LogName): Bounds | undefined {
    const log = this.logs.find(name)
    return log && { start: log.start, last: log.last, ahead: log.ahead }
  }

  /** Implements {@link LogStore.page}. */
  page(name: LogName, from: number, to: number, limit: number, bytes: number): Event[] {
    const log = this.logs.find(name)
    return log ? this.#events.page(log.id, from, to, limit, bytes) : []
  }

  /** Implements {@link LogStore.back}. */
  back(name: LogName, from: number, to: number, skip: number): number | undefined {
    const log = this.logs.find(name)
    return log && this.#events.back(log.id, from, to, skip)
  }

  indexed(name: LogName): number {
    return this.indexing.indexed(name)
  }

  expressions(words: string): string[] {
    return this.indexing.expressions(words)
  }

  findIndexed(name: LogName, search: WordSearch, expressions: readonly string[], to: number): IndexPage {
    return this.indexing.find(name, search, expressions, to)
  }

  /** Tests commits with the bytes of a large batch. @throws Error if they fail */
  probe(): void {
    this.putRecord(PROBE)
    this.deleteRecord(PROBE.kind, PROBE.key)
  }
}
