import type { EngineMemberships } from '../engine/memberships.ts'
import type { AccountQuota } from './account-quota.ts'
import { auditEntry, type OnAudit } from './audit.ts'
import type { Blocking } from './blocking.ts'
import { accountId, type Credentials, type Proof } from './credentials.ts'
import { EXCLUSIVE } from './exclusive-names.ts'
import type { Handover } from './handover.ts'
import { fold } from './names.ts'
import type { Presence } from './presence.ts'
import { Refusal, refuse } from './refusal.ts'
import type { Membership, Session } from './session.ts'

const NONE: ReadonlySet<number> = new Set()

interface AccountsParts {
  readonly credentials: Credentials
  readonly presence: Presence
  readonly blocking: Blocking
  readonly handover: Handover
  /** Resolves when no room that a session has left holds its nickname any more. */
  readonly departed: (session: Session) => Promise<void>
  /** The nicknames held in rooms. */
  readonly memberships: EngineMemberships
  /** Lets other sessions of an account be where this one is, on other nodes too. */
  readonly share: (session: Session) => Promise<void>
  /** Called with the code of each refused proof. */
  readonly onRefused: (refusal: Refusal) => void
  readonly onAudit: OnAudit
  /** Makes the role that the session had as a guest in a room its account's. */
  readonly keepRole: (membership: Membership) => Promise<void>
  /** Called with a guest that has become an account, its client, and its rooms. */
  readonly onRegistered: (session: Session, client: string | undefined, rooms: ReadonlySet<number>) => void
  readonly quota: AccountQuota
  /** False if the operator makes all accounts. */
  readonly isOpen: boolean
}

/** Accounts as clients make and prove them. Everything here may refuse with `unavailable`. */
export class Accounts {
  readonly #parts: AccountsParts

  constructor(parts: AccountsParts) {
    this.#parts = parts
  }

  /**
   * Makes a nickname an account. A guest that registers its own nickname gives its session, which then is the owner's, as are the other
   * sessions of its client.
   *
   * @throws Refusal `account-required` where the operator makes all accounts, `name-invalid`, `name-reserved`, `name-taken`, `name-in-use`,
   * `secret-invalid`, `too-many-attempts`, `too-many-accounts`.
   */
  async register(name: string, secret: string, address: string, self?: Session): Promise<void> {
    this.#checkOpen()
    const own = self?.key === fold(name) ? self : undefined
    const { credentials, departed, presence } = this.#parts
    // A room that it has just left holds its nickname until that is committed.
    if (own) await Promise.all(presence.of(name).filter(isOf(own)).map(departed))
    const rooms = own ? await this.#held(own).catch(refuse) : NONE
    await this.#register(name, address, own, () => credentials.create(name, secret, address, rooms, own?.wordDigest))
    if (own) await this.#give(own, rooms)
  }

  /** Makes an account and the key to it, 64 hexadecimal digits. @throws Refusal as {@link register} does. */
  async registerWithKey(name: string, address: string): Promise<string> {
    this.#checkOpen()
    return this.#register(name, address, undefined, () => this.#parts.credentials.createWithKey(name))
  }

  /** Makes an account for the operator. @throws Refusal `name-invalid`, `name-reserved`, `name-taken`, `name-in-use`, `secret-invalid`. */
  add(name: string, secret: string): Promise<void> {
    return this.#make(name, undefined, () => this.#parts.credentials.create(name, secret, '', NONE, undefined))
  }

  /** Checks the secret of an account. @throws Refusal `name-unknown`, `secret-wrong`, `too-many-attempts`. */
  authenticate(name: string, secret: string, address: string): Promise<Proof> {
    return this.#proven(this.#parts.credentials.prove(name, secret, address), name, address)
  }

  /** Finds the account that a key opens. @throws Refusal `secret-wrong`. */
  authenticateByKey(key: string, address: string): Promise<Proof> {
    return this.#proven(this.#parts.credentials.open(key), '', address)
  }

  /** Resolves with true if a nickname needs a secret. */
  isRegistered(name: string): Promise<boolean> {
    return this.#parts.credentials.holds(name).catch(refuse)
  }

