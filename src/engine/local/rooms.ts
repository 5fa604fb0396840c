import type { RoomRecord } from '../engine.ts'
import { fold } from '../fold.ts'

/** The rooms there are and who holds a name in them. */
export class Rooms {
  readonly #byKey = new Map<string, RoomRecord>()
  readonly #all: RoomRecord[] = []
  /** Folded name to name, in order of claiming; only rooms with somebody in them. */
  readonly #held = new Map<number, Map<string, string>>()

  add(room: RoomRecord): void {
    this.#all.push(room)
    this.#byKey.set(fold(room.title), room)
    this.#byKey.set(fold(room.lineName), room)
  }

  find(key: string): RoomRecord | undefined {
    return this.#byKey.get(key)
  }

  all(): readonly RoomRecord[] {
    return this.#all
  }

  claim(room: number, nickname: string): boolean {
    let held = this.#held.get(room)
    if (!held) {
      held = new Map()
      this.#held.set(room, held)
    }
    const key = fold(nickname)
    if (held.has(key)) return false
    held.set(key, nickname)
    return true
  }

  release(room: number, nickname: string): void {
    const held = this.#held.get(room)
    held?.delete(fold(nickname))
    if (held?.size === 0) this.#held.delete(room)
  }

  members(room: number): string[] {
    return [...(this.#held.get(room)?.values() ?? [])]
  }

  memberCount(room: number): number {
    return this.#held.get(room)?.size ?? 0
  }
}
