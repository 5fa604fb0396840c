/**
 * The SQLite side of the local engine. Runs in a separate thread (store-thread.ts), so that slow writes and long reads do not
 * block the event loop of the connections.
 */
import type { DatabaseSync } from 'node:sqlite'
import type { NewRoom, RoomChange, RoomRecord } from '../engine.ts'
import type { Event, LogName } from '../event.ts'
import type { Operation } from '../observer.ts'
import type { Bounds } from '../reading.ts'
import type { RecordKind, StoredRecord } from '../records.ts'
import { Appender } from './appender.ts'
import { MessageErasure } from './erasure.ts'
import { EventTable } from './event-table.ts'
import { Indexing } from './indexing.ts'
import { LogTable } from './log-table.ts'
import { MemberTable } from './member-table.ts'
import { RecordTable } from './record-table.ts'
import { RoomStateTable } from './room-state-table.ts'
import { LocalRoomTable } from './room-table.ts'
import { type Transaction, transactionsOf } from './transaction.ts'
import { Trimmer } from './trimmer.ts'

/** Record that is written to test commits: as large as the largest batch, and expired. */
const PROBE = { kind: 'secret', key: 'probe', text: 'x'.repeat(196_608), expiresAt: 1 } as const

/** Maximum number of ended roles that are removed at once. */
const ENDED_ROLES = 500

/**
 * The methods of the store and of its parts that are called through the port, each with the operation that its failure is counted for. One that
 * writes is named here only if it brings its own transaction.
 */
export const STORE_METHODS = {
  'appender.append': 'commits',
  createRoom: 'commits',
  changeRoom: 'commits',
  'trimmer.clear': 'commits',
  putRecord: 'commits',
  insertRecord: 'commits',
  replaceRecord: 'commits',
  deleteRecord: 'commits',
  ping: 'commits',
  'rooms.find': 'reads',
  'rooms.page': 'reads',
  'rooms.pageFrom': 'reads',
  'rooms.pageOfSilent': 'reads',
  'rooms.pageOfSpoken': 'reads',
  page: 'reads',
  back: 'reads',
  bounds: 'reads',
  'indexing.indexed': 'reads',
  'indexing.expressions': 'reads',
  'indexing.find': 'reads',
  'states.page': 'reads',
  'states.part': 'reads',
  'states.textOf': 'reads',
  'appender.idWithNonce': 'reads',
  'records.get': 'reads',
  'records.page': 'reads',
  'records.pageBy': 'reads',
} as const satisfies { readonly [M in MethodName<LocalStore> | MethodNameOfTable]?: Operation }
export type StoreMethod = keyof typeof STORE_METHODS

type MethodName<T> = {
  [Name in keyof T & string]: T[Name] extends (...args: never) => unknown ? Name : never
}[keyof T & string]
type MethodNameOfTable = {
  [Table in keyof LocalStore & string]: `${Table}.${MethodName<LocalStore[Table]>}`
}[keyof LocalStore & string]

/** A method of the store, or `table.method`. */
type MethodOf<T, M> = M extends `${infer Table}.${infer Name}`
  ? Table extends keyof T
    ? MethodOf<T[Table], Name>
    : never
  : M extends keyof T
    ? Extract<T[M], (...args: never) => unknown>
    : never
export type StoreArguments<M extends StoreMethod> = Parameters<MethodOf<LocalStore, M>>
export type StoreResult<M extends StoreMethod> = ReturnType<MethodOf<LocalStore, M>>

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
  readonly appender: Appender
  readonly #events: EventTable
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
    this.appender = new Appender({ rooms, records, logs, events, states, members, erasure, indexing }, transaction)
  }

  /** Calls {@link LocalRoomTable.create}. */
  createRoom(room: NewRoom): RoomRecord | undefined {
    return this.#transaction(() => this.rooms.create(room))
  }

  /** Calls {@link LocalRoomTable.change}. */
  changeRoom(id: number, change: RoomChange): RoomRecord | undefined | false {
    return this.#transaction(() => this.rooms.change(id, change))
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

  ping(): void {}

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

  /** Tests commits with the bytes of a large batch. @throws Error if they fail */
  probe(): void {
    this.putRecord(PROBE)
    this.deleteRecord(PROBE.kind, PROBE.key)
  }
}
