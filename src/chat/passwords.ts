import { BoundedMap } from '../bounded-map.ts'
import type { RoomRecord } from '../engine/engine.ts'
import type { Attempts } from './attempts.ts'
import type { Guesses } from './guesses.ts'
import { Refusal } from './refusal.ts'
import type { Secrets } from './secrets.ts'

/** Minimum characters and maximum bytes of a room's password. */
const SHORTEST = 8
const LONGEST = 72
/** Maximum number of rooms whose last password is remembered. */
const MOST = 1_000

/** Passwords of rooms that are not public. */
export class Passwords {
  readonly #secrets: Secrets
  readonly #guesses: Guesses
  readonly #made: Attempts
  /**
   * Digest of the last password that has opened a room: a class that joins at once does not wait for one costly check after the
   * other.
   */
  readonly #opened = new BoundedMap<number, { hash: string; digest: string }>(MOST)

  /** `made` counts rooms with a password, by address. */
  constructor(secrets: Secrets, guesses: Guesses, made: Attempts) {
    this.#secrets = secrets
    this.#guesses = guesses
    this.#made = made
  }

  /** Returns true for a possible password of a room. */
  static fits(password: string): boolean {
    return password.length >= SHORTEST && Buffer.byteLength(password) <= LONGEST
  }

  /** Hashes the password of a new room. @throws Refusal `password-invalid`, `too-many-attempts` when one address makes many, `unavailable`. */
  async hash(password: string, address: string): Promise<string> {
    if (!Passwords.fits(password)) throw new Refusal('password-invalid')
    if (!this.#made.count(address)) throw new Refusal('too-many-attempts')
    return this.#secrets.hash(password, address)
  }

  /**
   * Checks the password of a room. Where there is no room every password is wrong, which takes as long.
   *
   * @throws Refusal `password-wrong`; `too-many-attempts`, without a check; `unavailable`, which is no attempt.
   */
  async check(room: RoomRecord | undefined, password: string, address: string): Promise<void> {
    if (room && !room.hash) throw new Refusal('password-wrong')
    const { id, hash } = room ?? {}
    this.#guesses.checkLimit(address)
    const digest = this.#guesses.digestOf(password)
    const opened = id === undefined ? undefined : this.#opened.get(id)
    if (opened && opened.hash === hash && opened.digest === digest) return
    const isRight = await this.#guesses.check({ subject: `room:${id}`, secret: password, stored: hash, address })
    if (!isRight || id === undefined || !hash) throw new Refusal('password-wrong')
    this.#opened.set(id, { hash, digest })
  }

  /** Forgets a room that was closed. */
  forget(id: number): void {
    this.#opened.delete(id)
  }
}
