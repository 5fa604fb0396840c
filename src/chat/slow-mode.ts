import { BoundedMap } from '../bounded-map.ts'

/** Maximum number of users whose last message is remembered; those beyond it may speak earlier. */
const MAX_USERS = 16_384

/** The slow mode of a room: the last message of each user, for as long as the next one has to wait. */
export class SlowMode {
  /** Time between two messages of a user, in ms; 0 for no limit. */
  #everyMs = 0
  /** In ms since the epoch, by folded nickname, oldest first. */
  readonly #lastSaid = new BoundedMap<string, number>(MAX_USERS)

  get isOn(): boolean {
    return this.#everyMs > 0
  }

  /** Sets the time between two messages of a user, 0 for no limit. Earlier messages do not count. */
  set(seconds: number): void {
    this.#everyMs = 1_000 * seconds
    this.#lastSaid.clear()
  }

  /** Notes a message at `at`, in ms since the epoch. */
  note(key: string, at: number): void {
    this.#lastSaid.set(key, at)
    for (const [oldest, said] of this.#lastSaid) {
      if (said + this.#everyMs > at) return
      this.#lastSaid.delete(oldest)
    }
  }

  /** Notes that a user has another nickname, under which it waits on. */
  rename(from: string, to: string): void {
    const said = this.#lastSaid.get(from)
    if (said === undefined || from === to) return
    this.#lastSaid.delete(from)
    this.#lastSaid.set(to, said)
  }

  /** Forgets the last message of a user, which was not said after all. */
  forget(key: string): void {
    this.#lastSaid.delete(key)
  }

  /** Returns the time until a user may speak again, in ms; 0 or less if it may. */
  waitOf(key: string, now: number): number {
    return (this.#lastSaid.get(key) ?? Number.NEGATIVE_INFINITY) + this.#everyMs - now
  }
}
