import {
  EngineFault,
  type EngineRooms,
  type NewRoom,
  type RoomChange,
  type RoomRecord,
  Taken,
  Unavailable,
} from '../engine.ts'
import { fold } from '../fold.ts'
import { LOBBY_ROOM } from '../lobby.ts'
import type { Keys } from './keys.ts'
import type { Link } from './link.ts'
import type { RedisPort } from './port.ts'

/** A room as stored in Redis; its slug is stored as `lineName`. */
export interface StoredRoom extends Omit<RoomRecord, 'slug'> {
  readonly lineName: string
  readonly titleKey: string
  readonly lineKey: string
  /** Rises with every change of any room. */
  readonly version: number
}

/** The steps of closing a room that concern more than its record. */
export interface RoomClosing {
  /** Appends `closed` to the room's log. Resolves with false if it has ended already. */
  end(room: number): Promise<boolean>
  /** Called when the room's record is removed. */
  closed(room: number): void
}

/** The result of reading all rooms. */
export interface Loaded {
  /** True if Redis has lost changes that this node knows of. */
  readonly lost: boolean
  /** Rooms that this node knew and that are closed. */
  readonly closed: readonly number[]
}

/**
 * The open rooms. All of them are in memory, updated by the messages of the control channel. A room that is missing in memory is looked up
 * in Redis, as its message may still be under way.
 */
export class RedisRooms implements EngineRooms {
  readonly #keys: Keys
  readonly #link: Link
  readonly #node: () => string
  readonly #on: RoomClosing
  readonly #watchers = new Set<(room: number) => void>()
  readonly #byId = new Map<number, StoredRoom>()
  readonly #byKey = new Map<string, number>()
  /** Rooms closed since the connection: a record that was read before must not be added again. */
  readonly #dropped = new Set<number>()
  /** The highest known id; restored in a server that has lost it, so that no id is given twice. */
  #number = 0
  /** The highest known number of changes. */
  #version = 0

  constructor(keys: Keys, link: Link, node: () => string, on: RoomClosing) {
    this.#keys = keys
    this.#link = link
    this.#node = node
    this.#on = on
  }

