import { BoundedMap } from '../../bounded-map.ts'
import { slicesOf } from '../../slices.ts'
import type { EngineRooms, NewRoom, RoomChange, RoomRecord, SpokenRoom } from '../engine.ts'
import { EngineFault, Taken, Unavailable } from '../errors.ts'
import { fold } from '../fold.ts'
import { LOBBY_ROOM } from '../lobby.ts'
import { RoomCache } from '../room-cache.ts'
import type { RedisConnection } from './connection.ts'
import type { Keys } from './keys.ts'
import type { Link } from './link.ts'
import { ROOMS_OF_PAGE, roomOfStored, type StoredRoom, StoredRooms } from './stored-rooms.ts'

/** The steps of closing a room that concern more than its record. */
interface RoomClosing {
  /** Appends `closed` to the room's log. Resolves with false if it has ended already. */
  end(room: number): Promise<boolean>
  /** Called when the room's record is removed. */
  closed(room: number): void
}

/** Maximum closed rooms, and rooms in which something was said, that are remembered. */
const REMEMBERED = 10_000
/** Minimum time between two messages of a room whose times this node stores. */
const SAID_MS = 60_000

/**
 * The open rooms, in Redis. Those that are used are in memory too, updated by the messages of the control channel. A room that is missing
 * in memory is looked up in Redis.
 */
export class RedisRooms implements EngineRooms {
  readonly #keys: Keys
  readonly #link: Link
  readonly #on: RoomClosing
  readonly stored: StoredRooms
  readonly #watchers = new Set<(room: number) => void>()
  readonly #cache = new RoomCache<StoredRoom>(({ titleKey, lineKey }) => [titleKey, lineKey])
  /** Rooms closed since the connection: a record that was read before must not be added again. */
  readonly #dropped = new BoundedMap<number, true>(REMEMBERED)
  /** Times of the last messages that this node has stored, by room, in ms since the epoch. */
  readonly #saidAt = new BoundedMap<number, number>(REMEMBERED)
  /** The highest known id; restored in a server that has lost it, so that no id is given twice. */
  #number = 0
  /** The highest known number of changes. */
  #version = 0

  constructor(keys: Keys, link: Link, on: RoomClosing) {
    this.#keys = keys
    this.#link = link
    this.#on = on
    this.stored = new StoredRooms(keys, link)
  }

