import type { AccountLogins } from './account-logins.ts'
import type { Admins } from './admins.ts'
import { auditEntry, type OnAudit } from './audit.ts'
import type { Blocking } from './blocking.ts'
import { accountId, type Proof } from './credentials.ts'
import { FairQueue } from './fair-queue.ts'
import type { GuestChecks } from './guests.ts'
import type { Handover } from './handover.ts'
import type { Inboxes } from './inboxes.ts'
import type { LoginNames } from './login-names.ts'
import type { Memberships } from './memberships.ts'
import { fold } from './names.ts'
import type { NewsChannel } from './news.ts'
import type { Presence } from './presence.ts'
import { Refusal } from './refusal.ts'
import type { LostRoom, NextUser } from './renaming.ts'
import type { Membership, Session } from './session.ts'
import { checkScope } from './token-scope.ts'

export interface UserChangeParts {
  readonly accounts: AccountLogins
  readonly admins: Admins
  readonly blocking: Blocking
  readonly guests: GuestChecks
  readonly handover: Handover
  readonly inboxes: Inboxes
  /** Makes the role that the session had as a guest in a room its account's. */
  readonly keepRole: (membership: Membership) => Promise<void>
  readonly memberships: Memberships
  readonly names: LoginNames
  readonly news: NewsChannel
  readonly onAudit: OnAudit
  readonly presence: Presence
}

/** Makes sessions that are logged in those of other users, in all of their rooms. */
export class UserChange {
  readonly #parts: UserChangeParts
  /** Changes of nicknames, of which each is told to every member of every room of the session: one at a time, so that none are told together. */
  readonly #renames = new FairQueue({ running: 1, waitingPerAddress: Infinity, waiting: Infinity })

  constructor(parts: UserChangeParts) {
    this.#parts = parts
  }

  /**
   * Changes the nickname of a guest that has it exclusively, in all of its rooms. Resolves with those that it is out of, as a guest of that
   * nickname was banned meanwhile. Once the change has begun, a failure ends the session.
   *
   * @throws Refusal `not-permitted` for other sessions; `name-invalid`, `name-reserved`, `name-in-use`, `banned`, `invite-only`,
   * `unavailable`.
   */
  async rename(session: Session, name: string): Promise<readonly LostRoom[]> {
    if (!session.isOnlyGuest) throw new Refusal('not-permitted')
    const { guests, inboxes, names } = this.#parts
    const { addressDigest } = session
    const next = { name, key: fold(name), accountId: undefined, isAdmin: false, addressDigest }
    if (next.key !== session.key) await guests.checkNew(name, true)
    const change = () => {
      inboxes.dismiss(session)
      session.name = name
      inboxes.listen(session)
    }
    const take = () => names.takeExclusively(session, name)
    const move = async () => {
      if (session.closed) throw new Refusal('not-in-room')
      return this.#move(session, next, change)
    }
    return this.#rename(session, name, take, () => this.#renames.run(session.address, move))
  }

  /**
   * Makes a session that is logged in that of an account: the session of a guest that has its nickname exclusively, or of the owner of another
   * account. It has the nickname of the account from then on, in all of its rooms. A guest's roles are the account's then. Resolves with the
   * rooms that it is out of, as the account was banned meanwhile. Once the change has begun, a failure ends the session.
   *
   * @throws Refusal `not-permitted` for other sessions; `secret-wrong` for a proof that is out of date; `token-scope`, `banned`,
   * `invite-only`, `unavailable`.
   */
  async identify(session: Session, proof: Proof): Promise<readonly LostRoom[]> {
    if (!session.isOnlyGuest && !session.registered) throw new Refusal('not-permitted')
    for (const { room } of session.memberships.values())
      checkScope({ scope: proof.token?.scope }, 'read', room.record.slug)
    const { accounts, admins, inboxes, keepRole, names, news, onAudit, presence } = this.#parts
    const { name: before, addressDigest } = session
    const { name } = proof
    const account = await accounts.accountOf(proof)
    const change = () => {
      inboxes.dismiss(session)
      session.name = name
      session.isOnlyGuest = false
      accounts.give(session, proof, account)
      presence.setAdmin(session, session.isAdmin)
      inboxes.listen(session)
    }
    let lost: readonly LostRoom[] = []
    if (session.registered && session.accountId === accountId(account)) change()
    else {
      const isAdmin = admins.names(account)
      const next = { name, key: fold(name), accountId: accountId(account), isAdmin, addressDigest }
      const changeIn = (renamedIn: readonly number[]) => {
        const isGuest = !session.registered
        change()
        if (isGuest) news.tell({ kind: 'registered', name: before, account: name, rooms: renamedIn })
      }
      lost = await this.#rename(session, name, undefined, () => this.#move(session, next, changeIn))
    }
    // Other sessions of the account may have its nickname.
    await names.exclusive.giveUp(session)
    accounts.expire(session)
    onAudit(auditEntry({ what: 'login', address: session.address, name, protocol: session.wire.protocol }))
    // What has ended the sessions of the account meanwhile has not found this one.
    await accounts.accountOf(proof).catch(() => session.terminate('logged-out'))
    await Promise.all(Array.from(session.memberships.values(), keepRole)).catch(() => {})
    return lost
  }

  /** Makes a session another user in its rooms. Once that has begun, a failure ends the session. */
  async #move(
    session: Session,
    next: NextUser,
    change: (renamedIn: readonly number[]) => void,
  ): Promise<readonly LostRoom[]> {
    const rooms = session.memberships.size
    try {
      return await this.#parts.memberships.rename(session, next, change)
    } catch (error) {
      if (session.memberships.size < rooms) session.terminate('membership-lost')
      throw error
    }
  }

  /** Gives a session another nickname by `move`. `take` makes sure that nobody else has it; undefined for an account's. */
  async #rename(
    session: Session,
    name: string,
    take: (() => Promise<void>) | undefined,
    move: () => Promise<readonly LostRoom[]>,
  ): Promise<readonly LostRoom[]> {
    const { blocking, handover, names, news, presence } = this.#parts
    const { name: former, registered: verified } = session
    const [before, key] = [session.key, fold(name)]
    if (key !== before) {
      await names.closed(key)
      presence.add(key, session)
      try {
        await take?.()
        await blocking.load(name)
        // The end of the session has released its former nickname only.
        if (session.closed) throw new Refusal('not-in-room')
      } catch (error) {
        await names.exclusive.release(session, key)
        if (presence.remove(key, session)) blocking.forget(key)
        handover.freed(key)
        throw error
      }
    }
    try {
      return await move()
    } finally {
      const left = session.key === before ? key : before
      if (left !== session.key) {
        const isLast = presence.remove(left, session)
        if (isLast) blocking.forget(left)
        await names.exclusive.release(session, left)
        if (isLast && left === before) news.tell({ kind: 'offline', name: former, verified })
      }
      handover.freed(left)
      if (left === before && key !== before && names.isFirst(session))
        news.tell({ kind: 'online', name, verified: session.registered })
    }
  }
}
