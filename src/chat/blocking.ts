import type { Engine } from '../engine/engine.ts'
import type { Blocks } from './blocks.ts'
import { fold, isName } from './names.ts'
import { Refusal, refuse } from './refusal.ts'
import type { Session } from './session.ts'

/** Names that one name may block. */
const MOST = 1_000

/** The names that are logged in on this node. */
export interface Presence {
  /** By folded name. */
  has(key: string): boolean
  keys(): Iterable<string>
}

const SUBJECT = 'blocks'
/**
 * What nodes tell one another: that somebody has blocked somebody, or no longer does; and that one has to know again what there
 * is about a name, or about all names.
 */
type Told =
  | { readonly owner: string; readonly name: string; readonly kept: boolean }
  | { readonly owner: string; readonly name: string; readonly over: true }
  | { readonly about: string | null }

/** Blocks as they are made, kept and found again, and known on every node that has one of the two. */
export class Blocking {
  readonly #engine: Engine
  readonly #blocks: Blocks
  readonly #here: Presence

  constructor(engine: Engine, blocks: Blocks, here: Presence) {
    this.#engine = engine
    this.#blocks = blocks
    this.#here = here
    engine.heedSignals(SUBJECT, (text) => {
      // Only the methods below write this.
      if (text !== undefined) return this.#heed(JSON.parse(text) as Told)
      this.#tell({ about: null })
      for (const key of here.keys()) this.#loadKept(key).catch(() => {})
    })
  }

  /** What there is of a name's blocks and of those against it. Call it when the name counts as here. */
  async load(name: string): Promise<void> {
    this.#tell({ about: name })
    await this.#loadKept(name).catch(refuse)
  }

  async #loadKept(name: string): Promise<void> {
    for (const block of await this.#engine.blocksWith(name)) this.#blocks.block(block.owner, block.name, true)
  }

  /** The last session of a name has ended here. */
  forget(key: string): void {
    const passing = this.#blocks.passing(key).some(({ owner }) => owner === key)
    this.#blocks.forget(key, (other) => this.#here.has(other))
    if (passing) this.#tell({ about: key })
  }

  /** Refuses `name-invalid`, which one's own is here, `too-many-blocks` and `unavailable`; then nothing is blocked. */
  async block(session: Session, name: string): Promise<void> {
    if (!isName(name) || fold(name) === session.key) throw new Refusal('name-invalid')
    const known = this.#blocks.has(session.name, name)
    if (this.#blocks.count(session.name) >= MOST) throw new Refusal('too-many-blocks')
    const keep = session.registered || session.wire.keepsBlocks === true
    // At once, so that however many ask at the same time are counted.
    this.#blocks.block(session.name, name, keep)
    try {
      if (keep) await this.#engine.keepBlock(session.name, name)
    } catch (error) {
      if (!known) this.#blocks.unblock(session.name, name)
      refuse(error)
    }
    this.#tell({ owner: session.name, name, kept: keep })
  }

  /** False when the name was not blocked. Refuses `unavailable`. */
  async unblock({ name: owner }: Session, name: string): Promise<boolean> {
    if (this.#blocks.isKept(owner, name)) await this.#engine.dropBlock(owner, name).catch(refuse)
    this.#tell({ owner, name, over: true })
    return this.#blocks.unblock(owner, name)
  }

  /** A guest's name has become its own: what it blocks is kept from now on, or not, should that fail. */
  async adopt({ name: owner }: Session): Promise<void> {
    const kept = this.#blocks.list(owner).map(async (name) => {
      await this.#engine.keepBlock(owner, name)
      this.#blocks.block(owner, name, true)
      this.#tell({ owner, name, kept: true })
    })
    await Promise.allSettled(kept)
  }

  /** A name is registered by somebody else than the guests who have used it: what they have blocked is not his. */
  async disown(owner: string): Promise<void> {
    const blocks = await this.#engine.blocksWith(owner)
    const own = blocks.filter((block) => block.owner === fold(owner))
    await Promise.allSettled(own.map(({ name }) => this.#engine.dropBlock(owner, name)))
    const names = new Set([...own.map(({ name }) => name), ...this.#blocks.list(owner)])
    for (const name of names) {
      this.#blocks.unblock(owner, name)
      this.#tell({ owner, name, over: true })
    }
  }

  #tell(what: Told): void {
    this.#engine.signal(SUBJECT, JSON.stringify(what))
  }

  #heed(what: Told): void {
    if ('about' in what) this.#answer(what.about)
    else if ('over' in what) this.#blocks.unblock(what.owner, what.name)
    else if (this.#here.has(fold(what.owner)) || this.#here.has(fold(what.name))) {
      this.#blocks.block(what.owner, what.name, what.kept)
    }
  }

  /** What is kept nowhere is told by the node that has its owner; where that has died, nobody does, and it is over. */
  #answer(about: string | null): void {
    for (const { owner, name } of this.#blocks.passing(about ?? undefined)) {
      if (this.#here.has(owner)) this.#tell({ owner, name, kept: false })
      else if (about !== null && owner === fold(about)) this.#blocks.unblock(owner, name)
    }
  }
}