  /**
   * Resumes on a new connection. Resolves with the rooms in memory and of `others` that are closed, and with `lost` if Redis has lost changes
   * that this node knows of.
   */
  async resume(connection: RedisConnection, lobby: string | undefined, others: Iterable<number>) {
    const known = [String(this.#number), String(this.#version)]
    const [behind, number, version] = await connection.eval('raise-rooms', this.#keys.rooms, known)
    this.note(Number(number), Number(version))
    if (lobby !== undefined) await this.#ensureLobby(connection, lobby)
    // Ids above the last given one belong to no room, as in tests of the engine alone; 0 is none either.
    const given = (id: number) => id > 0 && id <= this.#number
    const ids = [...new Set([...this.#cache.ids(), ...others])].filter(given).map(String)
    this.#cache.clear()
    const closed: number[] = []
    for (const some of slicesOf(ids, ROOMS_OF_PAGE)) {
      closed.push(...(await connection.eval('missing-rooms', this.#keys.rooms, some)).map(Number))
    }
    // Watchers are called when the connection is up.
    for (const id of closed) this.#dropped.set(id, true)
    return { lost: behind === '1', closed }
  }

  async #ensureLobby(connection: RedisConnection, lobby: string): Promise<void> {
    const made = [lobby, fold(lobby), LOBBY_ROOM.title, fold(LOBBY_ROOM.title), LOBBY_ROOM.description]
    const ensured = await connection.eval('lobby', this.#keys.rooms, [this.#keys.control, ...made])
    if (ensured === 0) throw new EngineFault(`--lobby ${lobby} is the name of another room`)
  }

  /** Called when the connection is lost. */
  down(): void {
    this.#dropped.clear()
    this.#saidAt.clear()
  }

  /** Called when a node has created or changed a room. */
  learn(record: string): void {
    // Written by the scripts.
    const room: StoredRoom = JSON.parse(record)
    this.note(room.id, room.version)
    const known = this.#cache.get(room.id)
    if (this.#dropped.has(room.id) || (known && known.version >= room.version)) return
    this.#cache.set(room)
    this.changed(room.id)
  }

  /** Called when a message is appended to a room's log; stores its time. */
  said(room: number): void {
    const now = Date.now()
    if (now < (this.#saidAt.get(room) ?? 0) + SAID_MS) return
    this.#saidAt.set(room, now)
    this.#link.eval('said', this.#keys.rooms, [String(room)]).catch(() => this.#saidAt.delete(room))
  }

  /** Called when a node has closed a room. */
  closed(id: number): void {
    if (this.#dropped.has(id)) return
    this.#dropped.set(id, true)
    this.#cache.delete(id)
    this.changed(id)
  }

  async count(): Promise<number> {
    return Number(await this.#link.call(this.#keys.rooms[0], 'HLEN'))
  }

  async list(): Promise<RoomRecord[]> {
    const rooms = new Map<number, RoomRecord>()
    for await (const page of this.stored.all()) for (const room of page) rooms.set(room.id, roomOfStored(room))
    return [...rooms.values()].sort((a, b) => a.id - b.id)
  }

  async spokenSince(time: number): Promise<SpokenRoom[]> {
    const found = new Map<number, SpokenRoom>()
    // Pages begin at a time, as a room that is spoken in meanwhile goes to the end.
    for (let [from, limit] = [time, ROOMS_OF_PAGE]; ; ) {
      const range = [String(from), '+inf', 'BYSCORE', 'LIMIT', '0', String(limit), 'WITHSCORES']
      // The reply to ZRANGE: ids and times by turns.
      const reply = (await this.#link.call(this.#keys.said, 'ZRANGE', ...range)) as readonly string[]
      const times = new Map(
        reply.flatMap((id, place) => (place % 2 === 0 ? [[Number(id), Number(reply[place + 1])]] : [])),
      )
      for (const room of await this.stored.of([...times.keys()])) {
        found.set(room.id, { room: roomOfStored(room), saidAt: times.get(room.id) ?? time })
      }
      if (times.size < limit) return [...found.values()]
      const last = [...times.values()].at(-1) ?? from
      // Rooms of one millisecond may fill a page.
      limit = last === from ? 2 * limit : ROOMS_OF_PAGE
      from = last
    }
  }

  async *silentSince(time: number): AsyncGenerator<readonly RoomRecord[]> {
    for await (const page of this.stored.all()) {
      const old = page.filter(({ createdAt }) => createdAt < time)
      if (old.length === 0) continue
      // The reply to ZMSCORE.
      const ids = old.map(({ id }) => String(id))
      const times = (await this.#link.call(this.#keys.said, 'ZMSCORE', ...ids)) as readonly (string | null)[]
      yield old.filter((_, place) => Number(times[place] ?? 0) < time).map(roomOfStored)
    }
  }

  async madeFrom(address: string): Promise<RoomRecord[]> {
    // The reply to SMEMBERS.
    const ids = (await this.#link.call(this.#keys.roomsFrom(address), 'SMEMBERS')) as readonly string[]
    return (await this.stored.of(ids.map(Number))).map(roomOfStored)
  }

  async find(which: number | string): Promise<RoomRecord | undefined> {
    if (!this.#link.connection) throw new Unavailable('Redis is away')
    const room = await this.#cache.find(which, async () => {
      const asked = typeof which === 'number' ? [String(which)] : ['', fold(which)]
      const record = await this.#link.eval('find-room', this.#keys.rooms, asked)
      // Written by the scripts.
      return record === null ? undefined : (JSON.parse(record) as StoredRoom)
    })
    return room && roomOfStored(room)
  }

  async create(room: NewRoom): Promise<RoomRecord> {
    const { title, slug, stem = '', description = '', visibility, hash = '', maker } = room
    const names = [title, fold(title), slug, fold(slug), stem]
    const made = [maker?.address ?? '', maker?.name ?? '', maker?.account ?? '', String(this.#number)]
    const args = [this.#keys.control, ...names, description, visibility, hash, ...made]
    const record = await this.#link.eval('create-room', this.#keys.rooms, args)
    if (record === null) throw new Taken(title)
    this.learn(record)
    return roomOfStored(JSON.parse(record))
  }

  async change(id: number, change: RoomChange): Promise<RoomRecord | undefined> {
    const { title, slug = '', hash } = change
    const names = title !== undefined && { titleKey: fold(title), slug, slugKey: fold(slug), stem: change.stem ?? '' }
    const changes = { ...change, ...names, ...(hash === null && { hash: '' }) }
    const args = [this.#keys.control, String(id), JSON.stringify(changes)]
    const record = await this.#link.eval('change-room', this.#keys.rooms, args)
    if (record === 'none') return undefined
    if (record === 'taken') throw new Taken(title)
    this.learn(record)
    return roomOfStored(JSON.parse(record))
  }

  async close(id: number): Promise<boolean> {
    // Redis is asked only about unknown rooms: later appends of this node must come after the end.
    if (!this.#cache.get(id) && !(await this.find(id))) return false
    const ended = await this.#on.end(id)
    return (await this.remove(id)) || ended
  }

  watch(listener: (room: number) => void): () => void {
    this.#watchers.add(listener)
    return () => this.#watchers.delete(listener)
  }

  changed(room: number): void {
    for (const listener of [...this.#watchers]) listener(room)
  }

  /** Removes the record of a room whose log has ended. Resolves with false if it is removed already. */
  async remove(id: number): Promise<boolean> {
    const removed = await this.#link.eval('drop-room', this.#keys.rooms, [this.#keys.control, String(id)])
    this.#on.closed(id)
    return removed === 1
  }

  /** Called with the id of a room, 0 for none, and the number of changes of all rooms. */
  note(id: number, version: number): void {
    this.#number = Math.max(this.#number, id)
    this.#version = Math.max(this.#version, version)
  }
}
