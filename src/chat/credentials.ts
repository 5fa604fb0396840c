import { randomBytes } from 'node:crypto'
import type { Engine } from '../engine/engine.ts'
import type { AccountRecord } from '../engine/records.ts'
import { skeletonsOf } from '../engine/skeleton.ts'
import type { Records } from '../engine/typed-records.ts'
import type { Guesses } from './guesses.ts'
import { fold, isName, isReserved, mayBeAccount } from './names.ts'
import { Refusal } from './refusal.ts'
import { digestOf, HASHED_KEY, type Secrets } from './secrets.ts'
import { isLonger } from './text.ts'
import type { TokenIdentity } from './token-scope.ts'

/** Minimum and maximum characters of a new secret; those of earlier versions may be shorter. */
const SHORTEST = 8
const LONGEST = 128
/** Time after which the nickname of a removed account is free, in ms. */
const RETIRED_MS = 30 * 86_400_000

const NONE: ReadonlySet<number> = new Set()

/** Proof that a client owns an account: it has shown the secret, a ticket or an access token. Made only where these are checked. */
export class Proof {
  /** The nickname as registered. */
  readonly name: string
  /** Hash of the secret that was shown; undefined for a ticket or token. */
  readonly hash: string | undefined
  /** The access token that was shown. */
  readonly token: TokenIdentity | undefined

  constructor(name: string, hash?: string, token?: TokenIdentity) {
    this.name = name
    this.hash = hash
    this.token = token
  }
}

/** Returns the id of an account; accounts of earlier versions are told apart by their time. */
export function accountId({ id, createdAt = 0 }: Pick<AccountRecord, 'id' | 'createdAt'>): string {
  return id ?? String(createdAt)
}

export interface AccountMarks {
  readonly admin?: boolean | undefined
  readonly bot?: boolean | undefined
}

/** Accounts and the secrets that prove them. One name space for all protocols (docs/protocols/README.md, R3). */
export class Credentials {
  readonly #engine: Engine
  readonly #records: Records
  readonly #secrets: Secrets
  readonly #guesses: Guesses
  /** The skeletons of names whose account is being made, by folded name. */
  readonly #making = new Map<string, readonly string[]>()

  constructor(engine: Engine, secrets: Secrets, guesses: Guesses) {
    this.#engine = engine
    this.#records = engine.records
    this.#secrets = secrets
    this.#guesses = guesses
  }

  /** Resolves with true if a nickname is an account's, or about to be. */
  async holds(name: string): Promise<boolean> {
    return this.#making.has(fold(name)) || (await this.#records.get('account', name)) !== undefined
  }

  /** Resolves with true if a nickname looks like that of an account, or of one that is being made (docs/protocols/moderation.md, section 1.1). */
  async resembles(name: string): Promise<boolean> {
    return this.#isMakingLike(name) || this.#isTaken(name)
  }

