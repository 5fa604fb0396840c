import type { Engine } from '../engine/engine.ts'
import type { Blocks } from './blocks.ts'
import { fold, isName } from './names.ts'
import { Refusal, refuse } from './refusal.ts'
import type { Session } from './session.ts'

/** Names that one name may block. */
const MOST = 1_000

/** Blocks as they are made, kept and found again. */
export class Blocking {
  readonly #engine: Engine
  readonly #blocks: Blocks

  constructor(engine: Engine, blocks: Blocks) {
    this.#engine = engine
    this.#blocks = blocks
  }

  /** What is kept of a name's blocks and of those against it. Call it when the name counts as here. */
  async load(name: string): Promise<void> {
    for (const block of await this.#engine.blocksWith(name).catch(refuse)) {
      this.#blocks.block(block.owner, block.name, true)
    }
  }

  /** Refuses `name-invalid`, which one's own is here, `too-many-blocks` and `unavailable`; then nothing is blocked. */
  async block(session: Session, name: string): Promise<void> {
    if (!isName(name) || fold(name) === session.key) throw new Refusal('name-invalid')
    const known = this.#blocks.has(session.name, name)
    if (this.#blocks.count(session.name) >= MOST) throw new Refusal('too-many-blocks')
    const keep = session.registered || session.wire.keepsBlocks === true
    // At once, so that however many ask at the same time are counted.
    this.#blocks.block(session.name, name, keep)
    if (!keep) return
    try {
      await this.#engine.keepBlock(session.name, name)
    } catch (error) {
      if (!known) this.#blocks.unblock(session.name, name)
      refuse(error)
    }
  }

  /** False when the name was not blocked. Refuses `unavailable`. */
  async unblock({ name: owner }: Session, name: string): Promise<boolean> {
    if (this.#blocks.isKept(owner, name)) await this.#engine.dropBlock(owner, name).catch(refuse)
    return this.#blocks.unblock(owner, name)
  }

  /** A guest's name has become its own: what it blocks is kept from now on, or not, should that fail. */
  async adopt({ name: owner }: Session): Promise<void> {
    const kept = this.#blocks.list(owner).map(async (name) => {
      await this.#engine.keepBlock(owner, name)
      this.#blocks.block(owner, name, true)
    })
    await Promise.allSettled(kept)
  }

  /** A name is registered by somebody else than the guests who have used it: what they have blocked is not his. */
  async disown(owner: string): Promise<void> {
    const blocks = await this.#engine.blocksWith(owner)
    const own = blocks.filter((block) => block.owner === fold(owner))
    await Promise.allSettled(own.map(({ name }) => this.#engine.dropBlock(owner, name)))
    for (const name of this.#blocks.list(owner)) this.#blocks.unblock(owner, name)
  }
}
