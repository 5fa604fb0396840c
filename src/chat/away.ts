import type { NewsChannel } from './news.ts'
import type { Presence } from './presence.ts'
import type { Session } from './session.ts'
import { cleanWithin } from './text.ts'

/** Maximum characters of the text of a user who is away. */
const MAX_TEXT = 200

/** The sessions of this node whose users are away. A user is away from a room when all of its sessions there are. */
export class Away {
  readonly #presence: Presence
  readonly #news: NewsChannel
  readonly #texts = new Map<Session, string>()

  constructor(presence: Presence, news: NewsChannel) {
    this.#presence = presence
    this.#news = news
  }

  has(session: Session): boolean {
    return this.#texts.has(session)
  }

  /** Marks a session as away with a text, which may be empty, or as back with undefined. @throws Refusal `text-too-long`. */
  set(session: Session, text: string | undefined): void {
    if (session.closed) return void this.#texts.delete(session)
    const body = text === undefined ? undefined : cleanWithin(text, MAX_TEXT)
    const before = this.of(session.name)
    if (body === undefined) this.#texts.delete(session)
    else this.#texts.set(session, body)
    const now = this.of(session.name)
    if (now !== before) this.#tell(session, now)
  }

  #tell({ name, registered: verified }: Session, text: string | undefined): void {
    const rooms = this.#presence.of(name).flatMap(({ memberships }) => [...memberships.keys()])
    this.#news.tell({ kind: 'away', name, verified, text, rooms: [...new Set(rooms)] })
  }

  /** The text of a user of this node who is away; undefined for others. */
  of(name: string): string | undefined {
    const sessions = this.#presence.of(name)
    const texts = sessions.flatMap((session) => this.#texts.get(session) ?? [])
    return texts.length < sessions.length ? undefined : texts[0]
  }

  /** The texts of the users of a room who are away, by nickname. */
  in(room: number): ReadonlyMap<string, string> {
    const away = new Map<string, string>()
    for (const [{ name, memberships }, text] of this.#texts) {
      if (!memberships.has(room)) continue
      const present = this.#presence.of(name).filter((session) => session.memberships.has(room))
      if (present.every((session) => this.has(session))) away.set(name, text)
    }
    return away
  }
}
