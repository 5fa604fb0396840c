import type { AccountRecord } from '../engine/records.ts'
import type { Records } from '../engine/typed-records.ts'
import { fold } from './names.ts'
import { Refusal, refuse } from './refusal.ts'
import type { Session } from './session.ts'
import { clean, isLonger } from './text.ts'
import { checkUnlimited } from './token-scope.ts'

/** Maximum characters of the reason that an admin gives. */
const LONGEST_REASON = 100

/** The accounts that are admins: those of `--admins`, and those whose record says so (docs/protocols/moderation.md, section 1.5). */
export class Admins {
  readonly #records: Records
  /** Folded nicknames. */
  readonly #named: ReadonlySet<string>

  constructor(records: Records, named: readonly string[]) {
    this.#records = records
    this.#named = new Set(named.map(fold))
  }

  /** Resolves with true for the nickname of an admin's account; its owner must have proved it. @throws Refusal `unavailable`. */
  async has(account: string): Promise<boolean> {
    const record = await this.#records.get('account', account).catch(refuse)
    return record !== undefined && this.names(record)
  }

  /** Returns true for an account that is an admin's. */
  names({ name, admin = false }: Pick<AccountRecord, 'name' | 'admin'>): boolean {
    return admin || this.#named.has(fold(name))
  }

  /** Returns true for a session of an account with the rights of an admin, which an access token may not have. */
  grants(
    { scope, adminAccount }: Pick<Session, 'scope' | 'adminAccount'>,
    account: Pick<AccountRecord, 'name' | 'admin'>,
  ): boolean {
    return scope === undefined && (adminAccount !== undefined || this.names(account))
  }

  /** Resolves with true for a session with the rights of an admin. @throws Refusal `unavailable`. */
  async includes({ registered, name, scope, adminAccount }: Session): Promise<boolean> {
    if (scope !== undefined) return false
    return adminAccount === undefined ? registered && this.has(name) : this.has(adminAccount)
  }

  /** @throws Refusal `token-scope`, `admin-required`, `unavailable`. */
  async check(session: Session): Promise<void> {
    checkUnlimited(session)
    if (!(await this.includes(session))) throw new Refusal('admin-required')
  }
}

/** Returns the reason that an admin gives, in one line. @throws Refusal `text-too-long`. */
export function adminReason(why: string): string {
  const reason = clean(why).replace(/\s+/g, ' ').trim()
  if (isLonger(reason, LONGEST_REASON)) throw new Refusal('text-too-long', LONGEST_REASON)
  return reason
}
