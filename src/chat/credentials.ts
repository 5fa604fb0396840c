import { randomBytes } from 'node:crypto'
import type { AccountRecord, Engine } from '../engine/engine.ts'
import { skeletonsOf } from '../engine/skeleton.ts'
import type { Guesses } from './guesses.ts'
import { fold, isName, isReserved, mayBeAccount } from './names.ts'
import { Refusal } from './refusal.ts'
import { digestOf, HASHED_KEY, type Secrets } from './secrets.ts'
import { isLonger } from './text.ts'

/** Characters of a secret. */
const LONGEST = 128

const NONE: ReadonlySet<number> = new Set()

/** That somebody has shown the secret of an account, or a ticket for it. Only what checks these makes one. */
export class Proof {
  /** As registered. */
  readonly name: string
  /** Of the secret that was shown; undefined for a ticket. */
  readonly hash: string | undefined

  constructor(name: string, hash?: string) {
    this.name = name
    this.hash = hash
  }
}

/** Accounts and the secrets that prove them. One name space for all protocols (docs/protocols/README.md, R3). */
export class Credentials {
  readonly #engine: Engine
  readonly #secrets: Secrets
  readonly #guesses: Guesses
  /** The skeletons of names whose account is being made, by folded name. */
  readonly #making = new Map<string, readonly string[]>()

  constructor(engine: Engine, secrets: Secrets, guesses: Guesses) {
    this.#engine = engine
    this.#secrets = secrets
    this.#guesses = guesses
  }

  /** Whether only its owner may use a name, now or in a moment. */
  async holds(name: string): Promise<boolean> {
    return this.#making.has(fold(name)) || (await this.#engine.findAccount(name)) !== undefined
  }

  /** Whether a name looks like that of an account (moderation.md, 1), now or in a moment. */
  async resembles(name: string): Promise<boolean> {
    return this.#isMakingLike(name) || this.#engine.hasAccountLike(name)
  }

  #isMakingLike(name: string): boolean {
    if (this.#making.size === 0) return false
    const skeletons = skeletonsOf(name)
    return [...this.#making.values()].some((made) => made.some((skeleton) => skeletons.includes(skeleton)))
  }

  /**
   * Makes an account. Somebody who is in a room under the name, other than in `ownRooms`, keeps it from being made. Refuses
   * `name-invalid`, `name-reserved`, `name-taken`, `name-in-use`, `secret-invalid` and `unavailable`.
   */
  async create(name: string, secret: string, address: string, ownRooms: ReadonlySet<number>): Promise<void> {
    checkName(name)
    checkSecret(secret)
    await this.#create(name, () => this.#secrets.hash(secret, address), ownRooms)
  }

  /**
   * Makes an account and the key to it: 64 hexadecimal digits that nobody guesses, which also are its secret. Refuses
   * `name-invalid`, `name-reserved`, `name-taken`, `name-in-use` and `unavailable`.
   */
  async createWithKey(name: string): Promise<string> {
    checkName(name)
    const key = randomBytes(32).toString('hex')
    await this.#create(
      name,
      async () => {
        // Before the account: what points to none, or to one with another key, opens nothing.
        await this.#engine.remember(`key:${digestOf(key)}`, name)
        return hashOf(key)
      },
      NONE,
    )
    return key
  }

  /** The account that a key opens. Refuses `secret-wrong` and `unavailable`. */
  async open(key: string): Promise<Proof> {
    const name = await this.#engine.recall(`key:${digestOf(key)}`)
    const account = name === undefined ? undefined : await this.#engine.findAccount(name)
    if (account?.hash !== hashOf(key)) throw new Refusal('secret-wrong')
    return new Proof(account.name, account.hash)
  }

  /** Whether the account is there still, and its secret the one that was shown. */
  async isGood({ name, hash }: Proof): Promise<boolean> {
    const account = await this.#engine.findAccount(name)
    return account !== undefined && (hash === undefined || hash === account.hash)
  }

  /** Gives an account another secret, which then is the only one. Refuses `name-unknown`, `secret-invalid` and `unavailable`. */
  async change(name: string, secret: string): Promise<AccountRecord> {
    checkSecret(secret)
    const hash = await this.#secrets.hash(secret, '')
    return this.#withoutKey(await this.#engine.changeAccount(name, hash))
  }

  /** Resolves with the account as it was. Refuses `name-unknown` and `unavailable`. */
  async remove(name: string): Promise<AccountRecord> {
    return this.#withoutKey(await this.#engine.removeAccount(name))
  }

  /** Forgets what led from its key to an account, if it had one. */
  async #withoutKey(account: AccountRecord | undefined): Promise<AccountRecord> {
    if (!account) throw new Refusal('name-unknown')
    const { hash } = account
    if (hash.startsWith(HASHED_KEY)) await this.#engine.forget(`key:${hash.slice(HASHED_KEY.length)}`)
    return account
  }

  async #create(name: string, makeHash: () => Promise<string>, ownRooms: ReadonlySet<number>): Promise<void> {
    const key = fold(name)
    if (this.#making.has(key)) throw new Refusal('name-taken')
    const alike = this.#isMakingLike(name)
    // From here on no guest enters a room under this name, so whoever is not there yet will not come while it is made.
    this.#making.set(key, skeletonsOf(name))
    try {
      // Asked before hashing, which is what costs.
      if (await this.#engine.findAccount(name)) throw new Refusal('name-taken')
      if (alike || (await this.#engine.hasAccountLike(name))) throw new Refusal('name-reserved')
      const held = await this.#engine.heldIn(name)
      if (held.some((room) => !ownRooms.has(room))) throw new Refusal('name-in-use')
      const hash = await makeHash()
      if (!(await this.#engine.createAccount(name, hash))) throw new Refusal('name-taken')
    } finally {
      this.#making.delete(key)
    }
  }

  /**
   * Checks a secret. Refuses `name-unknown`, which costs as much time as `secret-wrong`; `too-many-attempts`, without a
   * check; and `unavailable`, which is no attempt. Failures count for the address alone: counted for the name, wrong guesses
   * from elsewhere would keep its owner out. Guesses from many addresses are bounded by the checks that {@link Secrets} carries out
   * at once.
   */
  async prove(name: string, secret: string, address: string): Promise<Proof> {
    // No account has it, and it may be long: not to be remembered.
    if (!mayBeAccount(name)) throw new Refusal('name-unknown')
    this.#guesses.checkLimit(address)
    const account = await this.#engine.findAccount(name)
    const right = await this.#guesses.check({ subject: `name:${fold(name)}`, secret, stored: account?.hash, address })
    if (!account) throw new Refusal('name-unknown')
    if (!right) throw new Refusal('secret-wrong')
    return new Proof(account.name, account.hash)
  }
}

function checkName(name: string): void {
  if (!isName(name)) throw new Refusal('name-invalid')
  if (isReserved(name)) throw new Refusal('name-reserved')
}

function checkSecret(secret: string): void {
  if (secret === '' || isLonger(secret, LONGEST)) throw new Refusal('secret-invalid')
}

function hashOf(key: string): string {
  return `${HASHED_KEY}${digestOf(key)}`
}
