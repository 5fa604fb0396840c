import { randomInt } from 'node:crypto'
import type { Engine } from '../engine/engine.ts'
import { hasEnded } from '../engine/event.ts'
import type { AccountRecord, TokenRecord } from '../engine/records.ts'
import { auditEntry, type OnAudit } from './audit.ts'
import { accountId, type Credentials, Proof } from './credentials.ts'
import { fold, isSlug, mayBeSlug } from './names.ts'
import { Refusal, refuse } from './refusal.ts'
import { digestOf, SECRET_CHARACTERS } from './secrets.ts'
import type { Session } from './session.ts'
import type { Sessions } from './sessions.ts'
import { isFullScope, TOKEN_RIGHTS, type TokenRight, type TokenScope } from './token-scope.ts'

/** Random characters of a token. */
const LENGTH = 36
const PREFIX = 'rd_'
/** Form of a token; the store is not asked for anything else. */
const TOKEN = new RegExp(`^${PREFIX}[A-Za-z0-9]{${LENGTH}}$`)

/** Maximum number of tokens of an account. */
const MAX_TOKENS = 100
const MAX_ROOMS = 100

export interface TokenRequest {
  /** Unique among the tokens of the account; 1 to 64 characters as in a slug. */
  readonly name: string
  /** Slugs of the only rooms that it is for; these need not exist. */
  readonly rooms?: readonly string[] | undefined
  /** All rights if not given. */
  readonly rights?: readonly TokenRight[] | undefined
  /** Its end in ms since the epoch. */
  readonly until?: number | undefined
}

/** A token as its owner sees it. */
export interface TokenInfo extends TokenScope {
  readonly name: string
  /** Time in ms since the epoch. */
  readonly createdAt: number
  /** Its end in ms since the epoch. */
  readonly until?: number | undefined
}

/** A client that has proved an account. */
type TokenOwner = Proof | Session

interface AccessTokensParts {
  readonly credentials: Credentials
  readonly sessions: Sessions
  readonly onAudit: OnAudit
}

/**
 * The access tokens of accounts, which programs show in place of a password (docs/protocols/rooms-api.md, section 1). The store holds their
 * digests. Everything here may refuse with `unavailable`.
 */
export class AccessTokens {
  readonly #engine: Engine
  readonly #parts: AccessTokensParts

  constructor(engine: Engine, parts: AccessTokensParts) {
    this.#engine = engine
    this.#parts = parts
  }

  /**
   * Makes a token and resolves with its text, which cannot be had again, and what {@link list} tells about it. One that a token makes ends
   * with that at the latest.
   *
   * @throws Refusal `account-required`, `token-scope`, `token-invalid`, `token-taken`, `too-many-tokens`, `room-name-invalid`.
   */
  async create(
    owner: TokenOwner,
    request: TokenRequest,
  ): Promise<{ readonly value: string; readonly info: TokenInfo }> {
    const account = await this.#accountOf(owner)
    const { name, rights = TOKEN_RIGHTS } = request
    const until = earlier(request.until, owner.token?.until)
    if (!isSlug(name) || rights.length === 0 || (until !== undefined && !(until > Date.now())))
      throw new Refusal('token-invalid')
    const rooms = request.rooms && roomsOf(request.rooms)
    const value =
      PREFIX +
      Array.from({ length: LENGTH }, () => SECRET_CHARACTERS.charAt(randomInt(SECRET_CHARACTERS.length))).join('')
    const digest = digestOf(value)
    const token: TokenRecord = {
      digest,
      account: account.name,
      accountId: accountId(account),
      name,
      ...(rooms && { rooms: [...rooms] }),
      rights: TOKEN_RIGHTS.filter((right) => rights.includes(right)),
      createdAt: Date.now(),
      ...(until !== undefined && { until }),
    }
    await this.#engine.records.put('token', digest, token).catch(refuse)
    try {
      await this.#checkPlace(account, token)
    } catch (error) {
      // Nobody has been told of it.
      await this.#engine.records.delete('token', digest).catch(refuse)
      throw error
    }
    this.#audit('token-created', owner, name)
    return { value, info: infoOf(token) }
  }

