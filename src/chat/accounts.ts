import type { Engine } from '../engine/engine.ts'
import { Attempts } from './attempts.ts'
import { fold, isName, isReserved } from './names.ts'
import { Refusal } from './refusal.ts'
import { type Cost, Secrets } from './secrets.ts'
import { isLonger } from './text.ts'

/** Characters of a secret. */
const LONGEST = 128
/** Failed attempts a minute for a name and for an address. */
const LIMIT = { failures: 5, ms: 60_000 }

export interface AccountOptions {
  /** ms on a clock that is never set back. */
  readonly now?: () => number
  readonly cost?: Cost
}

/** That somebody has shown the secret of an account. Only {@link Accounts.prove} makes one. */
export class Proof {
  /** As registered. */
  readonly name: string

  constructor(name: string) {
    this.name = name
  }
}

/** Names with a secret: made, and shown to be one's own. One name space for all protocols (protocols/README.md, R3). */
export class Accounts {
  readonly #engine: Engine
  readonly #secrets: Secrets
  readonly #attempts: Attempts
  /** Folded names whose account is being made. */
  readonly #making = new Set<string>()

  constructor(engine: Engine, { now = () => performance.now(), cost }: AccountOptions) {
    this.#engine = engine
    this.#secrets = new Secrets(cost)
    this.#attempts = new Attempts(LIMIT, now)
  }

  /** Whether only its owner may use a name, now or in a moment. */
  async holds(name: string): Promise<boolean> {
    return this.#making.has(fold(name)) || (await this.#engine.findAccount(name)) !== undefined
  }

  /**
   * Makes an account. Somebody who is in a room under the name, other than in `ownRoom`, keeps it from being made. Refuses
   * `name-invalid`, `name-reserved`, `name-taken`, `secret-invalid` and `unavailable`.
   */
  async create(name: string, secret: string, ownRoom?: number): Promise<void> {
    if (!isName(name)) throw new Refusal('name-invalid')
    if (isReserved(name)) throw new Refusal('name-reserved')
    if (secret === '' || isLonger(secret, LONGEST)) throw new Refusal('secret-invalid')
    const key = fold(name)
    if (this.#making.has(key)) throw new Refusal('name-taken')
    // From here on no guest enters a room under this name, so whoever is not there yet will not come while it is made.
    this.#making.add(key)
    try {
      // Asked before hashing, which is what costs.
      if (await this.#engine.findAccount(name)) throw new Refusal('name-taken')
      const held = await this.#engine.heldIn(name)
      if (held.some((room) => room !== ownRoom)) throw new Refusal('name-taken')
      const hash = await this.#secrets.hash(secret)
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
    const forgive = this.#attempts.begin([`name:${fold(name)}`, `address:${address}`])
    if (!forgive) throw new Refusal('too-many-attempts')
    try {
      const account = await this.#engine.findAccount(name)
      const right = await this.#secrets.verify(secret, account?.hash)
      if (!account) throw new Refusal('name-unknown')
      if (!right) throw new Refusal('secret-wrong')
      forgive()
      return new Proof(account.name)
    } catch (error) {
      if (!(error instanceof Refusal) || error.reason === 'unavailable') forgive()
      throw error
    }
  }
}
