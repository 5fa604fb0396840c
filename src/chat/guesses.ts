import { createHmac, randomBytes } from 'node:crypto'
import type { Attempts } from './attempts.ts'
import { Refusal } from './refusal.ts'
import type { Secrets } from './secrets.ts'

/** A secret that somebody gives for something. */
export interface Guess {
  /** The account or room that it is for. */
  readonly subject: string
  readonly secret: string
  /** The hash that it is checked against; undefined where there is none. */
  readonly stored: string | undefined
  readonly address: string
}

/** Checks guesses at secrets. Equal ones that are made while one is being checked share its answer. */
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

  /** A digest of a secret that nobody outside of this process can make. */
  digestOf(secret: string): string {
    return createHmac('sha256', this.#key).update(secret).digest('base64')
  }

  /** Refuses `too-many-attempts` where too many from an address have failed. */
  checkLimit(address: string): void {
    if (!this.#attempts.mayTry([address])) throw new Refusal('too-many-attempts')
  }

  /**
   * Whether a guess is right; each that is not is a failed attempt. Refuses `too-many-attempts`, without a check, and `unavailable`,
   * which is no attempt.
   */
  async check(guess: Guess): Promise<boolean> {
    const { subject, stored, secret, address } = guess
    const id = JSON.stringify([subject, stored, this.digestOf(secret)])
    const place = `${address} ${id}`
    const same = this.#trying.get(place)
    if (!same) return share(this.#trying, place, () => this.#try(id, guess))
    const right = await same
    if (!right) this.#attempts.fail([address])
    return right
  }

  async #try(id: string, guess: Guess): Promise<boolean> {
    const end = await this.#attempts.begin([guess.address])
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
      // It is refused where too many wait at its address, which is not this one.
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
