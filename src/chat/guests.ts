import type { EngineMemberships } from '../engine/engine.ts'
import type { Accounts } from './accounts.ts'
import { ALONE } from './directory.ts'
import { Refusal, refuse } from './refusal.ts'
import type { Session } from './session.ts'

/** Checks the nicknames of guests, which must not look like those of accounts or of other users. */
export class GuestChecks {
  readonly #accounts: Accounts
  readonly #memberships: EngineMemberships

  constructor(accounts: Accounts, memberships: EngineMemberships) {
    this.#accounts = accounts
    this.#memberships = memberships
  }

  /**
   * Checks a nickname under which a guest logs in, or `session` joins a room.
   *
   * @throws Refusal `name-reserved` for a nickname that is or looks like an account's, `name-in-use` for one that looks like a guest's or
   * that another guest has alone, `unavailable`.
   */
  async check(name: string, session?: Session): Promise<void> {
    const [isFree, isAlike, holder] = await Promise.all([
      this.#accounts.isGuestName(name),
      this.#memberships.resembles(name).catch(refuse),
      session?.isOnlyGuest ? undefined : this.#memberships.member(ALONE, name).catch(refuse),
    ])
    if (!isFree) throw new Refusal('name-reserved')
    if (isAlike || holder) throw new Refusal('name-in-use')
  }

  /**
   * Checks that a session may act in its nickname: a guest whose nickname was registered by somebody else since may not.
   *
   * @throws Refusal `name-reserved`, `unavailable`.
   */
  async checkOwn(session: Session): Promise<void> {
    if (!session.registered && !(await this.#accounts.isGuestName(session.name))) throw new Refusal('name-reserved')
  }
}
