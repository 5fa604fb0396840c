import { Attempts } from './attempts.ts'
import { Refusal, refuse } from './refusal.ts'

const DAY_MS = 24 * 3_600_000

/** The limits for making accounts. */
export class AccountQuota {
  readonly #registrations: Attempts
  readonly #maxPerDay: number
  /** Accounts made within a day, by address; undefined for no limit. */
  readonly #made: Attempts | undefined

  /** `registrations` counts what an address makes within a minute; `maxPerDay` is 0 for no limit; `now` returns ms since any moment. */
  constructor(registrations: Attempts, maxPerDay: number, now: () => number) {
    this.#registrations = registrations
    this.#maxPerDay = maxPerDay
    if (maxPerDay > 0) this.#made = new Attempts({ failures: maxPerDay, ms: DAY_MS }, now)
  }

  /**
   * Makes an account where the limits for the address allow it; only one that is made counts for the day.
   *
   * @throws Refusal `too-many-accounts`, `too-many-attempts`, `unavailable`, and what `make` refuses.
   */
  async within<T>(address: string, make: () => Promise<T>): Promise<T> {
    const end = await this.#made?.begin(address)
    if (this.#made && !end) throw new Refusal('too-many-accounts', this.#maxPerDay, 'address')
    let counts = false
    try {
      if (!this.#registrations.count(address)) throw new Refusal('too-many-attempts')
      const made = await make().catch(refuse)
      counts = true
      return made
    } finally {
      end?.(counts)
    }
  }
}
