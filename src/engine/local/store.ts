/**
 * The SQLite side of the local engine. Runs in a separate thread (store-thread.ts), so that slow writes and long reads do not
 * block the event loop of the connections.
 */
import type { DatabaseSync } from 'node:sqlite'
import type { Event, LogName } from '../event.ts'
import type { Operation } from '../observer.ts'
import type { Bounds } from '../reading.ts'
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

/**
 * The methods of the store and of its parts that are called through the port: `transaction` for one that is called in a transaction, `commits` for
 * one that brings its own, `reads` for one that changes nothing.
 */
export const STORE_METHODS = {
  'appender.append': 'commits',
  'trimmer.clear': 'commits',
  ping: 'commits',
  'rooms.create': 'transaction',
  'rooms.change': 'transaction',
  'records.put': 'transaction',
  'records.insert': 'transaction',
  'records.replace': 'transaction',
  'records.delete': 'transaction',
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
} as const satisfies { readonly [M in MethodName<LocalStore> | MethodNameOfTable]?: Operation | 'transaction' }
export type StoreMethod = keyof typeof STORE_METHODS

type MethodName<T> = {
  [Name in keyof T & string]: T[Name] extends (...args: never) => unknown ? Name : never
}[keyof T & string]
type MethodNameOfTable = {
  [Table in keyof LocalStore & string]: `${Table}.${MethodName<LocalStore[Table]>}`
}[keyof LocalStore & string]

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
  readonly transaction: Transaction

  /** `beforeCommit` is called before each commit and prevents it by throwing. With `search`, messages are indexed. */
  constructor(db: DatabaseSync, beforeCommit: () => void = () => {}, search = true) {
    const transaction = transactionsOf(db, beforeCommit)
    const events = new EventTable(db)
    this.transaction = transaction
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

  ping(): void {}

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
    this.transaction(() => this.records.put(PROBE))
    this.transaction(() => this.records.delete(PROBE.kind, PROBE.key))
  }
}
