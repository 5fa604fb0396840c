import { Refusal } from './refusal.ts'
import { RoundRobin } from './round-robin.ts'

export interface FairQueueLimits {
  /** Tasks that run at the same time. */
  readonly running: number
  /** Tasks of one address that may wait; more are refused. */
  readonly waitingPerAddress: number
  /** Tasks of all addresses that may wait; more are refused. */
  readonly waiting: number
  /**
   * True if the next task of an address is drawn by lot, instead of the oldest one. Clients that run many tasks one after the other, and
   * have begun together, then do not end together, to come back together.
   */
  readonly isDrawn?: boolean
}

/** Returns an index below `count` at random. */
const draw = (count: number) => Math.floor(Math.random() * count)

/** Runs costly tasks, a few at the same time. Addresses take turns, so that many tasks of one do not delay the others. */
export class FairQueue {
  readonly #limits: FairQueueLimits
  #running = 0
  readonly #waiting: RoundRobin<() => void>

  constructor(limits: FairQueueLimits) {
    this.#limits = limits
    this.#waiting = new RoundRobin(limits.isDrawn ? draw : undefined)
  }

  /**
   * Runs a task for a client at an address when its turn comes. Rejects with what the task rejects with.
   *
   * @throws Refusal `unavailable` when too many tasks wait.
   */
  async run<T>(address: string, task: () => Promise<T>): Promise<T> {
    if (this.#running >= this.#limits.running) await this.#wait(address)
    else this.#running++
    try {
      return await task()
    } finally {
      const next = this.#waiting.shift()
      // A finished task hands over its place, so that no new one overtakes those that wait.
      if (next) next()
      else this.#running--
    }
  }

  #wait(address: string): Promise<void> {
    const { waiting, waitingPerAddress } = this.#limits
    if (this.#waiting.count(address) >= waitingPerAddress || this.#waiting.size >= waiting)
      throw new Refusal('unavailable')
    return new Promise((next) => this.#waiting.push(address, next))
  }
}
