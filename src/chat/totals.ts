import { randomUUID } from 'node:crypto'
import type { EngineBroadcast } from '../engine/engine.ts'
import type { Presence } from './presence.ts'

export interface UserTotals {
  readonly sessions: number
  readonly admins: number
  /** Number of nodes that have answered, this one included. */
  readonly nodes: number
}

/** Subject of broadcasts between nodes. */
const SUBJECT = 'totals'
/** Maximum wait for the answers of the other nodes, and time for which a result is kept, in ms. */
const PATIENCE_MS = 500
const FRESH_MS = 5_000

type Told =
  | { readonly count: number; readonly node: string }
  | { readonly answer: number; readonly to: string; readonly sessions: number; readonly admins: number }

/** Counts the sessions of all nodes. */
export class Totals {
  readonly #broadcast: EngineBroadcast
  readonly #presence: Presence
  readonly #node = randomUUID()
  readonly #answered = new Map<number, (sessions: number, admins: number) => void>()
  #asked = 0
  #kept: { readonly at: number; readonly totals: Promise<UserTotals> } | undefined

  constructor(broadcast: EngineBroadcast, presence: Presence) {
    this.#broadcast = broadcast
    this.#presence = presence
    // Only this class writes what is received.
    broadcast.onBroadcast(SUBJECT, (text) => text !== undefined && this.#heed(JSON.parse(text)))
  }

  get(): Promise<UserTotals> {
    const now = performance.now()
    if (!this.#kept || now - this.#kept.at > FRESH_MS) this.#kept = { at: now, totals: this.#count() }
    // The numbers of this node are always those of the moment where there is no other one.
    return this.#kept.totals.then((totals) => (totals.nodes === 1 ? { ...this.#here(), nodes: 1 } : totals))
  }

  async #count(): Promise<UserTotals> {
    const peers = await this.#broadcast.peers().catch(() => 0)
    const totals = { ...this.#here(), nodes: 1 }
    if (peers === 0) return totals
    const number = ++this.#asked
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#answered.set(number, (sessions, admins) => {
      totals.sessions += sessions
      totals.admins += admins
      if (++totals.nodes > peers) resolve()
    })
    const timer = setTimeout(resolve, PATIENCE_MS).unref()
    this.#publish({ count: number, node: this.#node })
    await promise
    clearTimeout(timer)
    this.#answered.delete(number)
    return totals
  }

  #here(): { sessions: number; admins: number } {
    const numbers = { sessions: 0, admins: 0 }
    for (const { id, closed, isAdmin } of this.#presence.all()) {
      if (id === '' || closed) continue
      numbers.sessions++
      if (isAdmin) numbers.admins++
    }
    return numbers
  }

  #publish(told: Told): void {
    this.#broadcast.publish(SUBJECT, JSON.stringify(told))
  }

  #heed(told: Told): void {
    if ('count' in told) this.#publish({ answer: told.count, to: told.node, ...this.#here() })
    else if (told.to === this.#node) this.#answered.get(told.answer)?.(told.sessions, told.admins)
  }
}
