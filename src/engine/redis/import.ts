import { setTimeout as delay } from 'node:timers/promises'
import type { RoomRecord } from '../engine.ts'
import { EngineFault } from '../errors.ts'
import { type Event, stateChangeOf, timeOf } from '../event.ts'
import { declarationOf, indexedValues, isOrdered, type RecordKind, type StoredRecord } from '../records.ts'
import { type ImportTarget, type LogExtent, Unfit } from '../transfer.ts'
import { entryId, fieldsOfCommitted } from './entry.ts'
import { storedRoom } from './stored-rooms.ts'
import { TransferConnection } from './transfer-connection.ts'
import type { RedisLocation } from './url.ts'

/** Maximum time that the connection of a killed import takes to end. */
const GONE_MS = 5_000

/** Fills Redis under a prefix. A mark is set meanwhile: the next import removes the keys of an interrupted one. */
export class RedisImport implements ImportTarget {
  readonly shown: string
  readonly #connection: TransferConnection
  /** Number of rooms added. */
  #version = 0
  /** Number of records added, of ordered kinds. */
  readonly #places = new Map<RecordKind, number>()
  #log: LogExtent = { name: 'room:0', start: 0, last: 0 }
  /** Ids of the first and the last event of the log whose ids are ahead of their times. */
  #ahead: { readonly from: number; readonly to: number } | undefined

  /** @throws Unfit, EngineFault */
  static async open(place: RedisLocation, prefix: string): Promise<RedisImport> {
    const connection = await TransferConnection.open(place, prefix)
    const target = new RedisImport(connection)
    try {
      await target.#waitUntilExclusive(`roomd-import-${prefix}`)
      await target.#begin()
      return target
    } catch (error) {
      connection.close()
      throw error
    }
  }

  private constructor(connection: TransferConnection) {
    this.#connection = connection
    this.shown = connection.shown
  }

  /** Names the connection, then waits until no other connection has the name: of two concurrent imports neither proceeds. */
  async #waitUntilExclusive(name: string): Promise<void> {
    await this.#connection.ask('CLIENT', 'SETNAME', name)
    const { db } = /\bdb=(?<db>\d+)/.exec(String(await this.#connection.ask('CLIENT', 'INFO')))?.groups ?? {}
    for (const end = performance.now() + GONE_MS; ; await delay(100)) {
      const clients = String(await this.#connection.ask('CLIENT', 'LIST')).split('\n')
      if (clients.filter((client) => client.includes(` name=${name} `) && client.includes(` db=${db} `)).length <= 1)
        return
      if (performance.now() > end) throw new EngineFault(`another import into ${this.shown} is under way`)
    }
  }

  /** Sets the mark, then checks that there are no other keys: a daemon that starts in between finds the mark. */
  async #begin(): Promise<void> {
    const { importMark, everything } = this.#connection.keys
    if ((await this.#connection.ask('SET', importMark, 'an export', 'NX')) !== 'OK') return this.#empty()
    for await (const keys of this.#connection.scan(everything)) {
      if (keys.every((key) => key === importMark)) continue
      await this.#connection.ask('UNLINK', importMark)
      throw new Unfit(`${this.shown} is not empty; give another --redis-prefix, or empty it`)
    }
  }

  async setLastRoom(id: number): Promise<void> {
    const [, , given = ''] = this.#connection.keys.rooms
    await this.#connection.ask('SET', given, String(id))
  }

  /** Writes a room as scripts/rooms.lua does. */
  async addRoom(room: RoomRecord): Promise<void> {
    const [records = '', index = '', , version = ''] = this.#connection.keys.rooms
    const stored = storedRoom(room, ++this.#version)
    const id = String(room.id)
    await Promise.all([
      this.#connection.ask('HSET', records, id, JSON.stringify(stored)),
      this.#connection.ask('HSET', index, stored.titleKey, id, stored.lineKey, id),
      this.#connection.ask('SET', version, String(stored.version)),
    ])
  }

  async addRecords(records: readonly StoredRecord[]): Promise<void> {
    await Promise.all(records.flatMap((record) => this.#addRecord(record)))
  }

  /** Writes a record without its unique values, which the first daemon adds (RedisRecords.prepare). */
  #addRecord({ kind, key, text, expiresAt }: StoredRecord): Promise<unknown>[] {
    if (declarationOf(kind).expires) {
      const end = expiresAt === undefined ? [] : ['PXAT', String(expiresAt)]
      return [this.#connection.ask('SET', this.#connection.keys.expiring(kind, key), text, ...end)]
    }
    const [records = '', order = ''] = this.#connection.keys.records(kind)
    const kept = this.#connection.ask('HSET', records, key, text)
    if (!isOrdered(kind)) return [kept]
    const place = this.#places.get(kind) ?? 0
    this.#places.set(kind, place + 1)
    const indexes = indexedValues(kind, text).map(([index, value]) =>
      this.#connection.keys.recordIndex(kind, index, value),
    )
    return [kept, ...[order, ...indexes].map((index) => this.#connection.ask('ZADD', index, String(place), key))]
  }

  async beginLog(extent: LogExtent): Promise<void> {
    this.#log = extent
    this.#ahead = undefined
  }

  async addState(state: readonly Event[]): Promise<void> {
    const adds = state.map((event) => {
      const { key = '' } = stateChangeOf(event) ?? {}
      const value = JSON.stringify([String(event.id), fieldsOfCommitted(event)])
      return this.#connection.ask('HSET', this.#connection.keys.state(event.room), key, value)
    })
    await Promise.all(adds)
  }

  async addEvents(events: readonly Event[]): Promise<void> {
    const key = this.#connection.keys.log(this.#log.name)
    for (const { id, at } of events) {
      if (at !== timeOf(id)) this.#ahead = { from: this.#ahead?.from ?? id, to: id }
    }
    await Promise.all(
      events.map((event) => this.#connection.ask('XADD', key, entryId(event.id), ...fieldsOfCommitted(event))),
    )
  }

  async endLog(): Promise<void> {
    const { name, start, last } = this.#log
    const [, info = ''] = this.#connection.keys.ofLog(name, '')
    const ahead = this.#ahead ? ['ahead-from', String(this.#ahead.from), 'ahead', String(this.#ahead.to)] : []
    await this.#connection.ask('HSET', info, 'start', String(start), 'last', String(last), ...ahead)
  }

  async finish(): Promise<void> {
    await this.#connection.ask('UNLINK', this.#connection.keys.importMark)
  }

  async discard(): Promise<void> {
    await this.#empty()
    await this.finish()
  }

  close(): void {
    this.#connection.close()
  }

  /** Removes all keys but the mark. */
  async #empty(): Promise<void> {
    const { importMark, everything } = this.#connection.keys
    for await (const keys of this.#connection.scan(everything)) {
      await Promise.all(keys.map((key) => (key === importMark ? undefined : this.#connection.ask('UNLINK', key))))
    }
  }
}
