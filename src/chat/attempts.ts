export interface AttemptLimit {
  /** Maximum failed attempts of a key within `ms`. */
  readonly failures: number
  readonly ms: number
}

/** Ends an attempt. */
type End = (failed: boolean) => void

/** Attempts that wait for others with some of their keys, oldest first. */
interface Line {
  readonly keys: readonly string[]
  readonly waiting: ((end: End | undefined) => void)[]
}

/** Counts failed attempts by key, such as an address, and forgets each after its time. */
export class Attempts {
  readonly #limit: AttemptLimit
  readonly #now: () => number
  /** Times of a key's newest failures, oldest first, at most `failures`. The key that failed last comes last. */
  readonly #failed = new Map<string, number[]>()
  /** Number of attempts under way, by key. */
  readonly #underWay = new Map<string, number>()
  /** Waiting attempts, by their joined keys. */
  readonly #lines = new Map<string, Line>()

  /** `now` returns ms since any moment. */
  constructor(limit: AttemptLimit, now: () => number) {
    this.#limit = limit
    this.#now = now
  }

  /** Number of keys in memory. */
  get size(): number {
    return this.#failed.size + this.#underWay.size
  }

  /**
   * Begins an attempt; call what is given with whether it has failed. Where those under way, should they fail, would leave
   * none for this one, it waits for them: so many at once are as limited as one after the other, and none is refused for
   * what may yet be right. Undefined, and nothing counts, when a key may not try now.
   */
  async begin(keys: readonly string[]): Promise<End | undefined> {
    const name = keys.join('\n')
    const line = this.#lines.get(name)
    const begun = line ? 'wait' : this.#tryBegin(keys)
    if (begun !== 'wait') return begun
    return new Promise((resolve) => {
      if (line) line.waiting.push(resolve)
      else this.#lines.set(name, { keys, waiting: [resolve] })
    })
  }

  #tryBegin(keys: readonly string[]): End | undefined | 'wait' {
    const { failures } = this.#limit
    const now = this.#now()
    this.#forget(now)
    const counts = keys.map((key) => ({ failed: this.#count(key, now), underWay: this.#underWay.get(key) ?? 0 }))
    if (counts.some(({ failed }) => failed >= failures)) return undefined
    if (counts.some(({ failed, underWay }) => failed + underWay >= failures)) return 'wait'
    for (const key of keys) this.#underWay.set(key, (this.#underWay.get(key) ?? 0) + 1)
    return (failed) => this.#end(keys, failed)
  }

  /** Returns true if no key has failed too often. */
  mayTry(keys: readonly string[]): boolean {
    const now = this.#now()
    return keys.every((key) => this.#count(key, now) < this.#limit.failures)
  }

  /** Counts a failure that was not begun here. */
  fail(keys: readonly string[]): void {
    const now = this.#now()
    this.#forget(now)
    for (const key of keys) this.#add(key, now)
  }

  /** Counts an action that is limited whether it fails or not. Returns false when a key has reached its limit. */
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
    for (const [name, line] of this.#lines) {
      if (!line.keys.some((key) => keys.includes(key))) continue
      this.#advance(line)
      if (line.waiting.length === 0) this.#lines.delete(name)
    }
  }

  /** Begins the attempts that need not wait any more. */
  #advance({ keys, waiting }: Line): void {
    for (let first = waiting[0]; first; first = waiting[0]) {
      const begun = this.#tryBegin(keys)
      if (begun === 'wait') return
      waiting.shift()
      first(begun)
    }
  }

  #add(key: string, now: number): void {
    if (this.#limit.failures === Number.POSITIVE_INFINITY) return
    const times = (this.#failed.get(key) ?? []).filter((at) => this.#counts(at, now))
    this.#failed.delete(key)
    this.#failed.set(key, [...times, now].slice(-this.#limit.failures))
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
