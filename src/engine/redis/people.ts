import { type AccountRecord, type BlockRecord, Unavailable } from '../engine.ts'
import { fold } from '../fold.ts'
import { skeletonsOf } from '../skeleton.ts'
import type { Keys } from './keys.ts'
import type { Link } from './link.ts'

/** Accounts, and names seen, that are remembered here. */
const REMEMBERED = 10_000
/** Accounts of a page, roughly. */
const PAGE = 1_000

/** What Redis holds of names: accounts, their blocks, and who was ever seen. */
export class People {
  readonly #keys: Keys
  readonly #link: Link
  readonly #node: () => string
  /**
   * By folded name. Every node is told of an account that is changed or removed, so what was found once is right until then, as
   * long as Redis loses nothing. That there is none is asked each time: it may have been made a moment ago, and it is one small
   * question.
   */
  readonly #accounts = new Map<string, AccountRecord>()
  /** Counts what was told: what was asked before that may come in later. */
  #changes = 0
  readonly #seen = new Map<string, true>()

  constructor(keys: Keys, link: Link, node: () => string) {
    this.#keys = keys
    this.#link = link
    this.#node = node
  }

  /** The connection is gone, and perhaps what Redis knew. */
  down(): void {
    this.#accounts.clear()
    this.#seen.clear()
  }

  async createAccount(name: string, hash: string): Promise<boolean> {
    const keys = [this.#keys.accounts, ...this.#keys.names, ...this.#keys.skeletons]
    const account: AccountRecord = { name, hash, createdAt: Date.now() }
    const args = [fold(name), JSON.stringify(account), name, ...skeletonsOf(name)]
    return (await this.#link.eval('account', keys, args)) === 1
  }

  async hasAccountLike(name: string): Promise<boolean> {
    const [skeletons] = this.#keys.skeletons
    // The reply to HMGET.
    const found = (await this.#link.call(skeletons, 'HMGET', ...skeletonsOf(name))) as readonly (string | null)[]
    return found.some((account) => account !== null)
  }

  /** Makes the skeletons of accounts that have none: an earlier version of roomd, or a migration, has made them. */
  async completeSkeletons(): Promise<void> {
    const [skeletons, count] = this.#keys.skeletons
    const accounts = () => this.#link.call(this.#keys.accounts, 'HLEN')
    if (Number(await this.#link.call(count, 'GET')) === Number(await accounts())) return
    for await (const page of this.accounts()) {
      const fields = page.flatMap(({ name }) => skeletonsOf(name).flatMap((skeleton) => [skeleton, fold(name)]))
      await this.#link.call(skeletons, 'HSET', ...fields)
    }
    await this.#link.call(count, 'SET', String(await accounts()))
  }

  async findAccount(name: string): Promise<AccountRecord | undefined> {
    const key = fold(name)
    const known = this.#accounts.get(key)
    if (known) {
      if (!this.#link.port) throw new Unavailable('Redis is away')
      return known
    }
    const { port } = this.#link
    const changes = this.#changes
    const kept = await this.#link.call(this.#keys.accounts, 'HGET', key)
    if (typeof kept !== 'string') return undefined
    const account: AccountRecord = JSON.parse(kept)
    if (port === this.#link.port && changes === this.#changes) keep(this.#accounts, key, account)
    return account
  }

  async *accounts(): AsyncGenerator<readonly AccountRecord[]> {
    for (let cursor = '0'; ; ) {
      // The reply to HSCAN: the cursor, then names and accounts by turns. It may hold one more than once.
      const reply = await this.#link.call(this.#keys.accounts, 'HSCAN', cursor, 'COUNT', String(PAGE))
      const [next, found] = reply as readonly [string, readonly string[]]
      const page = found.filter((_, place) => place % 2 === 1).map((account): AccountRecord => JSON.parse(account))
      if (page.length > 0) yield page
      if (next === '0') return
      cursor = next
    }
  }

  changeAccount(name: string, hash: string): Promise<AccountRecord | undefined> {
    return this.#change(name, [hash])
  }

  async removeAccount(name: string): Promise<AccountRecord | undefined> {
    const account = await this.findAccount(name)
    const removed = account && (await this.#change(name, ['', ...skeletonsOf(account.name)]))
    // An account that looks like the removed one, as earlier versions have made some, gets its own; at the next start if not now.
    if (removed) await this.completeSkeletons().catch(() => {})
    return removed
  }

  async #change(name: string, change: readonly string[]): Promise<AccountRecord | undefined> {
    const key = fold(name)
    const keys = [this.#keys.accounts, ...this.#keys.skeletons]
    const was = await this.#link.eval('change-account', keys, [this.#node(), this.#keys.control, key, ...change])
    this.forget(key)
    return was === null ? undefined : JSON.parse(was)
  }

  /** A node has changed an account, or removed it. */
  forget(key: string): void {
    this.#changes++
    this.#accounts.delete(key)
  }

  /** Somebody joins a room. */
  async see(name: string): Promise<void> {
    const key = fold(name)
    if (this.#seen.has(key)) return
    const { port } = this.#link
    await this.#link.eval('see', this.#keys.names, [key, name])
    if (port === this.#link.port) keep(this.#seen, key, true)
  }

  async findName(name: string): Promise<string | undefined> {
    const found = await this.#link.call(this.#keys.names[0], 'HGET', fold(name))
    return typeof found === 'string' ? found : undefined
  }

  async names(limit: number, skip = 0): Promise<readonly string[]> {
    return limit < 1 ? [] : this.#link.eval('names', this.#keys.names, [String(skip), String(skip + limit - 1)])
  }

  async keepBlock(owner: string, name: string): Promise<void> {
    await this.#link.eval('block', [this.#keys.blockCount], [...this.#keys.blocks, fold(owner), fold(name), name])
  }

  async dropBlock(owner: string, name: string): Promise<void> {
    await this.#link.eval('unblock', [this.#keys.blockCount], [...this.#keys.blocks, fold(owner), fold(name)])
  }

  async blocksWith(name: string): Promise<readonly BlockRecord[]> {
    const found = await this.#link.eval('blocks', [this.#keys.blockCount], [...this.#keys.blocks, fold(name)])
    const blocks = found.map(([owner, block]) => {
      const space = block.indexOf(' ')
      return { place: Number(block.slice(0, space)), owner, name: block.slice(space + 1) }
    })
    return blocks.sort((a, b) => a.place - b.place).map(({ owner, name: blocked }) => ({ owner, name: blocked }))
  }
}

/** Remembers something, and of too much forgets the oldest. */
function keep<V>(map: Map<string, V>, key: string, value: V): void {
  if (map.size >= REMEMBERED) for (const oldest of map.keys()) if (map.delete(oldest)) break
  map.set(key, value)
}
