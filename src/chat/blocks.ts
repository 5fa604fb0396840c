import type { Event } from '../engine/event.ts'
import { fold } from './names.ts'

interface Block {
  /** As the owner wrote it. */
  readonly name: string
  /** Whether the engine keeps it too. */
  readonly kept: boolean
}

/** Who does not want to hear from whom, of those who are here. Names are compared folded. */
export class Blocks {
  /** Owner to those blocked. */
  readonly #blocked = new Map<string, Map<string, Block>>()
  /** The same, the other way round. */
  readonly #blockedBy = new Map<string, Set<string>>()

  get empty(): boolean {
    return this.#blocked.size === 0
  }

  block(owner: string, name: string, kept = false): void {
    const key = fold(name)
    const ownerKey = fold(owner)
    let own = this.#blocked.get(ownerKey)
    if (!own) this.#blocked.set(ownerKey, (own = new Map()))
    own.set(key, { name, kept: kept || (own.get(key)?.kept ?? false) })
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
    return Array.from(this.#blocked.get(fold(owner))?.values() ?? [], ({ name }) => name)
  }

  /** Whether it is this one who has blocked that one. */
  has(owner: string, name: string): boolean {
    return this.#blocked.get(fold(owner))?.has(fold(name)) ?? false
  }

  isKept(owner: string, name: string): boolean {
    return this.#blocked.get(fold(owner))?.get(fold(name))?.kept ?? false
  }

  /**
   * A name is gone: so are its blocks that are not kept, and, until one of the two comes again, those that are kept between
   * it and somebody who is not here either.
   */
  forget(name: string, isHere: (key: string) => boolean): void {
    const key = fold(name)
    for (const [other, { kept }] of this.#blocked.get(key) ?? []) if (!kept || !isHere(other)) this.unblock(key, other)
    for (const owner of [...(this.#blockedBy.get(key) ?? [])]) if (!isHere(owner)) this.unblock(owner, key)
  }

  /** Whether messages may not pass between two names, whichever of them has blocked the other. */
  between(one: string, other: string): boolean {
    return this.has(one, other) || this.has(other, one)
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
