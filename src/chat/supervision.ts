import type { Accounts } from './accounts.ts'
import { type Admins, adminReason } from './admins.ts'
import { auditEntry, type OnAudit } from './audit.ts'
import { fold } from './names.ts'
import type { Presence } from './presence.ts'
import { Refusal } from './refusal.ts'
import type { Session } from './session.ts'
import type { SessionList, Sessions } from './sessions.ts'
import type { Speech } from './speech.ts'
import { checkUnlimited } from './token-scope.ts'

interface SupervisionParts {
  readonly accounts: Accounts
  readonly admins: Admins
  readonly presence: Presence
  readonly sessions: Sessions
  readonly speech: Speech
  readonly onAudit: OnAudit
}

/** The actions of admins on users (docs/protocols/moderation.md, section 1.5). All refuse with `admin-required` and `unavailable`. */
export class Supervision {
  readonly #parts: SupervisionParts

  constructor(parts: SupervisionParts) {
    this.#parts = parts
  }

  /**
   * Gives a session the rights of an admin's account, whose password it knows.
   *
   * @throws Refusal `token-scope`; `secret-wrong`, also for an account that is no admin's, `name-unknown`, `too-many-attempts`, `unavailable`.
   */
  async elevate(session: Session, account: string, password: string): Promise<void> {
    const { admins, accounts, presence } = this.#parts
    checkUnlimited(session)
    const { name, token } = await accounts.authenticate(account, password, session.address)
    if (token || !(await admins.has(name))) throw new Refusal('secret-wrong')
    session.adminAccount = name
    presence.setAdmin(session, true)
  }

  /** The sessions of a nickname, in any room or none. @throws Refusal `user-unknown`. */
  async whois(admin: Session, name: string): Promise<SessionList> {
    await this.#parts.admins.check(admin)
    const list = await this.#parts.sessions.list(name)
    if (list.sessions.length === 0) throw new Refusal('user-unknown')
    return list
  }

  /** Ends all sessions of a nickname. Resolves with them. @throws Refusal `user-unknown`, `text-too-long`. */
  async disconnect(admin: Session, name: string, why: string): Promise<SessionList> {
    const reason = adminReason(why)
    const list = await this.whois(admin, name)
    for (const { name, address, protocol } of list.sessions) {
      this.#parts.onAudit(
        auditEntry({ what: 'disconnected', address, name, protocol, reason, by: admin.adminAccount ?? admin.name }),
      )
    }
    this.#parts.sessions.end({ key: fold(name), why: 'disconnected', reason })
    return list
  }

  /** Shows a text to everybody who is logged in. @throws Refusal `text-empty`, `text-too-long`. */
  async announce(admin: Session, text: string): Promise<void> {
    const { admins, sessions, speech } = this.#parts
    await admins.check(admin)
    sessions.announce(speech.body(text))
  }
}
