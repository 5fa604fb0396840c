import type { Accounts } from './accounts.ts'
import type { Administration } from './administration.ts'
import type { Admins } from './admins.ts'
import type { OnAudit } from './audit.ts'
import { checkSecret } from './credentials.ts'
import { Refusal } from './refusal.ts'
import type { Session } from './session.ts'
import type { SessionInfo, SessionList, Sessions } from './sessions.ts'
import type { Tickets } from './tickets.ts'
import { checkUnlimited } from './token-scope.ts'

interface AccountSettingsParts {
  readonly accounts: Accounts
  readonly administration: Administration
  readonly admins: Admins
  readonly sessions: Sessions
  readonly tickets: Tickets
  readonly onAudit: OnAudit
}

/** A user as it sees itself. */
interface OwnProfile {
  readonly name: string
  /** True if the nickname is an account's, whose owner this is. */
  readonly account: boolean
  readonly admin: boolean
}

/** The commands of an account's owner (docs/protocols/moderation.md, section 1.4). Everything may refuse with `unavailable`. */
export class AccountSettings {
  readonly #parts: AccountSettingsParts

  constructor(parts: AccountSettingsParts) {
    this.#parts = parts
  }

  /** Resolves with the nickname and the rights of a session. */
  async profile(session: Session): Promise<OwnProfile> {
    return { name: session.name, account: session.registered, admin: await this.#parts.admins.includes(session) }
  }

  /**
   * Replaces the password of the session's account, and ends its logins and its other sessions.
   *
   * @throws Refusal `account-required`, `token-scope`, `secret-wrong`, `too-many-attempts`, `secret-invalid`.
   */
  async changePassword(session: Session, old: string, password: string): Promise<void> {
    this.#checkOwner(session)
    checkSecret(password)
    await this.#parts.accounts.authenticate(session.name, old, session.address)
    await this.#setPassword(session, session.name, password)
  }

  /**
   * Replaces the password of any account. Resolves with false, and nothing is changed, where the session is no admin's or there is no such
   * account. @throws Refusal `secret-invalid`.
   */
  async resetPassword(session: Session, account: string, password: string): Promise<boolean> {
    const { admins, accounts } = this.#parts
    if (!(await admins.includes(session)) || !(await accounts.isRegistered(account))) return false
    await this.#setPassword(session, account, password)
    return true
  }

  /**
   * Removes the session's account and ends its other sessions. Resolves with the time at which the nickname is free, in ms since the epoch.
   *
   * @throws Refusal `account-required`, `token-scope`, `secret-wrong`, `too-many-attempts`.
   */
  async unregister(session: Session, password: string): Promise<number> {
    this.#checkOwner(session)
    const { accounts, administration, onAudit } = this.#parts
    const { name, address, wire } = session
    await accounts.authenticate(name, password, address)
    const freeAt = await administration.retireAccount(session)
    onAudit({ what: 'account-removed', address, name, protocol: wire.protocol })
    return freeAt
  }

  /** The sessions of the account, or of a guest's client; without one this one alone, as others may use the nickname. */
  async sessions(session: Session): Promise<SessionList> {
    const { sessions, silent } = await this.#parts.sessions.list(session.name)
    if (session.registered) return { sessions: sessions.filter(({ account }) => account), silent }
    const { client } = session
    if (client !== undefined) return { sessions: sessions.filter((other) => other.client === client), silent }
    return { sessions: sessions.filter(({ id }) => id === session.id), silent: 0 }
  }

  /** Ends one of {@link sessions}. @throws Refusal `session-unknown`, `token-scope` for another one than its own. */
  async logout(session: Session, id: string): Promise<void> {
    const { sessions, tickets } = this.#parts
    const found: SessionInfo | undefined = (await this.sessions(session)).sessions.find((each) => each.id === id)
    if (!found) throw new Refusal('session-unknown')
    if (id !== session.id) checkUnlimited(session)
    // With its ticket the client would come back at once.
    if (found.byTicket) await tickets.end(session)
    sessions.end({ key: session.key, why: 'logged-out', id })
  }

  #checkOwner(session: Session): void {
    if (!session.registered) throw new Refusal('account-required')
    checkUnlimited(session)
  }

  async #setPassword(session: Session, account: string, password: string): Promise<void> {
    const { administration, onAudit } = this.#parts
    const name = await administration.setPassword(account, password, session)
    const { address, wire, name: by } = session
    onAudit({ what: 'password-changed', address, name, protocol: wire.protocol, ...(by !== name && { by }) })
  }
}
