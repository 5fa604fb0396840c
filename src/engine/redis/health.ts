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
  readonly #warned = new Set<string>()
  /** Reason why commits fail at present; undefined while they work. */
  trouble: string | undefined

  constructor({ shown }: RedisLocation, observer: EngineObserver) {
    this.#shown = shown
    this.#observer = observer
  }

  /** Called when commits fail; reports a reason that is not the last one. */
  failed(reason: string): void {
    const trouble = `Redis at ${this.#shown}: ${reason}`
    if (trouble === this.trouble) return
    this.trouble = trouble
    this.#observer.trouble(trouble)
  }

  recovered(): void {
    if (this.trouble === undefined) return
    this.trouble = undefined
    this.#observer.recovered()
  }

  /** Reports a condition that an operator must correct although commits work; each reason once. */
  warn(reason: string): void {
    if (this.#warned.has(reason)) return
    this.#warned.add(reason)
    this.#observer.warning?.(`Redis at ${this.#shown}: ${reason}`)
  }
}
