import type { EngineBroadcast } from '../engine/engine.ts'
import { NodeQuestion } from './node-question.ts'
import type { Numbers, Presence } from './presence.ts'

/** Numbers of all nodes; of those with others on it, `most` is known for the moments in which this node has counted. */
export interface UserTotals extends Numbers {
  /** Number of nodes that have answered, this one included. */
  readonly nodes: number
}

/** Time for which a result is kept, in ms. */
const FRESH_MS = 5_000

/** Counts the sessions of all nodes. */
export class Totals {
  readonly #presence: Presence
  readonly #question: NodeQuestion<object, Numbers>
  #most = 0
  #kept: { readonly at: number; readonly totals: Promise<UserTotals> } | undefined

  constructor(broadcast: EngineBroadcast, presence: Presence) {
    this.#presence = presence
    this.#question = new NodeQuestion(broadcast, 'totals', () => this.#presence.numbers)
  }

  get(): Promise<UserTotals> {
    const now = performance.now()
    if (!this.#kept || now - this.#kept.at > FRESH_MS) this.#kept = { at: now, totals: this.#count() }
    // The numbers of this node are always those of the moment where there is no other one.
    return this.#kept.totals.then((totals) => (totals.nodes === 1 ? this.#withMost(this.#alone) : totals))
  }

  async #count(): Promise<UserTotals> {
    const { answers } = await this.#question.ask({}).catch(() => ({ answers: [] }))
    const totals = this.#alone
    for (const { sessions, admins } of answers) {
      totals.sessions += sessions
      totals.admins += admins
      totals.nodes++
    }
    return this.#withMost(totals)
  }

  /** The numbers of this node. */
  get #alone() {
    return { ...this.#presence.numbers, nodes: 1 }
  }

  #withMost(totals: UserTotals): UserTotals {
    this.#most = Math.max(this.#most, totals.most, totals.sessions)
    return { ...totals, most: this.#most }
  }
}
