import type { EngineRooms, NewRoom, RoomChange, RoomRecord, SpokenRoom } from '../engine.ts'
import { Taken } from '../errors.ts'
import { fold } from '../fold.ts'
import { RoomCache } from '../room-cache.ts'
import type { StoreThread } from './thread.ts'

/** Maximum rooms that the store reads at once, which takes it about a millisecond. */
const PAGE = 500

/** The open rooms, in the store; those that are used in memory too. */
export class LocalRooms implements EngineRooms {
  readonly #store: StoreThread
  readonly #end: (room: number) => Promise<boolean>
  readonly #cache = new RoomCache<RoomRecord>(({ title, slug }) => [fold(title), fold(slug)])
  readonly #watchers = new Set<(room: number) => void>()
  #count = 0

  /** `end` appends `closed` to a room's log, and resolves with false if it has ended already. */
  constructor(store: StoreThread, end: (room: number) => Promise<boolean>) {
    this.#store = store
    this.#end = end
  }

  /** Called with the number of rooms when the store is open. */
  opened(count: number): void {
    this.#count = count
  }

  find(which: number | string): Promise<RoomRecord | undefined> {
    return this.#cache.find(which, () => this.#store.call('rooms.find', which))
  }

  list(): Promise<RoomRecord[]> {
    return flat(this.#pages((after) => this.#store.call('rooms.page', after, PAGE)))
  }

  async spokenSince(time: number): Promise<SpokenRoom[]> {
    const spoken: SpokenRoom[] = []
    for (let last: SpokenRoom | undefined; ; ) {
      const { saidAt = time, room: { id } = { id: 0 } } = last ?? {}
      const page = await this.#store.call('rooms.pageOfSpoken', saidAt, id, PAGE)
      spoken.push(...page)
      last = page.at(-1)
      if (page.length < PAGE) return spoken
    }
  }

  silentSince(time: number): AsyncGenerator<readonly RoomRecord[]> {
    return this.#pages((after) => this.#store.call('rooms.pageOfSilent', time, after, PAGE))
  }

  madeFrom(address: string): Promise<RoomRecord[]> {
    return flat(this.#pages((after) => this.#store.call('rooms.pageFrom', address, after, PAGE)))
  }

  async count(): Promise<number> {
    return this.#count
  }

  async create(room: NewRoom): Promise<RoomRecord> {
    const made = await this.#store.call('rooms.create', room)
    if (!made) throw new Taken(room.title)
    this.#count++
    this.#cache.set(made)
    this.changed(made.id)
    return made
  }

  async change(id: number, change: RoomChange): Promise<RoomRecord | undefined> {
    const changed = await this.#store.call('rooms.change', id, change)
    if (changed === false) throw new Taken(change.title)
    if (changed) {
      this.#cache.set(changed)
      this.changed(id)
    }
    return changed
  }

  async close(id: number): Promise<boolean> {
    // The store is asked only about unknown rooms: later appends must come after the end.
    if (!this.#cache.get(id) && !(await this.find(id))) return false
    return this.#end(id)
  }

  watch(listener: (room: number) => void): () => void {
    this.#watchers.add(listener)
    return () => this.#watchers.delete(listener)
  }

  /** Called when a room is closed. */
  closed(id: number): void {
    this.#count--
    this.#cache.delete(id)
  }

  changed(room: number): void {
    for (const listener of this.#watchers) listener(room)
  }

  /** Yields the pages of a query, whose rooms are in order of id. */
  async *#pages(page: (after: number) => Promise<readonly RoomRecord[]>): AsyncGenerator<readonly RoomRecord[]> {
    for (let after = 0; ; ) {
      const rooms = await page(after)
      if (rooms.length > 0) yield rooms
      if (rooms.length < PAGE) return
      after = rooms.at(-1)?.id ?? after
    }
  }
}

async function flat(pages: AsyncIterable<readonly RoomRecord[]>): Promise<RoomRecord[]> {
  return (await Array.fromAsync(pages)).flat()
}
