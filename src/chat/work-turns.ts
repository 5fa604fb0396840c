import { endTickFirst } from '../tick.ts'
import type { Asker } from './reader.ts'
import { RoundRobin } from './round-robin.ts'

/** Time in one round of the event loop after which no more turns begin, in ms. */
const ROUND_MS = 0.5
/** Maximum turns in one round. */
const MAX_PER_ROUND = 8
/** Time after which work on a list waits for its next turn, in ms. */
const PART_MS = 0.5

/**
 * Spreads work of clients that takes long, such as long lists, over rounds of the event loop, round robin by address: it is done once for
 * each of them, so that hundreds that ask at once would hold up everybody.
 */
export class WorkTurns {
  readonly #waiting = new RoundRobin<() => void>()
  /** Callbacks of this round that have not run. */
  #scheduled = 0
  /** Time at which no more turns begin in this round; undefined before its first turn. */
  #endsAt: number | undefined

  /** Resolves when it is the turn of an address, in which a few milliseconds of work may be done at most. */
  next(address: string): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(address, resolve)
      if (this.#scheduled === 0) this.#schedule()
    })
  }

  /** Yields items in turns of a client, as many in each as a short time allows; no more when the client is gone. */
  async *each<T>(asker: Asker, items: Iterable<T>): AsyncGenerator<T> {
    let end = 0
    for (const item of items) {
      if (performance.now() >= end) {
        await this.next(asker.address)
        if (asker.closed) return
        end = performance.now() + PART_MS
      }
      yield item
    }
  }

  #schedule(): void {
    this.#scheduled = Math.min(MAX_PER_ROUND, this.#waiting.size)
    // Callbacks of their own, as the work of a turn is done behind its callback.
    for (let n = this.#scheduled; n > 0; n--) setImmediate(this.#turn)
  }

  readonly #turn = (): void => {
    if (this.#endsAt === undefined) endTickFirst()
    const now = performance.now()
    this.#endsAt ??= now + ROUND_MS
    if (now < this.#endsAt) this.#waiting.shift()?.()
    if (--this.#scheduled > 0) return
    this.#endsAt = undefined
    if (this.#waiting.size > 0) this.#schedule()
  }
}
