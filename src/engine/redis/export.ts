import { slicesOf } from '../../slices.ts'
import type { RoomRecord } from '../engine.ts'
import { EngineFault } from '../errors.ts'
import { type Event, idAt, MODERATION_KINDS } from '../event.ts'
import { declarationOf, isOrdered, type RecordKind, type StoredRecord } from '../records.ts'
import {
  departures,
  type ExportedLog,
  type ExportSource,
  exportedState,
  type LogExtent,
  Unfit,
  unfinishedImport,
} from '../transfer.ts'
import { type Entry, entryId, eventOf, eventOfState, idOf } from './entry.ts'
import { roomOf } from './keys.ts'
import { roomOfStored } from './stored-rooms.ts'
import { TransferConnection } from './transfer-connection.ts'
import type { RedisLocation } from './url.ts'

const PAGE = 1_000

interface Extent extends LogExtent {
  /** The `left` events of users who were in the room. */
  readonly left: readonly Event[]
}

/** The content of Redis under a prefix: each log up to its last event when the export was opened. */
export class RedisExport implements ExportSource {
  readonly shown: string
  readonly #connection: TransferConnection
  readonly lastRoom: number
  readonly rooms: readonly RoomRecord[]
  #extents: readonly Extent[] = []
  size = 0

  /** @throws Unfit, EngineFault */
  static async open(place: RedisLocation, prefix: string): Promise<RedisExport> {
    const connection = await TransferConnection.open(place, prefix)
    try {
      const [records = '', , given = ''] = connection.keys.rooms
      if (typeof (await connection.ask('GET', connection.keys.importMark)) === 'string')
        throw new Unfit(unfinishedImport(connection.shown))
      // The reply to HVALS.
      const found = (await connection.ask('HVALS', records)) as readonly string[]
      if (found.length === 0) throw new Unfit(`there is nothing at ${connection.shown}`)
      const { keys, args } = connection.keys.earlierRecords
      await connection.run('move-records', keys, args)
      const rooms = found.map((record) => roomOfStored(JSON.parse(record))).sort((a, b) => a.id - b.id)
      const source = new RedisExport(connection, Number(await connection.ask('GET', given)), rooms)
      await source.#fixExtents()
      return source
    } catch (error) {
      connection.close()
      throw error
    }
  }

  private constructor(connection: TransferConnection, lastRoom: number, rooms: readonly RoomRecord[]) {
    this.#connection = connection
    this.shown = connection.shown
    this.lastRoom = lastRoom
    this.rooms = rooms
  }

