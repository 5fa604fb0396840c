import { Refusal } from './refusal.ts'
import { RoundRobin } from './round-robin.ts'

export interface FairQueueLimits {
  /** Weight of the running tasks from which on no other one begins. */
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

interface WaitingTask {
  readonly begin: () => void
  readonly weight: number
}

/** Returns an index below `count` at random. */
const draw = (count: number) => Math.floor(Math.random() * count)

/** Runs costly tasks, a few at the same time. Addresses take turns, so that many tasks of one do not delay the others. */
export class FairQueue {
  #limits: FairQueueLimits
  /** Weight of the running tasks. */
  #running = 0
  readonly #waiting: RoundRobin<WaitingTask>

  constructor(limits: FairQueueLimits) {
    this.#limits = limits
    this.#waiting = new RoundRobin(limits.isDrawn ? draw : undefined)
  }

  /**
   * Runs a task for a client at an address when its turn comes. Rejects with what the task rejects with.
   *
   * @throws Refusal `unavailable` when too many tasks wait.
   */
  async run<T>(address: string, task: () => Promise<T>, weight = 1): Promise<T> {
    if (this.#running >= this.#limits.running) await this.#wait(address, weight)
    else this.#running += weight
    try {
      return await task()
    } finally {
      this.#running -= weight
      this.#begin()
    }
  }

  /** Runs all tasks at once from now on, also those that wait. */
  open(): void {
    this.#limits = { ...this.#limits, running: Infinity }
    this.#begin()
  }

  /** Begins waiting tasks as far as the limit lets them. */
  #begin(): void {
    while (this.#running < this.#limits.running) {
      const next = this.#waiting.shift()
      if (!next) return
      this.#running += next.weight
      next.begin()
    }
  }

  #wait(address: string, weight: number): Promise<void> {
    const { waiting, waitingPerAddress } = this.#limits
    if (this.#waiting.count(address) >= waitingPerAddress || this.#waiting.size >= waiting)
      throw new Refusal('unavailable')
    return new Promise((begin) => this.#waiting.push(address, { begin, weight }))
  }
}
