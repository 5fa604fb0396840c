import { type EngineRooms, type NewRoom, type RoomChange, type RoomRecord, Taken } from '../engine.ts'
import { fold } from '../fold.ts'
import type { StoreThread } from './thread.ts'

/** The open rooms, in memory and in the store. */
export class LocalRooms implements EngineRooms {
  readonly #store: () => StoreThread
  readonly #end: (room: number) => Promise<boolean>
  readonly #byKey = new Map<string, RoomRecord>()
  readonly #byId = new Map<number, RoomRecord>()
  readonly #watchers = new Set<(room: number) => void>()

  /** `end` appends `closed` to a room's log, and resolves with false if it has ended already. */
  constructor(store: () => StoreThread, end: (room: number) => Promise<boolean>) {
    this.#store = store
    this.#end = end
  }

  async find(which: number | string): Promise<RoomRecord | undefined> {
    return typeof which === 'number' ? this.#byId.get(which) : this.#byKey.get(fold(which))
  }

  async list(): Promise<RoomRecord[]> {
    return [...this.#byId.values()]
  }

  async madeFrom(address: string): Promise<RoomRecord[]> {
    return [...this.#byId.values()].filter(({ maker }) => maker?.address === address)
  }

  async count(): Promise<number> {
    return this.#byId.size
  }

  async create(room: NewRoom): Promise<RoomRecord> {
    const made = await this.#store().call('createRoom', room)
    if (!made) throw new Taken(room.title)
    this.add(made)
    this.changed(made.id)
    return made
  }

  async change(id: number, change: RoomChange): Promise<RoomRecord | undefined> {
    const changed = await this.#store().call('changeRoom', id, change)
    if (changed === false) throw new Taken(change.title)
    if (changed) {
      this.add(changed)
      this.changed(id)
    }
    return changed
  }

  async close(id: number): Promise<boolean> {
    return this.#byId.has(id) && this.#end(id)
  }

  watch(listener: (room: number) => void): () => void {
    this.#watchers.add(listener)
    return () => this.#watchers.delete(listener)
  }

  /** Adds or replaces a room in memory. */
  add(room: RoomRecord): void {
    this.#unname(room.id)
    this.#byId.set(room.id, room)
    this.#byKey.set(fold(room.title), room)
    this.#byKey.set(fold(room.slug), room)
  }

  /** Removes a closed room from memory. */
  closed(id: number): void {
    this.#unname(id)
    this.#byId.delete(id)
  }

  /** Calls the watchers. */
  changed(room: number): void {
    for (const listener of this.#watchers) listener(room)
  }

  #unname(id: number): void {
    const room = this.#byId.get(id)
    if (!room) return
    this.#byKey.delete(fold(room.title))
    this.#byKey.delete(fold(room.slug))
  }
}
