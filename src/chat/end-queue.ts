import { settledWithin } from '../within.ts'
import type { Session } from './session.ts'

/** Number of rooms that closing sessions are leaving from which on no other session in several rooms begins to leave. */
const MAX_LEAVING = 64
/** Maximum time for which such a session keeps others from leaving, in ms: a slow store commits the more at once. */
const MAX_TURN_MS = 50
/** Maximum time that a session waits before it leaves, in ms: other nodes, where its client may come back, wait 500 ms for its nickname. */
const MAX_WAIT_MS = 250

/**
 * Ends of sessions in several rooms: each is told to every member of every room, and hundreds together would hold the event loop. They
 * begin a few at a time, except those whose nickname somebody waits for.
 */
export class EndQueue {
  /** Rooms of the ends under way. */
  #leaving = 0
  #isOpen = false
  /** The sessions that wait, the oldest first, each with a function that begins its end. */
  readonly #waiting = new Map<Session, () => void>()

  /** Runs `end`, which takes a session out of its rooms, when its turn comes: that of a session in one room, whose end is told once, at once. */
  run<T>(session: Session, end: () => Promise<T>): Promise<T> {
    const rooms = session.memberships.size
    const begin = () => {
      this.#leaving += rooms
      const ended = end()
      void settledWithin(ended, MAX_TURN_MS).then(() => {
        this.#leaving -= rooms
        this.#next()
      })
      return ended
    }
    if (rooms < 2) return end()
    if (this.#mayBegin) return begin()
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.hasten(session), MAX_WAIT_MS)
      this.#waiting.set(session, () => {
        clearTimeout(timer)
        this.#waiting.delete(session)
        resolve(begin())
      })
    })
  }

  /** Begins the end of a session that waits. */
  hasten(session: Session): void {
    this.#waiting.get(session)?.()
  }

  /** Lets all sessions end at once from now on, also those that wait. */
  open(): void {
    this.#isOpen = true
    this.#next()
  }

  get #mayBegin(): boolean {
    return this.#isOpen || this.#leaving < MAX_LEAVING
  }

  #next(): void {
    for (const begin of this.#waiting.values()) {
      if (!this.#mayBegin) return
      begin()
    }
  }
}
