import type { Event } from '../engine/event.ts'
import { fold } from './names.ts'

/** That somebody has blocked somebody. */
export interface Pair {
  readonly owner: string
  readonly name: string
}

interface Block {
  /** As the owner wrote it. */
  readonly name: string
  /** The owner has made it on this node. */
  here: boolean
  /** The engine keeps it. */
  kept: boolean
  /** The nodes that have told of it, and when, in ms of `performance`. */
  readonly told: Map<string, number>
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

  /** Made here; and kept by the engine, or about to be. */
  block(owner: string, name: string, kept = false): void {
    const block = this.#blockOf(owner, name)
    block.here = true
    block.kept ||= kept
  }

  /** Takes back what was made here, or is kept. False when there was neither. */
  unblock(owner: string, name: string): boolean {
    const block = this.#find(owner, name)
    if (!block?.here && !block?.kept) return false
    block.here = false
    block.kept = false
    this.#tidy(owner, name)
    return true
  }

  /** The engine keeps it. */
  learn({ owner, name }: Pair): void {
    this.#blockOf(owner, name).kept = true
  }

  /** What the engine keeps of a name, and against it, in place of all that was known of that. */
  keep(name: string, pairs: readonly Pair[]): void {
    for (const { owner, name: blocked } of this.#with(name)) {
      const block = this.#find(owner, blocked)
      if (!block?.kept) continue
      block.kept = false
      // Of what is kept it does not matter where it was made.
      block.here = false
      this.#tidy(owner, blocked)
    }
    for (const pair of pairs) this.learn(pair)
  }

  /** What a node says that is blocked there, by one owner or by everybody, in place of what it has said before. */
  hear(node: string, owner: string | undefined, pairs: readonly Pair[]): void {
    const before = owner === undefined ? this.#all() : this.#of(owner)
    for (const pair of before) {
      if (this.#find(pair.owner, pair.name)?.told.delete(node)) this.#tidy(pair.owner, pair.name)
    }
    for (const pair of pairs) this.hearOne(node, pair, true)
  }

  /** Whether one pair is blocked on a node, as that node says. */
  hearOne(node: string, pair: Pair, blocked: boolean): void {
    if (blocked) this.#blockOf(pair.owner, pair.name).told.set(node, performance.now())
    else if (this.#find(pair.owner, pair.name)?.told.delete(node)) this.#tidy(pair.owner, pair.name)
  }

  /** Forgets what nodes have said of an owner before a time, in ms of `performance`. */
  outdate(owner: string, before: number): void {
    for (const { name } of this.#of(owner)) {
      const told = this.#find(owner, name)?.told
      for (const [node, at] of told ?? []) if (at < before) told?.delete(node)
      this.#tidy(owner, name)
    }
  }

  /** What was made here and is not kept: by one owner, or by everybody. */
  passing(owner?: string): Pair[] {
    const pairs = owner === undefined ? this.#all() : this.#of(owner)
    return pairs.filter(({ owner, name }) => this.isPassing(owner, name))
  }

  /** Whether a block was made here and is not kept. */
  isPassing(owner: string, name: string): boolean {
    const block = this.#find(owner, name)
    return block?.here === true && !block.kept
  }

  /** Those who have blocked a name, folded. */
  against(name: string): string[] {
    return [...(this.#blockedBy.get(fold(name)) ?? [])]
  }

  /** Whom a name has blocked, here or for good. */
  list(owner: string): string[] {
    const own = [...(this.#blocked.get(fold(owner))?.values() ?? [])]
    return own.flatMap(({ name, here, kept }) => (here || kept ? [name] : []))
  }

  /** How many names a name has blocked, on whatever node. */
  count(owner: string): number {
    return this.#blocked.get(fold(owner))?.size ?? 0
  }

  /** The name as its owner wrote it when they blocked it, here or for good; undefined when they have not. */
  blockedAs(owner: string, name: string): string | undefined {
    const block = this.#find(owner, name)
    return block?.here || block?.kept ? block.name : undefined
  }

  isKept(owner: string, name: string): boolean {
    return this.#find(owner, name)?.kept ?? false
  }

  /**
   * A name is gone: so are its blocks that are not kept, and, until one of the two comes again, those that are known of it and
   * somebody who is not here either.
   */
  forget(name: string, isHere: (key: string) => boolean): void {
    const key = fold(name)
    for (const { owner, name: blocked } of this.#with(key)) {
      const block = this.#find(owner, blocked)
      if (block && owner === key) block.here = false
      if (isHere(owner === key ? fold(blocked) : owner)) this.#tidy(owner, blocked)
      else this.#drop(owner, fold(blocked))
    }
  }

  /** Whether messages may not pass between two names, whichever of them has blocked the other. */
  between(one: string, other: string): boolean {
    if (this.empty) return false
    const [a, b] = [fold(one), fold(other)]
    return Boolean(this.#blocked.get(a)?.has(b) || this.#blocked.get(b)?.has(a))
  }

  /** Without the messages that a block keeps from a reader; presence is never kept (docs/protocols/README.md, section 2). */
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

  #find(owner: string, name: string): Block | undefined {
    return this.#blocked.get(fold(owner))?.get(fold(name))
  }

  #blockOf(owner: string, name: string): Block {
    const [ownerKey, key] = [fold(owner), fold(name)]
    let own = this.#blocked.get(ownerKey)
    if (!own) this.#blocked.set(ownerKey, (own = new Map()))
    let block = own.get(key)
    if (!block) own.set(key, (block = { name, here: false, kept: false, told: new Map() }))
    let by = this.#blockedBy.get(key)
    if (!by) this.#blockedBy.set(key, (by = new Set()))
    by.add(ownerKey)
    return block
  }

  /** What nobody stands for any more is no block. */
  #tidy(owner: string, name: string): void {
    const block = this.#find(owner, name)
    if (block && !block.here && !block.kept && block.told.size === 0) this.#drop(fold(owner), fold(name))
  }

  #drop(ownerKey: string, key: string): void {
    const own = this.#blocked.get(ownerKey)
    own?.delete(key)
    if (own?.size === 0) this.#blocked.delete(ownerKey)
    const by = this.#blockedBy.get(key)
    by?.delete(ownerKey)
    if (by?.size === 0) this.#blockedBy.delete(key)
  }

  #of(owner: string): Pair[] {
    const key = fold(owner)
    return Array.from(this.#blocked.get(key)?.values() ?? [], ({ name }) => ({ owner: key, name }))
  }

  #all(): Pair[] {
    return [...this.#blocked.keys()].flatMap((owner) => this.#of(owner))
  }

  /** Of a name, and against it. */
  #with(name: string): Pair[] {
    return [...this.#of(name), ...this.against(name).map((owner) => ({ owner, name }))]
  }
}
