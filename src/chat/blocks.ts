import type { Event } from '../engine/event.ts'
import { fold } from './names.ts'

/** Who does not want to hear from whom. Names are compared folded. */
export class Blocks {
  /** Owner to those blocked, as the owner wrote them. */
  readonly #blocked = new Map<string, Map<string, string>>()
  /** The same, the other way round. */
  readonly #blockedBy = new Map<string, Set<string>>()

  /** Owners whose blocks the engine keeps. */
  readonly #kept = new Set<string>()

  get empty(): boolean {
    return this.#blocked.size === 0
  }

  block(owner: string, name: string): void {
    const key = fold(name)
    const ownerKey = fold(owner)
    let own = this.#blocked.get(ownerKey)
    if (!own) this.#blocked.set(ownerKey, (own = new Map()))
    own.set(key, name)
    let by = this.#blockedBy.get(key)
    if (!by) this.#blockedBy.set(key, (by = new Set()))
    by.add(ownerKey)
  }

  /** False when the name was not blocked. */
  unblock(owner: string, name: string): boolean {
    const key = fold(name)
    const ownerKey = fold(owner)
    const own = this.#blocked.get(ownerKey)
    if (!own?.delete(key)) return false
    if (own.size === 0) this.#blocked.delete(ownerKey)
    const by = this.#blockedBy.get(key)
    by?.delete(ownerKey)
    if (by?.size === 0) this.#blockedBy.delete(key)
    return true
  }

  /** How many a name has blocked. */
  count(owner: string): number {
    return this.#blocked.get(fold(owner))?.size ?? 0
  }

  list(owner: string): string[] {
    return [...(this.#blocked.get(fold(owner))?.values() ?? [])]
  }

  /** The engine keeps this owner's blocks: {@link forget} leaves them. They concern others while the owner is away. */
  keep(owner: string): void {
    this.#kept.add(fold(owner))
  }

  keeps(owner: string): boolean {
    return this.#kept.has(fold(owner))
  }

  forget(owner: string): void {
    if (this.#kept.has(fold(owner))) return
    for (const name of this.list(owner)) this.unblock(owner, name)
  }

  /** Whether messages may not pass between two names, whichever of them has blocked the other. */
  between(one: string, other: string): boolean {
    const [a, b] = [fold(one), fold(other)]
    return Boolean(this.#blocked.get(a)?.has(b) || this.#blocked.get(b)?.has(a))
  }

  /** Without the messages that a block keeps from a reader; presence is never kept (protocols/README.md, Block). */
  allowed(events: readonly Event[], reader: string): readonly Event[] {
    if (this.empty) return events
    return events.filter(({ kind, from }) => kind !== 'message' || !this.between(from, reader))
  }

  /** All between whom and this name messages may not pass, as folded names. */
  *apartFrom(name: string): Generator<string> {
    const key = fold(name)
    yield* this.#blocked.get(key)?.keys() ?? []
    yield* this.#blockedBy.get(key) ?? []
  }
}
