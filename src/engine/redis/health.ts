import type { EngineObserver } from '../observer.ts'
import type { RedisLocation } from './url.ts'

/**
 * Tracks and reports whether Redis accepts commits. It does not while it cannot be reached, and while it refuses to renew this node's
 * lease: that is a write like any other, so a full memory or disk refuses it too, and the next renewal shows when that is over. A single
 * refused append is only a warning.
 */
export class Health {
  readonly #shown: string
  readonly #observer: EngineObserver
  /** Reasons that were reported since the last recovery. */
  readonly #reported = new Set<string>()
  readonly #warned = new Set<string>()
  #trouble: string | undefined

  constructor({ shown }: RedisLocation, observer: EngineObserver) {
    this.#shown = shown
    this.#observer = observer
  }

  /** Reason why commits fail at present; undefined while they work. */
  get trouble(): string | undefined {
    return this.#trouble
  }

  /** Called when commits fail; reports each reason once. */
  failed(reason: string): void {
    this.#trouble = `Redis at ${this.#shown}: ${reason}`
    if (this.#reported.has(reason)) return
    this.#reported.add(reason)
    this.#observer.trouble(this.#trouble)
  }

  recovered(): void {
    if (this.#trouble === undefined) return
    this.#trouble = undefined
    this.#reported.clear()
    this.#observer.recovered()
  }

  /** Reports a condition that an operator must correct although commits work; each reason once. */
  warn(reason: string): void {
    if (this.#warned.has(reason)) return
    this.#warned.add(reason)
    this.#observer.warning?.(`Redis at ${this.#shown}: ${reason}`)
  }
}
