import type { EngineMemberships } from '../engine/memberships.ts'
import type { Accounts } from './accounts.ts'
import { EXCLUSIVE } from './exclusive-names.ts'
import { isName, isReserved } from './names.ts'
import { Refusal, refuse } from './refusal.ts'
import type { Session } from './session.ts'

/** Checks the nicknames of guests, which must not look like those of accounts or of other users. */
export class GuestChecks {
  readonly #accounts: Accounts
  readonly #memberships: EngineMemberships
  readonly #admitted: boolean

  /** `admitted` is false if only accounts may log in and speak. */
  constructor(accounts: Accounts, memberships: EngineMemberships, admitted: boolean) {
    this.#accounts = accounts
    this.#memberships = memberships
    this.#admitted = admitted
  }

  /**
   * Checks a nickname that a guest chooses; `exclusive` as in {@link check}.
   *
   * @throws Refusal `account-required` if there are no guests, `name-invalid`, and as {@link check} does.
   */
  async checkNew(name: string, exclusive = false): Promise<void> {
    if (!this.#admitted) throw new Refusal('account-required')
    if (!isName(name)) throw new Refusal('name-invalid')
    if (isReserved(name)) throw new Refusal('name-reserved')
    await this.check(name, exclusive)
  }

  /**
   * Checks a nickname under which a guest logs in or joins a room. With `exclusive` it holds the nickname exclusively, or is about to take it so: then
   * whether somebody else has is not looked up, as that session may be ending.
   *
   * @throws Refusal `name-reserved` for a nickname that is or looks like an account's, `name-in-use` for one that looks like a guest's or
   * that another guest holds exclusively, `unavailable`.
   */
  async check(name: string, exclusive = false): Promise<void> {
    const [isFree, isAlike, holder] = await Promise.all([
      this.#accounts.isGuestName(name),
      this.#memberships.resembles(name).catch(refuse),
      exclusive ? undefined : this.#memberships.member(EXCLUSIVE, name).catch(refuse),
    ])
    if (!isFree) throw new Refusal('name-reserved')
    if (isAlike || holder) throw new Refusal('name-in-use')
  }

  /** Checks that a session may use its nickname in a room: that of a guest may have been registered since its login. @throws Refusal as {@link check} does. */
  async checkStill({ registered, name, isOnlyGuest }: Session): Promise<void> {
    if (!registered) await this.check(name, isOnlyGuest)
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
