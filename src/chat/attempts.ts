interface AttemptLimit {
  /** Maximum failed attempts of an address within `ms`. */
  readonly failures: number
  readonly ms: number
}

type End = (failed: boolean) => void
type Begin = (end: End | undefined) => void

/** Counts failed attempts by address, and forgets each after its time. */
export class Attempts {
  readonly #limit: AttemptLimit
  readonly #now: () => number
  /** Times of an address's newest failures, oldest first, at most `failures`. The address that failed last comes last. */
  readonly #failed = new Map<string, number[]>()
  /** Number of attempts under way, by address. */
  readonly #underWay = new Map<string, number>()
  /** Attempts that wait, by address, oldest first. */
  readonly #waiting = new Map<string, Begin[]>()

  /** `now` returns ms since any moment. */
  constructor(limit: AttemptLimit, now: () => number) {
    this.#limit = limit
    this.#now = now
  }

  /** Number of addresses in memory. */
  get size(): number {
    return this.#failed.size + this.#underWay.size
  }

  /**
   * Begins an attempt. Resolves with a function to call with its outcome, or with undefined when the address has failed too often.
   *
   * An attempt waits while those under way could use up the limit by failing: so attempts at the same time are as limited as
   * attempts one after the other, and none is refused for failures that may not happen.
   */
  async begin(address: string): Promise<End | undefined> {
    const waiting = this.#waiting.get(address)
    const begun = waiting ? 'wait' : this.#tryBegin(address)
    if (begun !== 'wait') return begun
    return new Promise((resolve) => {
      if (waiting) waiting.push(resolve)
      else this.#waiting.set(address, [resolve])
    })
  }

  /** Returns true if an address has not failed too often. */
  mayTry(address: string): boolean {
    return this.#count(address, this.#now()) < this.#limit.failures
  }

  /** Counts a failure of an attempt that was not begun here. */
  fail(address: string): void {
    const now = this.#now()
    this.#forget(now)
    this.#add(address, now)
  }

  /** Counts an action that is limited whether it fails or not. Returns false when the address has reached its limit. */
  count(address: string): boolean {
    const now = this.#now()
    this.#forget(now)
    if (this.#count(address, now) >= this.#limit.failures) return false
    this.#add(address, now)
    return true
  }

  #tryBegin(address: string): End | undefined | 'wait' {
    const { failures } = this.#limit
    const now = this.#now()
    this.#forget(now)
    const failed = this.#count(address, now)
    const underWay = this.#underWay.get(address) ?? 0
    if (failed >= failures) return undefined
    if (failed + underWay >= failures) return 'wait'
    this.#underWay.set(address, underWay + 1)
    return (hasFailed) => this.#end(address, hasFailed)
  }

  #end(address: string, failed: boolean): void {
    const left = (this.#underWay.get(address) ?? 1) - 1
    if (left > 0) this.#underWay.set(address, left)
    else this.#underWay.delete(address)
    if (failed) this.#add(address, this.#now())
    const waiting = this.#waiting.get(address)
    for (let first = waiting?.[0]; waiting && first; first = waiting[0]) {
      const begun = this.#tryBegin(address)
      if (begun === 'wait') return
      waiting.shift()
      first(begun)
    }
    this.#waiting.delete(address)
  }

  #add(address: string, now: number): void {
    if (this.#limit.failures === Number.POSITIVE_INFINITY) return
    const times = (this.#failed.get(address) ?? []).filter((at) => this.#counts(at, now))
    this.#failed.delete(address)
    this.#failed.set(address, [...times, now].slice(-this.#limit.failures))
  }

  #count(address: string, now: number): number {
    return (this.#failed.get(address) ?? []).filter((at) => this.#counts(at, now)).length
  }

  #forget(now: number): void {
    for (const [address, times] of this.#failed) {
      if (times.some((at) => this.#counts(at, now))) return
      this.#failed.delete(address)
    }
  }

  #counts(at: number, now: number): boolean {
    return now < at + this.#limit.ms
  }
}
