import { fold } from './names.ts'
import type { Session } from './session.ts'

export interface Numbers {
  readonly sessions: number
  readonly admins: number
  /** The highest number of sessions since the start of this node. */
  readonly most: number
}

/** The sessions that are logged in on this node, by folded nickname; under the empty one those that only read. */
export class Presence {
  readonly #sessions = new Map<string, Set<Session>>()
  /** The sessions that have been logged in and are not closed, and those of them with the rights of an admin: counted for each IRC client. */
  readonly #open = new Set<Session>()
  readonly #admins = new Set<Session>()
  #most = 0

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
  }

  /** Returns true if it was the last session of the nickname. */
  remove(key: string, session: Session): boolean {
    const sessions = this.#sessions.get(key)
    if (!sessions?.delete(session)) return false
    return sessions.size === 0 && this.#sessions.delete(key)
  }

  /** Called when a session has been logged in. */
  begin(session: Session): void {
    this.#open.add(session)
    this.#most = Math.max(this.#most, this.#open.size)
    this.setAdmin(session, session.isAdmin)
  }

  /** Called when a session is closed. */
  end(session: Session): void {
    this.#open.delete(session)
    this.#admins.delete(session)
  }

  /** Gives a session the rights of an admin, or takes them. */
  setAdmin(session: Session, isAdmin: boolean): void {
    session.isAdmin = isAdmin
    if (isAdmin && this.#open.has(session)) this.#admins.add(session)
    else this.#admins.delete(session)
  }

  /** Numbers of the sessions that have been logged in and are not closed. */
  get numbers(): Numbers {
    return { sessions: this.#open.size, admins: this.#admins.size, most: this.#most }
  }

  /** Number of sessions by protocol. */
  counts(): Map<string, number> {
    const counts = new Map<string, number>()
    for (const sessions of this.#sessions.values()) {
      for (const { protocol } of sessions) counts.set(protocol, (counts.get(protocol) ?? 0) + 1)
    }
    return counts
  }
}