  /** Resolves with true if a nickname is, or looks like, that of an account whose owner has removed it, and is not free yet. */
  async isRetired(name: string): Promise<boolean> {
    const found = await Promise.all(skeletonsOf(name).map((skeleton) => this.#records.get('retired', skeleton)))
    return found.some((account) => account !== undefined)
  }

  /** Keeps the nickname of an account from everybody for 30 days. Resolves with their end, in ms since the epoch. */
  async retire(name: string): Promise<number> {
    const expiresAt = Date.now() + RETIRED_MS
    await Promise.all(skeletonsOf(name).map((skeleton) => this.#records.put('retired', skeleton, name, { expiresAt })))
    return expiresAt
  }

  #isTaken(name: string): Promise<boolean> {
    return this.#records.isTaken('account', skeletonsOf(name))
  }

  #isMakingLike(name: string): boolean {
    if (this.#making.size === 0) return false
    const skeletons = skeletonsOf(name)
    return [...this.#making.values()].some((made) => made.some((skeleton) => skeletons.includes(skeleton)))
  }

  /**
   * Makes an account, unless the nickname is held in a room other than `ownRooms`.
   *
   * @param word see {@link Session.wordDigest}
   * @throws Refusal `name-invalid`, `name-reserved`, `name-taken`, `name-in-use`, `secret-invalid`, `unavailable`.
   */
  async create(
    name: string,
    secret: string,
    address: string,
    ownRooms: ReadonlySet<number>,
    word: string | undefined,
  ): Promise<void> {
    checkName(name)
    checkSecret(secret)
    await this.#create(name, () => this.#secrets.hash(secret, address), ownRooms, word)
  }

  /**
   * Makes an account and the key to it, 64 random hexadecimal digits, which is also its secret.
   *
   * @throws Refusal `name-invalid`, `name-reserved`, `name-taken`, `name-in-use`, `unavailable`.
   */
  async createWithKey(name: string): Promise<string> {
    checkName(name)
    const key = randomBytes(32).toString('hex')
    await this.#create(
      name,
      async () => {
        // Before the account: what points to none, or to one with another key, opens nothing.
        await this.#records.put('key', digestOf(key), name)
        return hashOf(key)
      },
      NONE,
    )
    return key
  }

  /** Finds the account that a key opens. @throws Refusal `secret-wrong`, `unavailable`. */
  async open(key: string): Promise<Proof> {
    const name = await this.#records.get('key', digestOf(key))
    const account = name === undefined ? undefined : await this.#records.get('account', name)
    if (account?.hash !== hashOf(key)) throw new Refusal('secret-wrong')
    return new Proof(account.name, account.hash)
  }

  /** Resolves with the account, if it still exists with the secret that was shown. */
  async accountOf({ name, hash, token }: Proof): Promise<AccountRecord | undefined> {
    const account = await this.#records.get('account', name)
    if (token) return account && accountId(account) === token.accountId ? account : undefined
    return hash === undefined || hash === account?.hash ? account : undefined
  }

  find(name: string): Promise<AccountRecord | undefined> {
    return this.#records.get('account', name)
  }

  /** Replaces the secret of an account, for a client at an address. @throws Refusal `name-unknown`, `secret-invalid`, `unavailable`. */
  async change(name: string, secret: string, address: string): Promise<AccountRecord> {
    checkSecret(secret)
    const hash = await this.#secrets.hash(secret, address)
    return this.#withoutKey(await this.#records.change('account', name, (account) => ({ ...account, hash })))
  }

  /** Marks an account as an admin's or as a program's; undefined leaves a mark. @throws Refusal `name-unknown`, `unavailable`. */
  async mark(name: string, { admin, bot }: AccountMarks): Promise<AccountRecord> {
    const marked = await this.#records.change('account', name, (account) => {
      const { admin: isAdmin, bot: isBot, ...rest } = account
      return { ...rest, ...((admin ?? isAdmin) && { admin: true }), ...((bot ?? isBot) && { bot: true }) }
    })
    if (!marked) throw new Refusal('name-unknown')
    return marked
  }

  /** Resolves with the account as it was. @throws Refusal `name-unknown`, `unavailable`. */
  async remove(name: string): Promise<AccountRecord> {
    return this.#withoutKey(await this.#records.delete('account', name))
  }

  /** Forgets the key of an account that had one. */
  async #withoutKey(account: AccountRecord | undefined): Promise<AccountRecord> {
    if (!account) throw new Refusal('name-unknown')
    const { hash } = account
    if (hash.startsWith(HASHED_KEY)) await this.#records.delete('key', hash.slice(HASHED_KEY.length))
    return account
  }

  async #create(
    name: string,
    makeHash: () => Promise<string>,
    ownRooms: ReadonlySet<number>,
    word?: string,
  ): Promise<void> {
    const key = fold(name)
    if (this.#making.has(key)) throw new Refusal('name-taken')
    const alike = this.#isMakingLike(name)
    // From here on no guest enters a room under this name, so whoever is not there yet will not come while it is made.
    this.#making.set(key, skeletonsOf(name))
    try {
      // Asked before hashing, which is what costs.
      if (await this.#records.get('account', name)) throw new Refusal('name-taken')
      if (alike || (await this.#isTaken(name)) || (await this.isRetired(name))) throw new Refusal('name-reserved')
      const held = await this.#engine.memberships.heldIn(name)
      if (held.some((room) => !ownRooms.has(room))) throw new Refusal('name-in-use')
      const hash = await makeHash()
      const id = randomBytes(9).toString('base64url')
      const account = { name, hash, createdAt: Date.now(), id, ...(word !== undefined && { word }) }
      if (!(await this.#records.insert('account', name, account))) throw new Refusal('name-taken')
      // The account is there; where this fails the name is seen when it joins a room.
      await this.#records.put('name', name, name).catch(() => {})
    } finally {
      this.#making.delete(key)
    }
  }

  /**
   * Checks a secret. Failures count for the address alone: counted for the nickname, wrong guesses from elsewhere would keep its owner
   * out. Guesses from many addresses are bounded by the number of concurrent checks of {@link Secrets}.
   *
   * @throws Refusal `name-unknown`, which takes as long as `secret-wrong`; `too-many-attempts`, without a check; `unavailable`, which
   * is no attempt.
   */
  async prove(name: string, secret: string, address: string): Promise<Proof> {
    // The name may be long: one that no account can have is not looked up.
    if (!mayBeAccount(name)) throw new Refusal('name-unknown')
    this.#guesses.checkLimit(address)
    const account = await this.#records.get('account', name)
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

/** @throws Refusal `secret-invalid` for what cannot be a new secret. */
export function checkSecret(secret: string): void {
  if (!isLonger(secret, SHORTEST - 1) || isLonger(secret, LONGEST)) throw new Refusal('secret-invalid')
}

function hashOf(key: string): string {
  return `${HASHED_KEY}${digestOf(key)}`
}
