import { nextRound } from '../tick.ts'
import type { Session } from './session.ts'

/** Maximum wait for a nickname whose holder may be leaving, in ms. */
const PATIENCE_MS = 5_000
/** The same when another node holds it: its state is not known here. */
const REMOTE_PATIENCE_MS = 500
/** First and longest pause between attempts, in ms. A nickname that is freed on this node is tried at once. */
const FIRST_PAUSE_MS = 5
const LONGEST_PAUSE_MS = 100

/**
 * Passes a nickname from a connection that is ending to its successor.
 *
 * A client that reconnects may be heard before the end of its previous connection has been. A request that finds the
 * nickname held therefore waits while the holder may be leaving, and is refused only when the holder stays.
 */
export class Handover {
  /** Wakes waiting requests, by folded nickname. */
  readonly #waiting = new Map<string, Set<() => void>>()

  /**
   * Calls `attempt` until it resolves with true. Resolves with false when one of `holders` (the sessions of this node that
   * hold the nickname) `stays`, when `self` is closed, or when the patience is exhausted.
   */
  async take(
    self: Pick<Session, 'key' | 'closed'>,
    attempt: () => Promise<boolean>,
    holders: () => readonly Session[],
    stays: (holder: Session) => boolean = ({ staying }) => staying,
  ): Promise<boolean> {
    if (await attempt()) return true
    const started = performance.now()
    // An end that arrived before this request has been read when the event loop has polled once more.
    await nextRound()
    await nextRound()
    for (let pause = FIRST_PAUSE_MS; !self.closed; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
      if (await attempt()) return true
      const here = holders()
      if (here.some(stays)) return false
      const patience = here.length > 0 ? PATIENCE_MS : REMOTE_PATIENCE_MS
      if (performance.now() - started > patience) return false
      await this.#freed(self.key, pause)
    }
    return false
  }

  /** Wakes the requests that wait for a nickname. */
  freed(key: string): void {
    for (const wake of this.#waiting.get(key) ?? []) wake()
  }

  /** Resolves when the nickname is freed on this node, at the latest after `pause` ms. */
  async #freed(key: string, pause: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const waiting = this.#waiting.get(key) ?? new Set()
    this.#waiting.set(key, waiting.add(resolve))
    const timer = setTimeout(resolve, pause).unref()
    await promise
    clearTimeout(timer)
    waiting.delete(resolve)
    if (waiting.size === 0) this.#waiting.delete(key)
  }
}
