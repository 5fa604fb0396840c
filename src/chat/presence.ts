import { fold } from './names.ts'
import type { Session } from './session.ts'

/** The sessions that are logged in on this node, by folded nickname; under the empty one those that only read. */
export class Presence {
  readonly #sessions = new Map<string, Set<Session>>()
  readonly #counts = new Map<string, number>()

  has(key: string): boolean {
    return this.#sessions.has(key)
  }

  keys(): Iterable<string> {
    return this.#sessions.keys()
  }

  /** The sessions of a nickname, in order of login. */
  of(name: string): Session[] {
    return [...(this.#sessions.get(fold(name)) ?? [])]
  }

  /** The sessions that have been logged in, and those without a nickname. */
  *all(): Generator<Session> {
    for (const [key, sessions] of this.#sessions) {
      for (const session of sessions) if (session.key === key) yield session
    }
  }

  add(key: string, session: Session): void {
    const sessions = this.#sessions.get(key)
    if (sessions?.has(session)) return
    if (sessions) sessions.add(session)
    else this.#sessions.set(key, new Set([session]))
    this.#count(session, 1)
  }

  /** Returns true if it was the last session of the nickname. */
  remove(key: string, session: Session): boolean {
    const sessions = this.#sessions.get(key)
    if (!sessions?.delete(session)) return false
    this.#count(session, -1)
    return sessions.size === 0 && this.#sessions.delete(key)
  }

  /** Number of sessions by protocol. */
  counts(): Map<string, number> {
    return new Map(this.#counts)
  }

  #count({ wire: { protocol } }: Session, change: number): void {
    const count = (this.#counts.get(protocol) ?? 0) + change
    if (count > 0) this.#counts.set(protocol, count)
    else this.#counts.delete(protocol)
  }
}
