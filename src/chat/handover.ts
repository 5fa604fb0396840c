import { nextRound } from '../tick.ts'
import type { EndQueue } from './end-queue.ts'
import type { Session } from './session.ts'

/** Maximum wait for a nickname whose holder may be leaving, in ms. */
const PATIENCE_MS = 5_000
/** The same when another node holds it: its state is not known here. */
const REMOTE_PATIENCE_MS = 500
/** Time in which a session that has waited in vain does not wait again, in ms: its further requests may stand behind this one. */
const IMPATIENT_MS = 60_000
/** First and longest pause between attempts, in ms. A nickname that is freed on this node is tried at once. */
const FIRST_PAUSE_MS = 5
const LONGEST_PAUSE_MS = 100

interface NicknameRequest {
  /** The folded nickname. */
  readonly key: string
  /** The session that wants it, and does not wait beyond its end; undefined if there is none. */
  readonly session?: Session | undefined
}

/**
 * Passes a nickname from a connection that is ending to its successor.
 *
 * A client that reconnects may be heard before the end of its previous connection has been. A request that finds the
 * nickname held therefore waits while the holder may be leaving, and is refused only when the holder stays.
 */
export class Handover {
  readonly #ends: EndQueue
  /** Wakes waiting requests, by folded nickname. */
  readonly #waiting = new Map<string, Set<() => void>>()
  /** The holders for whom a session waits. */
  readonly #awaited = new WeakMap<Session, () => readonly Session[]>()
  /** Time at which a session has last waited in vain. */
  readonly #vainAt = new WeakMap<Session, number>()

  constructor(ends: EndQueue) {
    this.#ends = ends
  }

  /**
   * Calls `attempt` until it resolves with true. Resolves with false when one of `holders` (the sessions of this node that
   * hold the nickname) `stays` or waits for the session of the request, when that session is closed, or when the patience is exhausted.
   */
  async take(
    request: NicknameRequest,
    attempt: () => Promise<boolean>,
    holders: () => readonly Session[],
    stays: (holder: Session) => boolean = ({ staying }) => staying,
  ): Promise<boolean> {
    if (await attempt()) return true
    // An end that arrived before this request has been read when the event loop has polled once more.
    await nextRound()
    await nextRound()
    const { session } = request
    if (!session) return this.#wait(request, attempt, holders, stays)
    this.#awaited.set(session, holders)
    try {
      return await this.#wait(request, attempt, holders, (holder) => stays(holder) || this.#awaits(holder, session))
    } finally {
      this.#awaited.delete(session)
    }
  }

  async #wait(
    { key, session }: NicknameRequest,
    attempt: () => Promise<boolean>,
    holders: () => readonly Session[],
    stays: (holder: Session) => boolean,
  ): Promise<boolean> {
    const started = performance.now()
    const waitedAt = session && this.#vainAt.get(session)
    const mayWait = waitedAt === undefined || started - waitedAt > IMPATIENT_MS
    for (let pause = FIRST_PAUSE_MS; session?.closed !== true; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
      if (await attempt()) return true
      const here = holders()
      for (const holder of here) this.#ends.hasten(holder)
      if (!mayWait || here.some(stays)) return false
      const patience = here.length > 0 ? PATIENCE_MS : REMOTE_PATIENCE_MS
      if (performance.now() - started > patience) {
        if (session) this.#vainAt.set(session, performance.now())
        return false
      }
      await this.#freed(key, pause)
    }
    return false
  }

  /** Returns true if a session waits for something that another one holds. */
  #awaits(session: Session, holder: Session): boolean {
    return session !== holder && this.#awaited.get(session)?.().includes(holder) === true
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
