export interface AttemptLimit {
  /** Failed attempts that a key may have within `ms`. */
  readonly failures: number
  readonly ms: number
}

/** Counts failed attempts by key, such as a name or an address, and forgets each after its time. */
export class Attempts {
  readonly #limit: AttemptLimit
  readonly #now: () => number
  /** When a key's failures were, oldest first. The key that failed last stands last. */
  readonly #failed = new Map<string, number[]>()

  /** `now` is in ms; from which moment does not matter. */
  constructor(limit: AttemptLimit, now: () => number) {
    this.#limit = limit
    this.#now = now
  }

  /** Keys that something is remembered of. */
  get size(): number {
    return this.#failed.size
  }

  /**
   * Begins an attempt that counts as failed for each key, so that many at once are as limited as one after the other;
   * call what is returned when it has not failed. Undefined, and nothing counts, when a key may not try now.
   */
  begin(keys: readonly string[]): (() => void) | undefined {
    const now = this.#now()
    this.#forget(now)
    const recent = keys.map((key) => (this.#failed.get(key) ?? []).filter((at) => this.#counts(at, now)))
    if (recent.some((times) => times.length >= this.#limit.failures)) return undefined
    for (const [index, key] of keys.entries()) {
      this.#failed.delete(key)
      this.#failed.set(key, [...(recent[index] ?? []), now])
    }
    return () => {
      for (const key of keys) this.#takeBack(key, now)
    }
  }

  #takeBack(key: string, at: number): void {
    const times = this.#failed.get(key)
    const place = times?.indexOf(at) ?? -1
    if (place >= 0) times?.splice(place, 1)
    if (times?.length === 0) this.#failed.delete(key)
  }

  #forget(now: number): void {
    for (const [key, times] of this.#failed) {
      if (times.some((at) => this.#counts(at, now))) return
      this.#failed.delete(key)
    }
  }

  #counts(at: number, now: number): boolean {
    return now < at + this.#limit.ms
  }
}