  async *records(kind: RecordKind): AsyncGenerator<readonly StoredRecord[]> {
    if (declarationOf(kind).expires) return yield* this.#expiring(kind)
    const [hash = '', order = ''] = this.#connection.keys.records(kind)
    // The replies to ZRANGE, HKEYS and HMGET.
    const found = await (isOrdered(kind)
      ? this.#connection.ask('ZRANGE', order, '0', '-1')
      : this.#connection.ask('HKEYS', hash))
    const keys = isOrdered(kind) ? (found as readonly string[]) : byBytes(found as readonly string[])
    for (const page of slicesOf(keys, PAGE)) {
      const texts = (await this.#connection.ask('HMGET', hash, ...page)) as readonly (string | null)[]
      yield page.flatMap((key, place) => {
        const text = texts[place]
        return typeof text === 'string' ? [{ kind, key, text }] : []
      })
    }
  }

  async *#expiring(kind: RecordKind): AsyncGenerator<readonly StoredRecord[]> {
    const begin = this.#connection.keys.expiring(kind, '').slice(0, -1)
    const found: string[] = []
    for await (const keys of this.#connection.scan(`${begin}*`)) found.push(...keys)
    const keys = byBytes(found.map((key) => key.slice(begin.length, -1)))
    for (const some of slicesOf(keys, PAGE)) {
      const page = some.map(async (key): Promise<readonly StoredRecord[]> => {
        const place = this.#connection.keys.expiring(kind, key)
        const [text, end] = await Promise.all([
          this.#connection.ask('GET', place),
          this.#connection.ask('PEXPIRETIME', place),
        ])
        if (typeof text !== 'string') return []
        return [Number(end) < 0 ? { kind, key, text } : { kind, key, text, expiresAt: Number(end) }]
      })
      yield (await Promise.all(page)).flat()
    }
  }

  async *logs(): AsyncGenerator<ExportedLog> {
    for (const extent of this.#extents) {
      let { start } = extent
      let page = await this.#page(extent, start)
      // Retention may remove the oldest events meanwhile: the exported log starts at its first page.
      while (page.start > start) {
        start = page.start
        page = await this.#page(extent, start)
      }
      const { name, last, left } = extent
      const events = this.#events(extent, page.events)
      const state = exportedState(await this.#stateOf(extent))
      yield { name, start: Math.min(start, last), last: left.at(-1)?.id ?? last, state, events }
    }
  }

  /** Resolves with the state of a log's room, without what was changed after the export was opened. */
  async #stateOf({ name, last }: Extent): Promise<readonly Event[]> {
    const room = roomOf(name)
    if (room === undefined) return []
    // The reply to HVALS.
    const state = (await this.#connection.ask('HVALS', this.#connection.keys.state(room))) as readonly string[]
    return state.map(eventOfState).filter(({ id }) => id <= last)
  }

  async *#events(extent: Extent, first: readonly Event[]): AsyncGenerator<readonly Event[]> {
    if (first.length > 0) yield first
    for (let page = first; page.length === PAGE; ) {
      const after = page.at(-1)?.id ?? extent.last
      const { events, start } = await this.#page(extent, after)
      if (start > after) {
        throw new EngineFault(`retention removed events of ${extent.name} during the export; run it again`)
      }
      if (events.length > 0) yield events
      page = events
    }
    if (extent.left.length > 0) yield extent.left
  }

  /** Resolves with events after an id, and with the start of the log after they were read. */
  async #page({ name, last }: Extent, after: number): Promise<{ events: readonly Event[]; start: number }> {
    const [log = '', info = ''] = this.#connection.keys.ofLog(name, '')
    // The replies to XRANGE and HGET.
    const [entries, start] = await Promise.all([
      this.#connection.ask('XRANGE', log, entryId(after + 1), entryId(last), 'COUNT', String(PAGE)),
      this.#connection.ask('HGET', info, 'start'),
    ])
    return {
      events: (entries as readonly Entry[]).map(([id, fields]) => eventOf(idOf(id), fields)),
      start: Number(start),
    }
  }

  async *moderation(room: number, since: number): AsyncGenerator<readonly Event[]> {
    const extent = this.#extents.find(({ name }) => name === `room:${room}`)
    if (!extent) return
    const keys = this.#connection.keys.ofLog(extent.name, '')
    for (let from = idAt(since); ; ) {
      const args = [entryId(from), entryId(extent.last), String(PAGE), ...MODERATION_KINDS]
      const [next, entries] = await this.#connection.run('moderation', keys, args)
      yield entries.map(([id, fields]) => eventOf(idOf(id), fields))
      if (next === '') return
      from = idOf(next) + 1
    }
  }

  close(): void {
    this.#connection.close()
  }

  async #fixExtents(): Promise<void> {
    const about = String(await this.#connection.ask('INFO', 'server'))
    if (Number(/^redis_version:(\d+)/m.exec(about)?.[1]) < 7) {
      throw new EngineFault(`cannot export ${this.shown}: the server must be at least Redis 7.0`)
    }
    const rooms = new Set(this.rooms.map(({ id }) => id))
    const extents: Extent[] = []
    for await (const keys of this.#connection.scan(this.#connection.keys.every('info'))) {
      const found = await Promise.all(keys.map((key) => this.#extentAt(key, rooms)))
      extents.push(...found.filter((extent) => extent !== undefined))
    }
    const names = new Map(extents.map((extent) => [extent.name as string, extent]))
    this.#extents = byBytes([...names.keys()]).flatMap((name) => names.get(name) ?? [])
  }

  async #extentAt(key: string, rooms: ReadonlySet<number>): Promise<Extent | undefined> {
    const name = this.#connection.keys.logOf(key, 'info')
    if (name === undefined) return undefined
    const room = roomOf(name)
    if (room !== undefined && !rooms.has(room)) return undefined
    const found = await this.#connection.run('extent', this.#connection.keys.ofLog(name, ''))
    if (found === null) return undefined
    const [start, last, length, now, inside] = found
    this.size += length
    const extent = { name, start: Number(start), last: Number(last) }
    return { ...extent, left: departures(extent, room ?? 0, byBytes(inside), Number(now)) }
  }
}

/** Sorts texts by their UTF-8 bytes, as SQLite does. */
function byBytes(texts: readonly string[]): string[] {
  const encoded = texts.map((text) => ({ text, bytes: Buffer.from(text) }))
  return encoded.sort((a, b) => a.bytes.compare(b.bytes)).map(({ text }) => text)
}
