import { Full } from '../errors.ts'
import { fold } from '../fold.ts'
import type { ClaimOptions, EngineMemberships, Member } from '../memberships.ts'
import { HeldSkeletons } from './held-skeletons.ts'

interface Held extends Member {
  /** True for the name of an account. */
  readonly shared: boolean
}

/** The names that are held in rooms, in memory: a crash releases them. */
export class LocalMemberships implements EngineMemberships {
  /** By folded name, in order of claiming; without empty rooms. */
  readonly #held = new Map<number, Map<string, Held>>()
  /** Without those of accounts. */
  readonly #skeletons = new HeldSkeletons()
  readonly #changed: (room: number) => void

  /** `changed` is called when a name was released. */
  constructor(changed: (room: number) => void) {
    this.#changed = changed
  }

  async claim(
    room: number,
    name: string,
    { carriesPrivate = true, shared = false, client, address, most = Number.POSITIVE_INFINITY }: ClaimOptions = {},
  ): Promise<boolean> {
    let held = this.#held.get(room)
    const key = fold(name)
    if (held?.has(key)) return false
    if ((held?.size ?? 0) >= most) throw new Full(`room ${room}`)
    if (!held) this.#held.set(room, (held = new Map()))
    const known = { ...(address !== undefined && { address }), ...(client !== undefined && { client }) }
    held.set(key, { name, carriesPrivate, shared, ...known })
    if (!shared) this.#skeletons.add(name)
    return true
  }

  /** Forgets the client: there is no other node. */
  async share(room: number, nickname: string): Promise<void> {
    const held = this.#held.get(room)
    const key = fold(nickname)
    const { client: _, ...member } = held?.get(key) ?? {}
    if ('name' in member) held?.set(key, member)
  }

  async release(room: number, nickname: string): Promise<void> {
    const held = this.#held.get(room)
    const key = fold(nickname)
    const member = held?.get(key)
    if (held?.delete(key)) this.#forget(member)
    if (held?.size === 0) this.#held.delete(room)
    this.#changed(room)
  }

  /** Releases all names in a closed room. */
  closed(room: number): void {
    for (const member of this.#held.get(room)?.values() ?? []) this.#forget(member)
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

  /** A claim ends in the tick of its `left`. */
  inside(room: number): Promise<string[]> {
    return this.members(room)
  }

  async counts(): Promise<Map<number, number>> {
    return new Map(Array.from(this.#held, ([room, held]) => [room, held.size]))
  }

  async heldIn(nickname: string): Promise<number[]> {
    const key = fold(nickname)
    return Array.from(this.#held).flatMap(([room, held]) => (held.has(key) ? [room] : []))
  }

  async resembles(nickname: string): Promise<boolean> {
    return this.#skeletons.isTaken(nickname)
  }

  #forget(member: Held | undefined): void {
    if (member && !member.shared) this.#skeletons.remove(member.name)
  }
}
