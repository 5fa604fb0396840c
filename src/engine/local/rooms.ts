import type { Member, RoomRecord } from '../engine.ts'
import { fold } from '../fold.ts'

/** The open rooms and the names that are held in them. */
export class Rooms {
  readonly #byKey = new Map<string, RoomRecord>()
  readonly #byId = new Map<number, RoomRecord>()
  /** By folded name, in order of claiming; without empty rooms. */
  readonly #held = new Map<number, Map<string, Member>>()

  /** Adds or replaces a room. */
  add(room: RoomRecord): void {
    this.#unname(room.id)
    this.#byId.set(room.id, room)
    this.#byKey.set(fold(room.title), room)
    this.#byKey.set(fold(room.slug), room)
  }

  /** Removes a room and the names held in it. */
  remove(id: number): void {
    this.#unname(id)
    this.#byId.delete(id)
    this.#held.delete(id)
  }

  find(which: number | string): RoomRecord | undefined {
    return typeof which === 'number' ? this.#byId.get(which) : this.#byKey.get(fold(which))
  }

  get size(): number {
    return this.#byId.size
  }

  all(): readonly RoomRecord[] {
    return [...this.#byId.values()]
  }

  madeFrom(address: string): RoomRecord[] {
    return [...this.#byId.values()].filter(({ maker }) => maker?.address === address)
  }

  claim(room: number, name: string, carriesPrivate: boolean): boolean {
    let held = this.#held.get(room)
    if (!held) {
      held = new Map()
      this.#held.set(room, held)
    }
    const key = fold(name)
    if (held.has(key)) return false
    held.set(key, { name, carriesPrivate })
    return true
  }

  release(room: number, nickname: string): void {
    const held = this.#held.get(room)
    held?.delete(fold(nickname))
    if (held?.size === 0) this.#held.delete(room)
  }

  member(room: number, nickname: string): Member | undefined {
    return this.#held.get(room)?.get(fold(nickname))
  }

  members(room: number): string[] {
    return Array.from(this.#held.get(room)?.values() ?? [], ({ name }) => name)
  }

  heldIn(nickname: string): number[] {
    const key = fold(nickname)
    const rooms: number[] = []
    for (const [room, held] of this.#held) if (held.has(key)) rooms.push(room)
    return rooms
  }

  memberCounts(): Map<number, number> {
    const counts = new Map<number, number>()
    for (const [room, held] of this.#held) counts.set(room, held.size)
    return counts
  }

  #unname(id: number): void {
    const room = this.#byId.get(id)
    if (!room) return
    this.#byKey.delete(fold(room.title))
    this.#byKey.delete(fold(room.slug))
  }
}
