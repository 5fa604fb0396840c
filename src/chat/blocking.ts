import { randomUUID } from 'node:crypto'
import type { Engine } from '../engine/engine.ts'
import { type BlockRecord, blockKey } from '../engine/records.ts'
import { inSlices } from '../slices.ts'
import type { Blocks, Pair } from './blocks.ts'
import { fold, isName } from './names.ts'
import type { Presence } from './presence.ts'
import { Refusal, refuse } from './refusal.ts'
import type { Session } from './session.ts'

/** Maximum number of nicknames that one user may block. */
const MOST = 1_000
/** Number of blocks that are kept or dropped at the same time. */
const SLICE = 32
/** Time in which a node has to repeat a reported block after a login of its owner, in ms. */
const DOUBT_MS = 1_000
/** Time in which requests for all blocks of a node are answered together, in ms. */
const GATHER_MS = 100

/** The nicknames that are logged in on this node, folded. */
type LoggedIn = Pick<Presence, 'has' | 'keys'>

const SUBJECT = 'blocks'
const NOBODY = { owner: '', blocks: [] } as const

/** Signals between nodes. */
type Told =
  /** All blocks that end with the owner's sessions, of one owner or of all of the node. */
  | { readonly node: string; readonly owner?: string | undefined; readonly blocks: readonly Pair[] }
  /** Some of these. Earlier versions of roomd read it as an empty list of an owner without a name. */
  | ({ readonly node: string; readonly pairs: readonly Pair[]; readonly blocked: boolean } & typeof NOBODY)
  /** A kept block was made or removed. */
  | { readonly kept: Pair; readonly blocked: boolean }
  /** A request for the blocks of a nickname that has logged in, or for all, from a node that may have missed some. */
  | { readonly ask: string | null }

/** Makes, keeps and loads blocks, and reports them to the nodes that have one of the two users. */
export class Blocking {
  readonly #engine: Engine
  readonly #blocks: Blocks
  readonly #here: LoggedIn
  /** Name of this node in broadcasts. */
  readonly #node = randomUUID()
  #telling: NodeJS.Timeout | undefined

  constructor(engine: Engine, blocks: Blocks, here: LoggedIn) {
    this.#engine = engine
    this.#blocks = blocks
    this.#here = here
    // Only this class writes what is received.
    engine.broadcast.onBroadcast(SUBJECT, (text) =>
      text === undefined ? this.#catchUp() : this.#heed(JSON.parse(text) as Told),
    )
  }

  /** Loads the blocks of a nickname and those against it. To be called when {@link Presence} has it. */
  async load(name: string): Promise<void> {
    this.#tell({ ask: name })
    this.#doubt(name)
    await this.#read(name).catch(refuse)
  }

