import type { EngineObserver } from '../observer.ts'
import type { RedisLocation } from './url.ts'

/**
 * Whether Redis takes what is to be committed, and what is said of that. It does not while it is away, and while it refuses to
 * renew this node's lease: that is a write like any other, so whatever refuses it, a full memory or disk, refuses commits,
 * and the next renewal tells when that is over. One refused append tells less, see {@link Health.warn}.
 */
export class Health {
  readonly #shown: string
  readonly #watch: EngineObserver
  readonly #said = new Set<string>()
  readonly #warned = new Set<string>()
  #trouble: string | undefined

  constructor({ shown }: RedisLocation, watch: EngineObserver) {
    this.#shown = shown
    this.#watch = watch
  }

  /** Why nothing can be committed now; undefined while it can. */
  get trouble(): string | undefined {
    return this.#trouble
  }

  /** Nothing can be committed: said once for each reason. */
  failed(reason: string): void {
    this.#trouble = `Redis at ${this.#shown}: ${reason}`
    if (this.#said.has(reason)) return
    this.#said.add(reason)
    this.#watch.trouble(this.#trouble)
  }

  recovered(): void {
    if (this.#trouble === undefined) return
    this.#trouble = undefined
    this.#said.clear()
    this.#watch.recovered()
  }

  /** Something is wrong, though commits work: said once for each reason. */
  warn(reason: string): void {
    if (this.#warned.has(reason)) return
    this.#warned.add(reason)
    this.#watch.warning?.(`Redis at ${this.#shown}: ${reason}`)
  }
}
