import type { AccountRecord } from '../engine/records.ts'
import type { AccountLogins } from './account-logins.ts'
import type { AddressDigests } from './address-digests.ts'
import { auditEntry, type OnAudit } from './audit.ts'
import type { Blocking } from './blocking.ts'
import { Proof } from './credentials.ts'
import type { GuestChecks } from './guests.ts'
import type { Handover } from './handover.ts'
import { hasOwnInbox, type Inboxes } from './inboxes.ts'
import type { LoginNames } from './login-names.ts'
import { fold } from './names.ts'
import type { NewsChannel } from './news.ts'
import type { Presence } from './presence.ts'
import type { Session } from './session.ts'
import type { Sessions } from './sessions.ts'

interface SessionLoginParts {
  readonly accounts: AccountLogins
  readonly blocking: Blocking
  readonly digests: AddressDigests
  readonly guests: GuestChecks
  readonly handover: Handover
  readonly inboxes: Inboxes
  readonly names: LoginNames
  readonly news: NewsChannel
  readonly presence: Presence
  readonly sessions: Sessions
  readonly onAudit: OnAudit
}

/** Logs sessions in under nicknames, and releases the nicknames when the sessions end. */
export class SessionLogin {
  readonly #parts: SessionLoginParts

  constructor(parts: SessionLoginParts) {
    this.#parts = parts
  }

  /** Implements {@link Chat.login}. */
  async login(session: Session, as: string | Proof, exclusive: boolean): Promise<void> {
    const { accounts, blocking, digests, guests, inboxes, names, news, presence, sessions, onAudit } = this.#parts
    const registered = as instanceof Proof
    const name = registered ? as.name : as
    // An account may have a nickname that earlier versions allowed.
    if (!registered) await guests.checkNew(name, exclusive)
    const key = fold(name)
    await names.closed(key)
    // Set before the session is added, so that the token's revocation finds it.
    session.token = registered ? as.token : undefined
    presence.add(key, session)
    let account: AccountRecord | undefined
    try {
      // It may have changed since, and that has not found this session.
      account = registered ? await accounts.accountOf(as) : undefined
      if (session.address !== '') session.addressDigest = await digests.of(session.address)
      if (exclusive) await names.takeExclusively(session, name)
      await blocking.load(name)
    } catch (error) {
      await this.release(key, session)
      throw error
    }
    if (session.closed) return this.release(key, session)
    session.name = name
    session.isOnlyGuest = exclusive && !registered
    if (registered && account) accounts.give(session, as, account)
    if (hasOwnInbox(session)) inboxes.listen(session)
    sessions.begin(session)
    presence.begin(session)
    if (names.isFirst(session)) news.tell({ kind: 'online', name, verified: registered })
    accounts.expire(session)
    onAudit(auditEntry({ what: 'login', address: session.address, name, protocol: session.wire.protocol }))
  }

  /**
   * Releases the folded nickname of a session that ends. A nickname's blocks go with its last session, from memory or, where they are not
   * kept, for good.
   */
  async release(key: string, session: Session): Promise<void> {
    const { accounts, presence, blocking, handover, names, news } = this.#parts
    if (presence.remove(key, session)) {
      blocking.forget(key)
      const { id, name, registered: verified } = session
      if (id !== '') news.tell({ kind: 'offline', name, verified })
    }
    accounts.forget(session)
    await names.exclusive.giveUp(session)
    handover.freed(key)
  }
}
