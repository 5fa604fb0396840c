import { BoundedMap } from '../bounded-map.ts'
import { fold } from './fold.ts'

/** Maximum rooms of a cache: a few megabytes. */
const CACHED = 10_000

/** The rooms that were last looked up, created or changed, by id and by folded title and slug. */
export class RoomCache<R extends { readonly id: number }> {
  readonly #keysOf: (room: R) => readonly string[]
  /** Least recently used first. */
  readonly #byId: BoundedMap<number, R>
  readonly #byKey = new Map<string, number>()
  /** Reads that began after the last change, by id or folded name. */
  readonly #reads = new Map<number | string, Promise<R | undefined>>()

  /** `keysOf` returns the folded title and slug of a room. */
  constructor(keysOf: (room: R) => readonly string[], size = CACHED) {
    this.#keysOf = keysOf
    this.#byId = new BoundedMap(size, (_, room) => this.#forgetKeys(room))
  }

  /** Resolves with the room in the cache; otherwise reads it, once for all concurrent callers. */
  async find(which: number | string, read: () => Promise<R | undefined>): Promise<R | undefined> {
    const key = typeof which === 'number' ? which : fold(which)
    const known = this.get(key)
    if (known) return known
    const underWay = this.#reads.get(key)
    if (underWay) return underWay
    const reading = read()
      .then((room) => {
        // A read that a change has overtaken is not kept.
        if (room && this.#reads.get(key) === reading) this.#add(room)
        return room
      })
      .finally(() => {
        if (this.#reads.get(key) === reading) this.#reads.delete(key)
      })
    this.#reads.set(key, reading)
    return reading
  }

  /** Returns the room with an id or a folded title or slug. */
  get(key: number | string): R | undefined {
    const id = typeof key === 'number' ? key : this.#byKey.get(key)
    const room = id === undefined ? undefined : this.#byId.get(id)
    if (room) this.#byId.set(room.id, room)
    return room
  }

  ids(): Iterable<number> {
    return this.#byId.keys()
  }

  /** Adds or replaces a room that was created or changed. */
  set(room: R): void {
    this.#reads.clear()
    this.#add(room)
  }

  /** Removes a room that was closed. */
  delete(id: number): void {
    this.#reads.clear()
    this.#drop(id)
  }

  clear(): void {
    this.#reads.clear()
    this.#byId.clear()
    this.#byKey.clear()
  }

  #add(room: R): void {
    this.#drop(room.id)
    this.#byId.set(room.id, room)
    for (const key of this.#keysOf(room)) this.#byKey.set(key, room.id)
  }

  #drop(id: number): void {
    const room = this.#byId.get(id)
    if (!room) return
    this.#byId.delete(id)
    this.#forgetKeys(room)
  }

  #forgetKeys(room: R): void {
    for (const key of this.#keysOf(room)) if (this.#byKey.get(key) === room.id) this.#byKey.delete(key)
  }
}
