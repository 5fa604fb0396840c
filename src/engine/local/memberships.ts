import type { ClaimOptions, EngineMemberships, Member } from '../engine.ts'
import { fold } from '../fold.ts'

/** The names that are held in rooms, in memory: a crash releases them. */
export class LocalMemberships implements EngineMemberships {
  /** By folded name, in order of claiming; without empty rooms. */
  readonly #held = new Map<number, Map<string, Member>>()
  readonly #changed: (room: number) => void

  /** `changed` is called when a name was released. */
  constructor(changed: (room: number) => void) {
    this.#changed = changed
  }

  async claim(room: number, name: string, { carriesPrivate = true, address }: ClaimOptions = {}): Promise<boolean> {
    let held = this.#held.get(room)
    if (!held) this.#held.set(room, (held = new Map()))
    const key = fold(name)
    if (held.has(key)) return false
    held.set(key, { name, carriesPrivate, ...(address !== undefined && { address }) })
    return true
  }

  /** Does nothing: there is no other node. */
  async share(): Promise<void> {}

  async release(room: number, nickname: string): Promise<void> {
    const held = this.#held.get(room)
    held?.delete(fold(nickname))
    if (held?.size === 0) this.#held.delete(room)
    this.#changed(room)
  }

  /** Releases all names in a closed room. */
  closed(room: number): void {
    this.#held.delete(room)
  }

  holds(room: number, nickname: string): boolean {
    return this.#held.get(room)?.has(fold(nickname)) ?? false
  }

  async member(room: number, nickname: string): Promise<Member | undefined> {
    return this.#held.get(room)?.get(fold(nickname))
  }

  async members(room: number): Promise<string[]> {
    return Array.from(this.#held.get(room)?.values() ?? [], ({ name }) => name)
  }

  async counts(): Promise<Map<number, number>> {
    return new Map(Array.from(this.#held, ([room, held]) => [room, held.size]))
  }

  async heldIn(nickname: string): Promise<number[]> {
    const key = fold(nickname)
    return Array.from(this.#held).flatMap(([room, held]) => (held.has(key) ? [room] : []))
  }
}
