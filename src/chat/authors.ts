import { BoundedMap } from '../bounded-map.ts'
import type { AccountRecord } from '../engine/records.ts'
import type { Access } from './access.ts'
import { type Credentials, Proof } from './credentials.ts'
import type { GuestChecks } from './guests.ts'
import { Refusal, refuse } from './refusal.ts'
import type { Identity } from './sanctions.ts'
import type { Speaker } from './speaker.ts'
import { isFullScope, type TokenScope } from './token-scope.ts'
import type { Asker } from './work-turns.ts'

/** Time for which a guest is not identified again, in ms. */
const RECENT_MS = 1_000
/** Maximum guests that are remembered. */
const MAX_RECENT = 1_024

/** The sender of a request that is made without a session. */
export class Author implements Speaker {
  readonly name: string
  readonly registered: boolean
  /** True for the account of a program. */
  readonly isBot: boolean
  readonly scope: TokenScope | undefined
  readonly color = undefined
  readonly protocol: string
  readonly key: string
  readonly accountId: string | undefined
  readonly isAdmin: boolean
  readonly addressDigest: string | undefined
  readonly wordDigest: string | undefined
  readonly #asker: Asker

  constructor(as: string | Proof, identity: Identity, asker: Asker, protocol: string, account?: AccountRecord) {
    const { key, accountId, isAdmin, addressDigest } = identity
    const isOwner = as instanceof Proof
    this.name = isOwner ? as.name : as
    this.registered = isOwner
    this.isBot = account?.bot === true
    this.wordDigest = account?.word
    this.scope = isOwner && as.token && !isFullScope(as.token.scope) ? as.token.scope : undefined
    this.protocol = protocol
    this.key = key
    this.accountId = accountId
    this.isAdmin = isAdmin
    this.addressDigest = addressDigest
    this.#asker = asker
  }

  get address(): string {
    return this.#asker.address
  }

  get closed(): boolean {
    return this.#asker.closed
  }
}

interface AuthorsParts {
  readonly access: Access
  readonly credentials: Credentials
  readonly guests: GuestChecks
}

/** Identifies the authors of requests without a session. */
export class Authors {
  readonly #parts: AuthorsParts
  /** Guests who have been identified, by nickname and address, oldest first. */
  readonly #recent = new BoundedMap<string, { readonly identity: Identity; readonly until: number }>(MAX_RECENT)

  constructor(parts: AuthorsParts) {
    this.#parts = parts
  }

  /**
   * Identifies a client as a guest by a nickname, or as the owner of an account by the {@link Proof} of it.
   *
   * @throws Refusal as {@link GuestChecks.checkNew} does for a guest; `secret-wrong` for a proof that is out of date; `unavailable`.
   */
  async identify(as: string | Proof, asker: Asker, protocol: string): Promise<Author> {
    const { access, credentials } = this.#parts
    if (!(as instanceof Proof)) return new Author(as, await this.#guest(as, asker.address), asker, protocol)
    const account = await credentials.accountOf(as).catch(refuse)
    if (!account) throw new Refusal('secret-wrong')
    const identity = await access.identityOf(as, account, asker.address)
    return new Author(as, identity, asker, protocol, account)
  }

  /** Identifies a guest. What the engine must be asked for is asked once a second, however many requests come. */
  async #guest(name: string, address: string): Promise<Identity> {
    const { access, credentials, guests } = this.#parts
    const now = performance.now()
    const id = `${name}\n${address}`
    const known = this.#recent.get(id)
    if (known && known.until > now) {
      // Somebody may have registered the nickname.
      if (await credentials.holds(name).catch(refuse)) throw new Refusal('name-reserved')
      return known.identity
    }
    await guests.checkNew(name)
    const identity = await access.identify(name, address)
    this.#recent.set(id, { identity, until: now + RECENT_MS })
    return identity
  }
}
