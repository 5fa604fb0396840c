import { endTickFirst } from '../tick.ts'
import { RoundRobin } from './round-robin.ts'

/** Time in one round of the event loop after which no more begins of what clients ask for, in ms. */
export const ROUND_MS = 0.5
/** Maximum callbacks in one round. */
const MAX_PER_ROUND = 16
/** Maximum single requests that begin in one callback, as the work on several at once costs less. */
const MAX_AT_ONCE = 8

/** A client that asks for something. */
export interface Asker {
  readonly address: string
  /** True if the client is gone, so that nothing more is done for it. */
  readonly closed: boolean
}

/** Requests that begin with a turn: none, as there is nothing to do any more, one, or those of a callback, such as several in a pipeline. */
export type Begun = 'nothing' | 'one' | 'several'

/**
 * Spreads work for clients over rounds of the event loop, round robin by address. Such work is done anew for each client: without turns,
 * hundreds of requests at once would delay all others.
 */
export class WorkTurns {
  /** Time at which no more turns begin in this round; undefined before its first turn. */
  #endsAt: number | undefined
  /** Callbacks of this round that have not run. */
  #scheduled = 0
  readonly #waiting = new RoundRobin<() => Begun>()

  /** Returns true if it is the turn of an address, and `begin` is not called. Otherwise calls `begin` when it is. */
  take(address: string, begin: () => Begun): boolean {
    if (this.#scheduled === 0) this.#schedule(1)
    if (this.#waiting.size === 0 && this.#mayBegin()) return true
    this.#waiting.push(address, begin)
    return false
  }

  /**
   * Resolves with true when it is the turn of a client, in which a few milliseconds of work may be done at most; with false when the client
   * is gone, so that nothing is to be done for it.
   */
  next(asker: Asker): Promise<boolean> {
    return new Promise((resolve) => {
      const begin = () => {
        resolve(!asker.closed)
        return asker.closed ? 'nothing' : 'several'
      }
      this.#waiting.push(asker.address, begin)
      if (this.#scheduled === 0) this.#schedule(1)
    })
  }

  /** Yields items in turns of a client, as many in each as a short time allows; no more when the client is gone. */
  async *each<T>(asker: Asker, items: Iterable<T>): AsyncGenerator<T> {
    let end = 0
    for (const item of items) {
      if (performance.now() >= end) {
        if (!(await this.next(asker))) return
        end = performance.now() + ROUND_MS
      }
      yield item
    }
  }

  #mayBegin(): boolean {
    const now = performance.now()
    this.#endsAt ??= now + ROUND_MS
    return now < this.#endsAt
  }

  /** Lets turns begin in callbacks of their own, between which the runtime does the work of each. */
  #schedule(turns: number): void {
    this.#scheduled = turns
    for (let n = 0; n < turns; n++) setImmediate(this.#turn)
  }

  readonly #turn = (): void => {
    // Only before the first turn of a round: each end of a tick costs a commit and writes.
    if (this.#endsAt === undefined) endTickFirst()
    for (let left = MAX_AT_ONCE; left > 0 && this.#waiting.size > 0 && this.#mayBegin(); ) {
      const begun = this.#waiting.shift()?.()
      if (begun === 'several') break
      if (begun === 'one') left--
    }
    if (--this.#scheduled > 0) return
    this.#endsAt = undefined
    if (this.#waiting.size > 0) this.#schedule(Math.min(MAX_PER_ROUND, this.#waiting.size))
  }
}
