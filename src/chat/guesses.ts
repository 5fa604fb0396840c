import { createHmac, randomBytes } from 'node:crypto'
import type { Attempts } from './attempts.ts'
import { Refusal } from './refusal.ts'
import type { Secrets } from './secrets.ts'

/** A secret that a client has sent. */
export interface Guess {
  /** Account or room. */
  readonly subject: string
  readonly secret: string
  /** Hash of the right secret; undefined where there is no account. */
  readonly stored: string | undefined
  readonly address: string
}

/** Checks secrets that clients send. Equal ones that arrive while one is being checked share its result. */
export class Guesses {
  readonly #secrets: Secrets
  readonly #attempts: Attempts
  readonly #key = randomBytes(32)
  /** Attempts under way, by guess and address, and the checks that they wait for, by guess. */
  readonly #trying = new Map<string, Promise<boolean>>()
  readonly #checking = new Map<string, Promise<boolean>>()

  constructor(secrets: Secrets, attempts: Attempts) {
    this.#secrets = secrets
    this.#attempts = attempts
  }

  /** Digest of a secret with a key of this process. */
  digestOf(secret: string): string {
    return createHmac('sha256', this.#key).update(secret).digest('base64')
  }

  /** @throws Refusal `too-many-attempts` when too many from an address have failed. */
  checkLimit(address: string): void {
    if (!this.#attempts.mayTry(address)) throw new Refusal('too-many-attempts')
  }

  /**
   * Resolves with true for the right secret; every other one is a failed attempt.
   *
   * @throws Refusal `too-many-attempts`, without a check; `unavailable`, which is no attempt.
   */
  async check(guess: Guess): Promise<boolean> {
    const { subject, stored, secret, address } = guess
    const id = JSON.stringify([subject, stored, this.digestOf(secret)])
    const place = `${address} ${id}`
    const same = this.#trying.get(place)
    if (!same) return share(this.#trying, place, () => this.#try(id, guess))
    const right = await same
    if (!right) this.#attempts.fail(address)
    return right
  }

  async #try(id: string, guess: Guess): Promise<boolean> {
    const end = await this.#attempts.begin(guess.address)
    if (!end) throw new Refusal('too-many-attempts')
    let failed = false
    try {
      const right = await this.#verify(id, guess)
      failed = !right
      return right
    } finally {
      end(failed)
    }
  }

  async #verify(id: string, { secret, stored, address }: Guess): Promise<boolean> {
    for (let same = this.#checking.get(id); same; same = this.#checking.get(id)) {
      // That check is refused where too many wait at its address, which is not this one.
      const right = await same.catch(() => undefined)
      if (right !== undefined) return right
    }
    return share(this.#checking, id, () => this.#secrets.verify(secret, stored, address))
  }
}

/** Keeps a promise in a map until it is settled. */
function share<T>(map: Map<string, Promise<T>>, key: string, work: () => Promise<T>): Promise<T> {
  const shared = work().finally(() => map.delete(key))
  map.set(key, shared)
  return shared
}
