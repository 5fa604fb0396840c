import type { Event } from '../engine/event.ts'
import { fold } from './names.ts'

/** A block: messages between the two nicknames are dropped, in both directions. */
export interface Pair {
  readonly owner: string
  readonly name: string
}

interface Block {
  /** The blocked nickname as the owner wrote it. */
  readonly name: string
  /** True if the owner has made it on this node. */
  here: boolean
  /** True if the engine keeps it. */
  kept: boolean
  /** Nodes that have reported it, with the time of the report in ms of `performance.now()`. */
  readonly told: Map<string, number>
}

/** The blocks of the users of this node, and those against them. Nicknames are compared folded. */
export class Blocks {
  /** By owner, then by blocked nickname. */
  readonly #blocked = new Map<string, Map<string, Block>>()
  /** Owners by blocked nickname. */
  readonly #blockedBy = new Map<string, Set<string>>()

  get empty(): boolean {
    return this.#blocked.size === 0
  }

  /** Adds a block that was made on this node. `kept` is true if the engine keeps it, or is about to. */
  block(owner: string, name: string, kept = false): void {
    const block = this.#blockOf(owner, name)
    block.here = true
    block.kept ||= kept
  }

  /** Removes a block that was made on this node or is kept. Returns false when there is none. */
  unblock(owner: string, name: string): boolean {
    const block = this.#find(owner, name)
    if (!block?.here && !block?.kept) return false
    block.here = false
    block.kept = false
    this.#tidy(owner, name)
    return true
  }

  /** Adds a block that the engine keeps. */
  learn({ owner, name }: Pair): void {
    this.#blockOf(owner, name).kept = true
  }

  /** Replaces the kept blocks of a nickname and against it by those that the engine has. */
  keep(name: string, pairs: readonly Pair[]): void {
    for (const { owner, name: blocked } of this.#with(name)) {
      const block = this.#find(owner, blocked)
      if (!block?.kept) continue
      block.kept = false
      // Kept blocks do not depend on the node that made them.
      block.here = false
      this.#tidy(owner, blocked)
    }
    for (const pair of pairs) this.learn(pair)
  }

  /** Replaces the blocks that another node has reported, of one owner or of all. */
  hear(node: string, owner: string | undefined, pairs: readonly Pair[]): void {
    const before = owner === undefined ? this.#all() : this.#of(owner)
    for (const pair of before) {
      if (this.#find(pair.owner, pair.name)?.told.delete(node)) this.#tidy(pair.owner, pair.name)
    }
    for (const pair of pairs) this.hearOne(node, pair, true)
  }

  /** Adds or removes a block that another node has reported. */
  hearOne(node: string, pair: Pair, blocked: boolean): void {
    if (blocked) this.#blockOf(pair.owner, pair.name).told.set(node, performance.now())
    else if (this.#find(pair.owner, pair.name)?.told.delete(node)) this.#tidy(pair.owner, pair.name)
  }

  /** Removes reports of an owner's blocks that are older than a time in ms of `performance.now()`. */
  outdate(owner: string, before: number): void {
    for (const { name } of this.#of(owner)) {
      const told = this.#find(owner, name)?.told
      for (const [node, at] of told ?? []) if (at < before) told?.delete(node)
      this.#tidy(owner, name)
    }
  }

  /** The blocks that were made on this node and are not kept, of one owner or of all. */
  passing(owner?: string): Pair[] {
    const pairs = owner === undefined ? this.#all() : this.#of(owner)
    return pairs.filter(({ owner, name }) => this.isPassing(owner, name))
  }

  /** Returns true if a block was made on this node and is not kept. */
  isPassing(owner: string, name: string): boolean {
    const block = this.#find(owner, name)
    return block?.here === true && !block.kept
  }

  /** The folded nicknames that have blocked a nickname. */
  against(name: string): string[] {
    return [...(this.#blockedBy.get(fold(name)) ?? [])]
  }

  /** The nicknames that an owner has blocked, on this node or for good. */
  list(owner: string): string[] {
    const own = [...(this.#blocked.get(fold(owner))?.values() ?? [])]
    return own.flatMap(({ name, here, kept }) => (here || kept ? [name] : []))
  }

  /** Number of nicknames that an owner has blocked, on any node. */
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
   * Removes what the last session of a nickname leaves behind: its blocks that are not kept, and what is known of blocks between it
   * and nicknames that are not on this node either.
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

  /** Returns true if one of two nicknames has blocked the other. */
  between(one: string, other: string): boolean {
    if (this.empty) return false
    const [a, b] = [fold(one), fold(other)]
    return Boolean(this.#blocked.get(a)?.has(b) || this.#blocked.get(b)?.has(a))
  }

  /** Returns true for a message that a block keeps from a reader. Presence is always shown (docs/protocols/README.md, section 2). */
  hides({ kind, from }: Pick<Event, 'kind' | 'from'>, reader: string): boolean {
    return kind === 'message' && this.between(from, reader)
  }

  /** The events without those that a block keeps from a reader. */
  allowed(events: readonly Event[], reader: string): readonly Event[] {
    if (this.empty) return events
    return events.filter((event) => !this.hides(event, reader))
  }

  /** The folded nicknames between which and this one messages are dropped. */
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

  /** Removes a block that was neither made here nor kept nor reported. */
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

  /** The blocks of a nickname and those against it. */
  #with(name: string): Pair[] {
    return [...this.#of(name), ...this.against(name).map((owner) => ({ owner, name }))]
  }
}
