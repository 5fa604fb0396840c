import { randomUUID } from 'node:crypto'
import type { Engine } from '../engine/engine.ts'
import { inSlices } from '../slices.ts'
import type { Blocks, Pair } from './blocks.ts'
import { fold, isName } from './names.ts'
import type { Presence } from './presence.ts'
import { Refusal, refuse } from './refusal.ts'
import type { Session } from './session.ts'

/** Names that one name may block. */
const MOST = 1_000
/** Blocks of a name that are kept or dropped at the same time. */
const SLICE = 32
/** How long a block of somebody who has logged in anew stands before the node that told of it has told it again, in ms; */
const DOUBT_MS = 1_000
/** and how long a node gathers those who ask it for all of its blocks. */
const GATHER_MS = 100

/** The nicknames that are logged in on this node, folded. */
type LoggedIn = Pick<Presence, 'has' | 'keys'>

const SUBJECT = 'blocks'
const NOBODY = { owner: '', blocks: [] } as const

/** What nodes tell one another. */
type Told =
  /** All that passes with somebody's sessions: of one owner, or of everybody on that node. */
  | { readonly node: string; readonly owner?: string | undefined; readonly blocks: readonly Pair[] }
  /** Some of what passes with sessions on that node. Earlier versions of roomd read it as nothing, of the owner with no name. */
  | ({ readonly node: string; readonly pairs: readonly Pair[]; readonly blocked: boolean } & typeof NOBODY)
  /** What is kept of a name and another one has changed: whether it is blocked now. */
  | { readonly kept: Pair; readonly blocked: boolean }
  /** A name has come, or a node that may have missed anything: what passes with its sessions, or against it, is to be told. */
  | { readonly ask: string | null }

/** Blocks as they are made, kept and found again, and known on every node that has one of the two. */
export class Blocking {
  readonly #engine: Engine
  readonly #blocks: Blocks
  readonly #here: LoggedIn
  /** Names this node to the others. */
  readonly #node = randomUUID()
  #telling: NodeJS.Timeout | undefined

  constructor(engine: Engine, blocks: Blocks, here: LoggedIn) {
    this.#engine = engine
    this.#blocks = blocks
    this.#here = here
    // Only the methods below write what is heard.
    engine.heedSignals(SUBJECT, (text) => (text === undefined ? this.#catchUp() : this.#heed(JSON.parse(text) as Told)))
  }

  /** What there is of a name's blocks and of those against it. Call it when the name counts as here. */
  async load(name: string): Promise<void> {
    this.#tell({ ask: name })
    this.#doubt(name)
    await this.#read(name).catch(refuse)
  }

  /** The last session of a name has ended here. */
  forget(key: string): void {
    const passing = this.#blocks.passing(key).length > 0
    this.#blocks.forget(key, (other) => this.#here.has(other))
    if (passing) this.#tellPassing(key)
  }

  /** Refuses `name-invalid`, which one's own is here, `too-many-blocks` and `unavailable`; then nothing is blocked. */
  async block(session: Session, name: string): Promise<void> {
    const owner = session.name
    if (!isName(name) || fold(name) === session.key) throw new Refusal('name-invalid')
    const known = this.#blocks.blockedAs(owner, name) !== undefined
    if (!known && this.#blocks.count(owner) >= MOST) throw new Refusal('too-many-blocks')
    const keep = session.registered || session.wire.keepsBlocks === true
    // At once, so that however many ask at the same time are counted.
    this.#blocks.block(owner, name, keep)
    if (!keep) return this.#tellPairs([{ owner, name }], true)
    try {
      await this.#engine.keepBlock(owner, name)
    } catch (error) {
      if (!known) this.#blocks.unblock(owner, name)
      refuse(error)
    }
    // What was read in the meantime may not have held it yet.
    if (!session.closed) this.#blocks.block(owner, name, true)
    this.#tellKept(owner, name, true)
  }

  /** False when the name was not blocked. Refuses `unavailable`. */
  async unblock({ name: owner }: Session, name: string): Promise<boolean> {
    const kept = this.#blocks.isKept(owner, name)
    if (kept) await this.#engine.dropBlock(owner, name).catch(refuse)
    const blocked = this.#blocks.unblock(owner, name)
    if (kept) this.#tellKept(owner, name, false)
    else if (blocked) this.#tellPairs([{ owner, name }], false)
    return blocked
  }

  /** A guest's name has become its own: what it blocks is kept from now on, or not, should that fail. */
  async adopt({ name: owner }: Session): Promise<void> {
    const names = this.#blocks.list(owner)
    const keep = async (name: string) => {
      await this.#engine.keepBlock(owner, name)
      if (this.#here.has(fold(owner))) this.#blocks.block(owner, name, true)
      this.#tellKept(owner, name, true)
    }
    await inSlices(names, SLICE, (name) => keep(name).catch(() => {}))
    if (names.length > 0) this.#tellPassing(owner)
  }

  /** A name is registered by somebody else than the guests who have used it: what they have blocked is not his. */
  async disown(owner: string): Promise<void> {
    const blocks = await this.#engine.blocksWith(owner)
    const own = blocks.filter((block) => block.owner === fold(owner))
    await inSlices(own, SLICE, ({ name }) => this.#engine.dropBlock(owner, name).catch(() => {}))
    for (const name of this.#blocks.list(owner)) this.#blocks.unblock(owner, name)
    for (const { name } of own) this.#tellKept(owner, name, false)
    this.#tellPassing(owner)
  }

  async #read(name: string): Promise<void> {
    const pairs = await this.#engine.blocksWith(name)
    if (this.#here.has(fold(name))) this.#blocks.keep(name, pairs)
  }

  #tell(what: Told): void {
    this.#engine.signal(SUBJECT, JSON.stringify(what))
  }

  #tellKept(owner: string, name: string, blocked: boolean): void {
    this.#tell({ kept: { owner, name }, blocked })
  }

  /** A message for all of an owner's blocks at each change would make many blocks cost the square of their number. */
  #tellPairs(pairs: readonly Pair[], blocked: boolean): void {
    this.#tell({ node: this.#node, pairs, blocked, ...NOBODY })
  }

  /** Of one owner, or of everybody here. */
  #tellPassing(owner?: string): void {
    this.#tell({ node: this.#node, owner, blocks: this.#blocks.passing(owner) })
  }

  /** Others may have missed what was told here, too. */
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

  /** A guest of this name was somebody else, perhaps, on a node that has died since. */
  #doubt(owner: string): void {
    if (this.#blocks.empty) return
    const asked = performance.now()
    setTimeout(() => this.#blocks.outdate(owner, asked), DOUBT_MS).unref()
  }

  /** At once, as what is said behind it comes behind it; and then as it is, for what was being read at that moment. */
  #heedKept(pair: Pair, blocked: boolean): void {
    if (!this.#concerns(pair)) return
    if (blocked) this.#blocks.learn(pair)
    else this.#blocks.unblock(pair.owner, pair.name)
    for (const name of [pair.owner, pair.name]) if (this.#here.has(fold(name))) this.#read(name).catch(() => {})
  }

  /** Others' blocks among themselves are no matter here. */
  readonly #concerns = ({ owner, name }: Pair): boolean => this.#here.has(fold(owner)) || this.#here.has(fold(name))
}
