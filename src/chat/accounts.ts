import { randomBytes } from 'node:crypto'
import type { AccountRecord, Engine } from '../engine/engine.ts'
import type { Attempts } from './attempts.ts'
import { fold, isName, isReserved } from './names.ts'
import { Refusal } from './refusal.ts'
import { digestOf, HASHED_KEY, type Secrets } from './secrets.ts'
import { isLonger } from './text.ts'

/** Characters of a secret. */
const LONGEST = 128

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

/** Names with a secret: made, and shown to be one's own. One name space for all protocols (protocols/README.md, R3). */
export class Accounts {
  readonly #engine: Engine
  readonly #secrets: Secrets
  readonly #attempts: Attempts
  /** Folded names whose account is being made. */
  readonly #making = new Set<string>()

  constructor(engine: Engine, secrets: Secrets, attempts: Attempts) {
    this.#engine = engine
    this.#secrets = secrets
    this.#attempts = attempts
  }

  /** Whether only its owner may use a name, now or in a moment. */
  async holds(name: string): Promise<boolean> {
    return this.#making.has(fold(name)) || (await this.#engine.findAccount(name)) !== undefined
  }

  /**
   * Makes an account. Somebody who is in a room under the name, other than in `ownRoom`, keeps it from being made. Refuses
   * `name-invalid`, `name-reserved`, `name-taken`, `name-in-use`, `secret-invalid` and `unavailable`.
   */
  async create(name: string, secret: string, address: string, ownRoom?: number): Promise<void> {
    checkName(name)
    checkSecret(secret)
    await this.#create(name, () => this.#secrets.hash(secret, address), ownRoom)
  }

  /**
   * Makes an account and the key to it: 64 hexadecimal digits that nobody guesses, which also are its secret. Refuses
   * `name-invalid`, `name-reserved`, `name-taken`, `name-in-use` and `unavailable`.
   */
  async createWithKey(name: string): Promise<string> {
    checkName(name)
    const key = randomBytes(32).toString('hex')
    await this.#create(name, async () => {
      // Before the account: what points to none, or to one with another key, opens nothing.
      await this.#engine.remember(`key:${digestOf(key)}`, name)
      return hashOf(key)
    })
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

  async #create(name: string, makeHash: () => Promise<string>, ownRoom?: number): Promise<void> {
    const key = fold(name)
    if (this.#making.has(key)) throw new Refusal('name-taken')
    // From here on no guest enters a room under this name, so whoever is not there yet will not come while it is made.
    this.#making.add(key)
    try {
      // Asked before hashing, which is what costs.
      if (await this.#engine.findAccount(name)) throw new Refusal('name-taken')
      const held = await this.#engine.heldIn(name)
      if (held.some((room) => room !== ownRoom)) throw new Refusal('name-in-use')
      const hash = await makeHash()
      if (!(await this.#engine.createAccount(name, hash))) throw new Refusal('name-taken')
    } finally {
      this.#making.delete(key)
    }
  }

  /**
   * Checks a secret. Refuses `name-unknown`, which costs as much time as `secret-wrong`; `too-many-attempts`, without a
   * check; and `unavailable`, which is no attempt.
   */
  async prove(name: string, secret: string, address: string): Promise<Proof> {
    // No account has it, and it may be long: not to be remembered.
    if (!isName(name)) throw new Refusal('name-unknown')
    const end = await this.#attempts.begin([`name:${fold(name)}`, `address:${address}`])
    if (!end) throw new Refusal('too-many-attempts')
    let failed = false
    try {
      const account = await this.#engine.findAccount(name)
      const right = await this.#secrets.verify(secret, account?.hash, address)
      failed = !right
      if (!account) throw new Refusal('name-unknown')
      if (!right) throw new Refusal('secret-wrong')
      return new Proof(account.name, account.hash)
    } finally {
      end(failed)
    }
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