  /** Resolves with true if a nickname neither is an account's, or was so within 30 days, nor looks like one. */
  async isGuestName(name: string): Promise<boolean> {
    const { credentials } = this.#parts
    const asked = [credentials.holds(name), credentials.resembles(name), credentials.isRetired(name)]
    return (await Promise.all(asked).catch(refuse)).every((isSo) => !isSo)
  }

  #proven(proof: Promise<Proof>, name: string, address: string): Promise<Proof> {
    return proof.catch(refuse).catch((error) => {
      if (error instanceof Refusal) {
        this.#parts.onRefused(error)
        const { code: reason } = error
        // Beyond the limit nothing was checked, and a line for each would fill the log.
        const isFailure = reason === 'secret-wrong' || reason === 'name-unknown'
        if (isFailure) this.#parts.onAudit(auditEntry({ what: 'login-failed', address, name, reason }))
      }
      throw error
    })
  }

  /** Makes the sessions of a guest's client on this node its account's. */
  async adopt(name: string, client: string): Promise<void> {
    for (const session of this.#parts.presence.of(name)) {
      if (session.client === client && !session.closed) await this.#own(session)
    }
  }

  /** Gives a guest, whose account is made, the account. */
  async #give(own: Session, rooms: ReadonlySet<number>): Promise<void> {
    const { client, name } = own
    await this.#own(own)
    if (client !== undefined) await this.adopt(name, client)
    await this.#parts.blocking.adopt(own)
    this.#parts.onRegistered(own, client, rooms)
  }

  async #own(session: Session): Promise<void> {
    const { credentials, share, keepRole, memberships } = this.#parts
    session.registered = true
    session.client = undefined
    const account = await credentials.find(session.name).catch(() => undefined)
    session.accountId = account && accountId(account)
    const rooms = () => Array.from(session.memberships.keys(), (room) => memberships.share(room, session.name))
    await share(session)
      .then(() => Promise.all(rooms()))
      .catch(() => {})
    await Promise.all(Array.from(session.memberships.values(), keepRole)).catch(() => {})
  }

  /** The rooms in which a guest, or its client, holds its nickname on any node; {@link EXCLUSIVE} where it holds that exclusively. */
  async #held({ name, client, memberships, isOnlyGuest }: Session): Promise<ReadonlySet<number>> {
    const rooms = new Set(memberships.keys())
    if (isOnlyGuest) rooms.add(EXCLUSIVE)
    if (client === undefined) return rooms
    const claims = this.#parts.memberships
    for (const room of await claims.heldIn(name)) {
      const holder = await claims.member(room, name)
      if (holder?.client === client) rooms.add(room)
    }
    return rooms
  }

  #checkOpen(): void {
    if (!this.#parts.isOpen) throw new Refusal('account-required')
  }

  async #register<T>(name: string, address: string, own: Session | undefined, make: () => Promise<T>): Promise<T> {
    const made = await this.#make(name, own, () => this.#parts.quota.within(address, make))
    const protocol = own && { protocol: own.wire.protocol }
    this.#parts.onAudit(auditEntry({ what: 'registered', address, name, ...protocol }))
    return made
  }

  async #make<T>(name: string, own: Session | undefined, make: () => Promise<T>): Promise<T> {
    const { presence, blocking, handover } = this.#parts
    if (await this.isRegistered(name)) throw new Refusal('name-taken')
    const others = () => presence.of(name).filter((session) => !own || !isOf(own)(session))
    const isFree = async () => others().length === 0
    if (!(await handover.take({ key: fold(name), session: own }, isFree, others))) throw new Refusal('name-in-use')
    const made = await make().catch(refuse)
    // The account is made, whatever becomes of these.
    if (!own) await blocking.disown(name).catch(() => {})
    return made
  }
}

/** Returns a function that is true for a guest and the other sessions of its client. */
function isOf(guest: Session): (session: Session) => boolean {
  return (session) => session === guest || session.isOfUserOf(guest)
}
