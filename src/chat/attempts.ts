export interface AttemptLimit {
  /** Failed attempts that a key may have within `ms`. */
  readonly failures: number
  readonly ms: number
}

/** Counts failed attempts by key, such as an address, and forgets each after its time. */
export class Attempts {
  readonly #limit: AttemptLimit
  readonly #now: () => number
  /** When a key's failures were, oldest first. The key that failed last stands last. */
  readonly #failed = new Map<string, number[]>()
  /** Attempts of a key of which it is not known yet how they end. */
  readonly #underWay = new Map<string, number>()
  /** Wakes up whoever waits for one of these to end. */
  #ended = Promise.withResolvers<void>()

  /** `now` is in ms; from which moment does not matter. */
  constructor(limit: AttemptLimit, now: () => number) {
    this.#limit = limit
    this.#now = now
  }

  /** Keys that something is remembered of. */
  get size(): number {
    return this.#failed.size + this.#underWay.size
  }

  /**
   * Begins an attempt; call what is given with whether it has failed. Where those under way, should they fail, would leave
   * none for this one, it waits for them: so many at once are as limited as one after the other, and none is refused for
   * what may yet be right. Undefined, and nothing counts, when a key may not try now.
   */
  async begin(keys: readonly string[]): Promise<((failed: boolean) => void) | undefined> {
    const { failures } = this.#limit
    for (;;) {
      const now = this.#now()
      this.#forget(now)
      const counts = keys.map((key) => ({ failed: this.#count(key, now), underWay: this.#underWay.get(key) ?? 0 }))
      if (counts.some(({ failed }) => failed >= failures)) return undefined
      if (counts.every(({ failed, underWay }) => failed + underWay < failures)) break
      await this.#ended.promise
    }
    for (const key of keys) this.#underWay.set(key, (this.#underWay.get(key) ?? 0) + 1)
    return (failed) => this.#end(keys, failed)
  }

  /** Whether no key has failed too often. */
  mayTry(keys: readonly string[]): boolean {
    const now = this.#now()
    return keys.every((key) => this.#count(key, now) < this.#limit.failures)
  }

  /** Counts what is limited whether it fails or not. False when a key may not now. */
  count(keys: readonly string[]): boolean {
    const now = this.#now()
    this.#forget(now)
    if (keys.some((key) => this.#count(key, now) >= this.#limit.failures)) return false
    for (const key of keys) this.#add(key, now)
    return true
  }

  #end(keys: readonly string[], failed: boolean): void {
    const now = this.#now()
    for (const key of keys) {
      const left = (this.#underWay.get(key) ?? 1) - 1
      if (left > 0) this.#underWay.set(key, left)
      else this.#underWay.delete(key)
      if (failed) this.#add(key, now)
    }
    this.#ended.resolve()
    this.#ended = Promise.withResolvers()
  }

  #add(key: string, now: number): void {
    const times = (this.#failed.get(key) ?? []).filter((at) => this.#counts(at, now))
    this.#failed.delete(key)
    this.#failed.set(key, [...times, now])
  }

  #count(key: string, now: number): number {
    return (this.#failed.get(key) ?? []).filter((at) => this.#counts(at, now)).length
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
