import { EngineFault, type NewRoom, type RoomChange, type RoomRecord, Taken, Unavailable } from '../engine.ts'
import { fold } from '../fold.ts'
import type { Connection } from './connection.ts'
import type { Keys } from './keys.ts'
import type { Link } from './link.ts'

const LOBBY = 1
const LOBBY_TITLE = 'Public Chat'
const LOBBY_DESCRIPTION = 'This is the default chat, available to everyone!'

/** A room as Redis keeps it. */
interface Kept extends RoomRecord {
  readonly titleKey: string
  readonly lineKey: string
  /** Rises with every change of any room. */
  readonly version: number
}

/**
 * The rooms there are: all of them in memory, kept right by what every change tells. What memory does not know is asked of
 * Redis, as it may have been made a moment ago.
 */
export class RoomTable {
  readonly #keys: Keys
  readonly #link: Link
  readonly #node: () => string
  readonly #changed: (room: number) => void
  readonly #byId = new Map<number, Kept>()
  readonly #byKey = new Map<string, number>()
  /** Since the connection: what was read before they were dropped may come in later. */
  readonly #dropped = new Set<number>()

  /** `changed` is called with a room of which something else is known now. */
  constructor(keys: Keys, link: Link, node: () => string, changed: (room: number) => void) {
    this.#keys = keys
    this.#link = link
    this.#node = node
    this.#changed = changed
  }

  /** Reads all rooms anew. After a loss those that are known here are put back first. */
  async load(connection: Connection, lobby: string, lost: boolean): Promise<void> {
    const head = [this.#node(), this.#keys.control]
    if (lost) {
      const highest = Math.max(LOBBY, ...this.#byId.keys())
      const known = Array.from(this.#byId.values(), (room) => JSON.stringify(room))
      await connection.run('restore-rooms', this.#keys.rooms, [...head, String(highest), ...known])
    }
    const made = [lobby, fold(lobby), LOBBY_TITLE, fold(LOBBY_TITLE), LOBBY_DESCRIPTION]
    const ensured = await connection.run('lobby', this.#keys.rooms, [...head, ...made])
    if (ensured === 0) throw new EngineFault(`--lobby ${lobby} is the name of another room`)
    const [records = ''] = this.#keys.rooms
    this.#byId.clear()
    this.#byKey.clear()
    // The reply to HVALS.
    for (const record of (await connection.command(['HVALS', records])) as readonly string[]) this.#learn(record)
  }

  /** The connection is gone: what is told now is not heard. What is known is not asked until {@link load}. */
  down(): void {
    this.#dropped.clear()
  }

  /** A node has made or changed a room. */
  learn(record: string): void {
    const learned = this.#learn(record)
    if (learned) this.#changed(learned.id)
  }

  /** A node has closed a room. */
  drop(id: number): void {
    this.#dropped.add(id)
    const room = this.#byId.get(id)
    if (!room) return
    this.#byId.delete(id)
    this.#unname(room)
    this.#changed(id)
  }

  get size(): number {
    this.#check()
    return this.#byId.size
  }

  all(): RoomRecord[] {
    this.#check()
    return Array.from(this.#byId.values(), shown).sort((a, b) => a.id - b.id)
  }

  has(id: number): boolean {
    return this.#byId.has(id)
  }

  ids(): number[] {
    return [...this.#byId.keys()]
  }

  async find(which: number | string): Promise<RoomRecord | undefined> {
    this.#check()
    const id = typeof which === 'number' ? which : this.#byKey.get(fold(which))
    const known = id === undefined ? undefined : this.#byId.get(id)
    if (known) return shown(known)
    const asked = typeof which === 'number' ? [String(which)] : ['', fold(which)]
    const record = await this.#link.run('find-room', this.#keys.rooms, asked)
    return record === null ? undefined : shown(JSON.parse(record))
  }

  async create(room: NewRoom): Promise<RoomRecord> {
    const args = [...this.#said(room), room.hash ?? '']
    const record = await this.#link.run('create-room', this.#keys.rooms, args)
    if (record === null) throw new Taken(room.title)
    this.learn(record)
    return shown(JSON.parse(record))
  }

  async change(id: number, change: RoomChange): Promise<RoomRecord | undefined> {
    const record = await this.#link.run('change-room', this.#keys.rooms, [...this.#said(change), String(id)])
    if (record === 'none') return undefined
    if (record === 'taken') throw new Taken(change.title)
    this.learn(record)
    return shown(JSON.parse(record))
  }

  /** Removes a room whose log has ended; false when somebody else has. */
  async remove(id: number): Promise<boolean> {
    return (await this.#link.run('drop-room', this.#keys.rooms, [this.#node(), this.#keys.control, String(id)])) === 1
  }

  #said({ title, lineName, stem = '', description = '', visibility }: RoomChange): string[] {
    const names = [title, fold(title), lineName, fold(lineName), stem]
    return [this.#node(), this.#keys.control, ...names, description, visibility]
  }

  /** Undefined when that, or something newer, was known. */
  #learn(record: string): Kept | undefined {
    // Only the scripts write it.
    const room = JSON.parse(record) as Kept
    const known = this.#byId.get(room.id)
    if (this.#dropped.has(room.id) || (known && known.version >= room.version)) return undefined
    if (known) this.#unname(known)
    this.#byId.set(room.id, room)
    this.#byKey.set(room.titleKey, room.id)
    this.#byKey.set(room.lineKey, room.id)
    return room
  }

  #unname({ id, titleKey, lineKey }: Kept): void {
    for (const key of [titleKey, lineKey]) if (this.#byKey.get(key) === id) this.#byKey.delete(key)
  }

  #check(): void {
    if (!this.#link.connection) throw new Unavailable('Redis is away')
  }
}

/** A record as others see it. */
export function shown({
  id,
  title,
  lineName,
  description,
  visibility,
  hash,
  createdAt,
  changedAt,
}: RoomRecord): RoomRecord {
  const room = { id, title, lineName, description, visibility, createdAt, changedAt }
  return hash === undefined ? room : { ...room, hash }
}