  /** The tokens of an account that have not ended, oldest first. @throws Refusal `account-required`, `token-scope`. */
  async list(owner: TokenOwner): Promise<readonly TokenInfo[]> {
    return (await this.#of(await this.#accountOf(owner))).map(infoOf)
  }

  /** Removes a token and ends the sessions that it has opened. @throws Refusal `account-required`, `token-scope`, `token-unknown`. */
  async revoke(owner: TokenOwner, name: string): Promise<void> {
    const account = await this.#accountOf(owner)
    const revoked = (await this.#of(account)).filter((token) => fold(token.name) === fold(name))
    if (revoked.length === 0) throw new Refusal('token-unknown')
    for (const { digest, name } of revoked) {
      await this.#engine.records.delete('token', digest).catch(refuse)
      this.#parts.sessions.end({ key: fold(account.name), why: 'token-ended', token: name })
      this.#audit('token-revoked', owner, name)
    }
  }

  /** Finds the account that a token opens; undefined for what is no token, or no longer one. */
  async use(value: string): Promise<{ readonly proof: Proof; readonly scope: TokenScope } | undefined> {
    if (!TOKEN.test(value)) return undefined
    const { records } = this.#engine
    const token = await records.get('token', digestOf(value)).catch(refuse)
    if (!token || hasEnded(token)) return undefined
    const { digest, name, rooms, rights, until } = token
    const scope = { ...(rooms && { rooms }), rights }
    const proof = new Proof(token.account, undefined, { digest, name, accountId: token.accountId, scope, until })
    return (await this.#parts.credentials.accountOf(proof).catch(refuse)) && { proof, scope }
  }

  /** Removes all tokens of a nickname. */
  async removeAll(account: string): Promise<void> {
    for await (const page of this.#engine.records.listBy('token', 'account', fold(account))) {
      for (const { digest } of page) await this.#engine.records.delete('token', digest)
    }
  }

  /**
   * Checks a token that has been stored against those that were stored before, so that of concurrent requests, on whatever nodes, the
   * first one counts.
   */
  async #checkPlace(account: AccountRecord, { digest, name }: TokenRecord): Promise<void> {
    const tokens = await this.#of(account)
    const first = tokens.find((token) => fold(token.name) === fold(name))
    if (first?.digest !== digest) throw new Refusal('token-taken')
    if (tokens.indexOf(first) >= MAX_TOKENS) throw new Refusal('too-many-tokens', MAX_TOKENS)
  }

  /** The tokens of an account that have not ended, oldest first. Others are removed. */
  async #of(account: AccountRecord): Promise<readonly TokenRecord[]> {
    const { records } = this.#engine
    const pages = Array.fromAsync(records.listBy('token', 'account', fold(account.name)))
    const tokens = (await pages.catch(refuse)).flat()
    for (const token of tokens) if (hasEnded(token)) await records.delete('token', token.digest).catch(refuse)
    return tokens.filter((token) => !hasEnded(token) && token.accountId === accountId(account))
  }

  async #accountOf(owner: TokenOwner): Promise<AccountRecord> {
    const { credentials } = this.#parts
    const isProof = owner instanceof Proof
    if (!isProof && !owner.registered) throw new Refusal('account-required')
    if (owner.token && !isFullScope(owner.token.scope)) throw new Refusal('token-scope')
    const account = await (isProof ? credentials.accountOf(owner) : credentials.find(owner.name)).catch(refuse)
    if (!account) throw new Refusal('account-required')
    return account
  }

  #audit(what: 'token-created' | 'token-revoked', owner: TokenOwner, token: string): void {
    const client = owner instanceof Proof ? undefined : { address: owner.address, protocol: owner.wire.protocol }
    this.#parts.onAudit(auditEntry({ what, address: '', name: owner.name, ...client, token }))
  }
}

function infoOf({ name, rooms, rights, createdAt, until }: TokenRecord): TokenInfo {
  return { name, ...(rooms && { rooms }), rights, createdAt, ...(until !== undefined && { until }) }
}

function earlier(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.min(a, b)
}

/** Returns the folded slugs of rooms. @throws Refusal `token-invalid`, `room-name-invalid`. */
function roomsOf(rooms: readonly string[]): readonly string[] {
  if (rooms.length === 0 || rooms.length > MAX_ROOMS) throw new Refusal('token-invalid')
  if (!rooms.every(mayBeSlug)) throw new Refusal('room-name-invalid')
  return [...new Set(rooms.map(fold))]
}
