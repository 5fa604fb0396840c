import type { RoomRecord } from '../engine/engine.ts'
import type { Event } from '../engine/event.ts'
import type { GuestChecks } from './guests.ts'
import { type AuthorInRoom, type Posting, RENEW_MS } from './posting.ts'
import type { Session } from './session.ts'
import type { Saying } from './speech.ts'

export interface SpeakingParts {
  readonly guests: GuestChecks
  readonly posting: Posting
}

/** A room in which a session speaks without being a member of it: nobody sees it come and go, and it hears nothing. */
export class SpeakingPlace {
  readonly session: Session
  readonly #parts: SpeakingParts
  /** The slug of the room when it was entered. */
  readonly #slug: string
  #place: AuthorInRoom
  /** Runs for a second after each check. */
  #checked: NodeJS.Timeout | undefined

  /**
   * Resolves with a room, or with the one that has a slug, which is made if need be. `unlocked` is the room as it was when its password was
   * shown.
   *
   * @throws Refusal `room-name-invalid`, `too-many-rooms`, `name-reserved`, `name-in-use`, and as {@link Posting.enter} does
   */
  static async open(
    parts: SpeakingParts,
    session: Session,
    which: RoomRecord | string,
    unlocked: RoomRecord | undefined,
  ): Promise<SpeakingPlace> {
    const { guests, posting } = parts
    const record = typeof which === 'string' ? (await posting.open(session, which)).record : which
    await guests.checkStill(session)
    return new SpeakingPlace(parts, session, await posting.enter(session, record, unlocked))
  }

  private constructor(parts: SpeakingParts, session: Session, place: AuthorInRoom) {
    this.#parts = parts
    this.session = session
    this.#place = place
    this.#slug = this.record.slug
    this.#noteCheck()
  }

  get record(): RoomRecord {
    return this.#place.room.record
  }

  /** The present slug of a room that has been renamed since it was entered. */
  get newSlug(): string | undefined {
    const { slug } = this.record
    return slug === this.#slug ? undefined : slug
  }

  /** True if {@link renew} has to be called before {@link say}. */
  get isStale(): boolean {
    return !this.#checked || !this.#place.room.isHeld
  }

  /** Checks again that the session may speak. @throws Refusal `room-unknown`, and as {@link open} does */
  async renew(): Promise<void> {
    await this.#parts.guests.checkStill(this.session)
    this.#place = await this.#parts.posting.renew(this.#place)
    this.#noteCheck()
  }

  /** Says a message. @throws Refusal as {@link Posting.say} does */
  say(saying: Saying): Promise<Event> {
    const [said] = this.#parts.posting.say(this.#place, [saying], false)
    if (!said) throw new Error('unreachable: one message has one promise')
    this.session.spokeAt = Date.now()
    return said
  }

  #noteCheck(): void {
    clearTimeout(this.#checked)
    this.#checked = setTimeout(() => {
      this.#checked = undefined
    }, RENEW_MS).unref()
  }
}
