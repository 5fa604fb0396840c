import { fold } from './names.ts'
import type { Session } from './session.ts'

/** The sessions that are members of a room, by the user whose presence they share. */
export class RoomMembers {
  /** By folded nickname: a user may be there through several sessions. */
  readonly #sessions = new Map<string, Set<Session>>()

  /** Number of users. */
  get size(): number {
    return this.#sessions.size
  }

  has(session: Session): boolean {
    return this.#sessions.get(session.key)?.has(session) === true
  }

  /** The sessions of a user, as they are now. */
  of(key: string): readonly Session[] {
    return [...(this.#sessions.get(key) ?? [])]
  }

  /** All sessions, as they are now. */
  all(): readonly Session[] {
    return [...this.#sessions.values()].flatMap((sessions) => [...sessions])
  }

  /** A session of each user, as they are now. */
  users(): readonly Session[] {
    return [...this.#sessions.values()].flatMap(([session]) => session ?? [])
  }

  /** A session under a nickname; one that carries private messages where there is one. */
  under(name: string): Session | undefined {
    const sessions = this.of(fold(name))
    return sessions.find(({ carriesPrivate }) => carriesPrivate) ?? sessions[0]
  }

  add(session: Session): void {
    const sessions = this.#sessions.get(session.key)
    if (sessions) sessions.add(session)
    else this.#sessions.set(session.key, new Set([session]))
  }

  delete(session: Session): void {
    const sessions = this.#sessions.get(session.key)
    sessions?.delete(session)
    if (sessions?.size === 0) this.#sessions.delete(session.key)
  }
}