  /**
   * Resolves with a function that returns true for nicknames between which and a user, who need not be on this node, messages are dropped;
   * undefined without any block.
   *
   * @throws Refusal `unavailable`.
   */
  async blockedFrom(name: string): Promise<((other: string) => boolean) | undefined> {
    const key = fold(name)
    const kept = await this.#kept(name).catch(refuse)
    if (kept.length === 0 && this.#blocks.apartFrom(name).next().done) return undefined
    const others = new Set(kept.map((block) => (block.owner === key ? fold(block.name) : block.owner)))
    return (other) => this.#blocks.between(name, other) || (others.size > 0 && others.has(fold(other)))
  }

  /** The last session of a name has ended here. */
  forget(key: string): void {
    const passing = this.#blocks.passing(key).length > 0
    this.#blocks.forget(key, (other) => this.#here.has(other))
    if (passing) this.#tellPassing(key)
  }

  /**
   * Blocks a nickname for a session. When it refuses, nothing is blocked.
   *
   * @throws Refusal `name-invalid`, also for the session's own nickname; `too-many-blocks`, `unavailable`.
   */
  async block(session: Session, name: string): Promise<void> {
    const owner = session.name
    if (!isName(name) || fold(name) === session.key) throw new Refusal('name-invalid')
    const known = this.#blocks.blockedAs(owner, name) !== undefined
    if (!known && this.#blocks.count(owner) >= MOST) throw new Refusal('too-many-blocks')
    const keep = session.registered || session.wire.keepsBlocks === true
    // At once, so that concurrent requests are counted.
    this.#blocks.block(owner, name, keep)
    if (!keep) return this.#tellPairs([{ owner, name }], true)
    try {
      await this.#keep(owner, name)
    } catch (error) {
      if (!known) this.#blocks.unblock(owner, name)
      refuse(error)
    }
    // A concurrent load may have replaced it.
    if (!session.closed) this.#blocks.block(owner, name, true)
    this.#tellKept(owner, name, true)
  }

  /** Resolves with false when the nickname was not blocked. @throws Refusal `unavailable`. */
  async unblock({ name: owner }: Session, name: string): Promise<boolean> {
    const kept = this.#blocks.isKept(owner, name)
    if (kept) await this.#drop(owner, name).catch(refuse)
    const blocked = this.#blocks.unblock(owner, name)
    if (kept) this.#tellKept(owner, name, false)
    else if (blocked) this.#tellPairs([{ owner, name }], false)
    return blocked
  }

  /** Keeps the blocks of a guest that has registered its nickname; where that fails they end with the session. */
  async adopt({ name: owner }: Session): Promise<void> {
    const names = this.#blocks.list(owner)
    const keep = async (name: string) => {
      await this.#keep(owner, name)
      if (this.#here.has(fold(owner))) this.#blocks.block(owner, name, true)
      this.#tellKept(owner, name, true)
    }
    await inSlices(names, SLICE, (name) => keep(name).catch(() => {}))
    if (names.length > 0) this.#tellPassing(owner)
  }

  /** Removes the blocks of a nickname that is registered by somebody else than the guests who have used it. */
  async disown(owner: string): Promise<void> {
    const own = (await this.#kept(owner)).filter((block) => block.owner === fold(owner))
    await inSlices(own, SLICE, ({ name }) => this.#drop(owner, name).catch(() => {}))
    for (const name of this.#blocks.list(owner)) this.#blocks.unblock(owner, name)
    for (const { name } of own) this.#tellKept(owner, name, false)
    this.#tellPassing(owner)
  }

  #keep(owner: string, name: string): Promise<void> {
    return this.#engine.records.put('block', blockKey(owner, name), { owner: fold(owner), name })
  }

  async #drop(owner: string, name: string): Promise<void> {
    await this.#engine.records.delete('block', blockKey(owner, name))
  }

  /** The kept blocks of a nickname and those against it. */
  async #kept(name: string): Promise<readonly BlockRecord[]> {
    return (await Array.fromAsync(this.#engine.records.listBy('block', 'parties', fold(name)))).flat()
  }

  async #read(name: string): Promise<void> {
    const pairs = await this.#kept(name)
    if (this.#here.has(fold(name))) this.#blocks.keep(name, pairs)
  }

  #tell(what: Told): void {
    this.#engine.broadcast.publish(SUBJECT, JSON.stringify(what))
  }

  #tellKept(owner: string, name: string, blocked: boolean): void {
    this.#tell({ kept: { owner, name }, blocked })
  }

  /** Reports single blocks: all of an owner's at each change would cost the square of their number. */
  #tellPairs(pairs: readonly Pair[], blocked: boolean): void {
    this.#tell({ node: this.#node, pairs, blocked, ...NOBODY })
  }

  /** Reports all blocks that end with sessions, of one owner or of all. */
  #tellPassing(owner?: string): void {
    this.#tell({ node: this.#node, owner, blocks: this.#blocks.passing(owner) })
  }

  /** Called when broadcasts may have been missed, in both directions. */
  #catchUp(): void {
    this.#tellPassing()
    this.#tell({ ask: null })
    for (const key of this.#here.keys()) this.#read(key).catch(() => {})
  }

  #heed(what: Told): void {
    if ('ask' in what) this.#answer(what.ask)
    else if ('kept' in what) this.#heedKept(what.kept, what.blocked)
    else if ('pairs' in what)
      for (const pair of what.pairs.filter(this.#concerns)) this.#blocks.hearOne(what.node, pair, what.blocked)
    else this.#blocks.hear(what.node, what.owner, what.blocks.filter(this.#concerns))
  }

  #answer(name: string | null): void {
    if (name === null) {
      this.#telling ??= setTimeout(() => {
        this.#telling = undefined
        this.#tellPassing()
      }, GATHER_MS).unref()
      return
    }
    if (this.#blocks.passing(name).length > 0) this.#tellPassing(name)
    const owners = this.#blocks.against(name).filter((owner) => this.#blocks.isPassing(owner, name))
    if (owners.length > 0) {
      this.#tellPairs(
        owners.map((owner) => ({ owner, name })),
        true,
      )
    }
    this.#doubt(name)
  }

  /** Removes reports that are not repeated: they may be of another guest, on a node that has died since. */
  #doubt(owner: string): void {
    if (this.#blocks.empty) return
    const asked = performance.now()
    setTimeout(() => this.#blocks.outdate(owner, asked), DOUBT_MS).unref()
  }

  /** Applies a change at once, as messages follow it, and loads the blocks again, as a load may have been under way. */
  #heedKept(pair: Pair, blocked: boolean): void {
    if (!this.#concerns(pair)) return
    if (blocked) this.#blocks.learn(pair)
    else this.#blocks.unblock(pair.owner, pair.name)
    for (const name of [pair.owner, pair.name]) if (this.#here.has(fold(name))) this.#read(name).catch(() => {})
  }

  /** Returns true if one of the two users is on this node. */
  readonly #concerns = ({ owner, name }: Pair): boolean => this.#here.has(fold(owner)) || this.#here.has(fold(name))
}
