import { randomUUID } from 'node:crypto'
import type { Records } from '../engine/typed-records.ts'

/** A continuous task that one node at a time does. Another one takes it over when its lease expires. */
export class TaskLease {
  readonly #records: Records
  readonly #name: string
  readonly #leaseMs: number
  readonly #self = randomUUID()
  /** End of the lease that this node holds, in ms since the epoch. */
  #until = 0

  constructor(records: Records, name: string, leaseMs: number) {
    this.#records = records
    this.#name = name
    this.#leaseMs = leaseMs
  }

  /** True while no other node can have the task. */
  get isHeld(): boolean {
    return Date.now() < this.#until
  }

  /**
   * Takes the task or renews its lease. Resolves with `renewed` if the lease has not lapsed, `taken` if it is new or had lapsed, so that another
   * node may have worked meanwhile, and `elsewhere` if another node has the task. @throws Unavailable
   */
  async take(): Promise<'taken' | 'renewed' | 'elsewhere'> {
    const expiresAt = Date.now() + this.#leaseMs
    const held = this.isHeld && (await this.#records.get('duty', this.#name)) === this.#self
    // A lease that has expired meanwhile may be another node's.
    if (held && this.isHeld) {
      await this.#records.put('duty', this.#name, this.#self, { expiresAt })
      const wasHeld = this.isHeld
      this.#until = expiresAt
      return wasHeld ? 'renewed' : 'taken'
    }
    const isTaken = await this.#records.insert('duty', this.#name, this.#self, { expiresAt })
    this.#until = isTaken ? expiresAt : 0
    return isTaken ? 'taken' : 'elsewhere'
  }

  /** Lets another node take the task at once. @throws Unavailable */
  async release(): Promise<void> {
    if (!this.isHeld) return
    this.#until = 0
    await this.#records.delete('duty', this.#name)
  }
}