  /** Reads all rooms. */
  async load(port: RedisPort, lobby: string | undefined): Promise<Loaded> {
    const [records] = this.#keys.rooms
    const behind = await port.eval('raise-rooms', this.#keys.rooms, [String(this.#number), String(this.#version)])
    if (lobby !== undefined) await this.#ensureLobby(port, lobby)
    const before = [...this.#byId.values()]
    // The reply to HVALS. Only the scripts write there.
    const found = (await port.call(records, 'HVALS')) as readonly string[]
    // Rooms that were replaced meanwhile by a message are newer.
    for (const room of before) if (this.#byId.get(room.id) === room) this.#forget(room)
    for (const record of found) this.#learn(JSON.parse(record))
    return { lost: behind === 1, closed: before.map(({ id }) => id).filter((id) => !this.#byId.has(id)) }
  }

  async #ensureLobby(port: RedisPort, lobby: string): Promise<void> {
    const made = [lobby, fold(lobby), LOBBY_ROOM.title, fold(LOBBY_ROOM.title), LOBBY_ROOM.description]
    const ensured = await port.eval('lobby', this.#keys.rooms, [this.#node(), this.#keys.control, ...made])
    if (ensured === 0) throw new EngineFault(`--lobby ${lobby} is the name of another room`)
  }

  /** Called when the connection is lost. */
  down(): void {
    this.#dropped.clear()
  }

  /** Called when a node has created or changed a room. */
  learn(record: string): void {
    // Written by the scripts.
    const room: StoredRoom = JSON.parse(record)
    if (this.#learn(room)) this.changed(room.id)
  }

  /** Called with the number of changes of all rooms. */
  noteVersion(version: number): void {
    this.#version = Math.max(this.#version, version)
  }

  /** Called when a node has closed a room. */
  closed(id: number): void {
    this.#dropped.add(id)
    const room = this.#byId.get(id)
    if (!room) return
    this.#forget(room)
    this.changed(id)
  }

  async count(): Promise<number> {
    this.#checkConnected()
    return this.#byId.size
  }

  async list(): Promise<RoomRecord[]> {
    this.#checkConnected()
    return Array.from(this.#byId.values(), roomOfStored).sort((a, b) => a.id - b.id)
  }

  async madeFrom(address: string): Promise<RoomRecord[]> {
    this.#checkConnected()
    const rooms = [...this.#byId.values()].filter(({ maker }) => maker?.address === address)
    return rooms.map(roomOfStored)
  }

  ids(): number[] {
    return [...this.#byId.keys()]
  }

  async find(which: number | string): Promise<RoomRecord | undefined> {
    this.#checkConnected()
    const id = typeof which === 'number' ? which : this.#byKey.get(fold(which))
    const known = id === undefined ? undefined : this.#byId.get(id)
    if (known) return roomOfStored(known)
    const asked = typeof which === 'number' ? [String(which)] : ['', fold(which)]
    const record = await this.#link.eval('find-room', this.#keys.rooms, asked)
    return record === null ? undefined : roomOfStored(JSON.parse(record))
  }

  async create(room: NewRoom): Promise<RoomRecord> {
    const { hash = '', maker } = room
    const made = [maker?.address ?? '', maker?.name ?? '', String(this.#number), maker?.owns ? '1' : '']
    const args = [...this.#argsOf(room), hash, ...made]
    const record = await this.#link.eval('create-room', this.#keys.rooms, args)
    if (record === null) throw new Taken(room.title)
    this.learn(record)
    return roomOfStored(JSON.parse(record))
  }

  async change(id: number, change: RoomChange): Promise<RoomRecord | undefined> {
    const { title, slug = '', hash } = change
    const names = title !== undefined && { titleKey: fold(title), slug, slugKey: fold(slug), stem: change.stem ?? '' }
    const changes = { ...change, ...names, ...(hash === null && { hash: '' }) }
    const args = [this.#node(), this.#keys.control, String(id), JSON.stringify(changes)]
    const record = await this.#link.eval('change-room', this.#keys.rooms, args)
    if (record === 'none') return undefined
    if (record === 'taken') throw new Taken(title)
    this.learn(record)
    return roomOfStored(JSON.parse(record))
  }

  async close(id: number): Promise<boolean> {
    // Redis is asked only about unknown rooms: later appends of this node must come after the end.
    if (!this.#byId.has(id) && !(await this.find(id))) return false
    const ended = await this.#on.end(id)
    return (await this.remove(id)) || ended
  }

  watch(listener: (room: number) => void): () => void {
    this.#watchers.add(listener)
    return () => this.#watchers.delete(listener)
  }

  /** Calls the watchers. */
  changed(room: number): void {
    for (const listener of [...this.#watchers]) listener(room)
  }

  /** Removes the record of a room whose log has ended. Resolves with false if it is removed already. */
  async remove(id: number): Promise<boolean> {
    const removed = await this.#link.eval('drop-room', this.#keys.rooms, [this.#node(), this.#keys.control, String(id)])
    this.#on.closed(id)
    return removed === 1
  }

  #argsOf({ title, slug, stem = '', description = '', visibility }: NewRoom): string[] {
    const names = [title, fold(title), slug, fold(slug), stem]
    return [this.#node(), this.#keys.control, ...names, description, visibility]
  }

  /** Adds or replaces a room in memory. Returns false if the same or a newer version is known. */
  #learn(room: StoredRoom): boolean {
    const known = this.#byId.get(room.id)
    if (this.#dropped.has(room.id) || (known && known.version >= room.version)) return false
    if (known) this.#forget(known)
    this.#byId.set(room.id, room)
    this.#byKey.set(room.titleKey, room.id)
    this.#byKey.set(room.lineKey, room.id)
    this.#number = Math.max(this.#number, room.id)
    this.noteVersion(room.version)
    return true
  }

  #forget({ id, titleKey, lineKey }: StoredRoom): void {
    this.#byId.delete(id)
    for (const key of [titleKey, lineKey]) if (this.#byKey.get(key) === id) this.#byKey.delete(key)
  }

  #checkConnected(): void {
    if (!this.#link.port) throw new Unavailable('Redis is away')
  }
}

/** Converts a stored room. */
export function roomOfStored({ lineName, titleKey, lineKey, version, ...room }: StoredRoom): RoomRecord {
  return { ...room, slug: lineName }
}

/** Converts a room for storage. */
export function storedRoom({ slug, ...room }: RoomRecord, version: number): StoredRoom {
  return { ...room, lineName: slug, titleKey: fold(room.title), lineKey: fold(slug), version }
}
