import { BoundedMap } from '../bounded-map.ts'
import type { Event } from '../engine/event.ts'
import type { Identity } from './sanctions.ts'

/** Maximum guests without a session whose addresses are remembered. */
const MAX_AUTHORS = 1_024
/** Maximum nicknames whose last activity is remembered. */
const MAX_ACTIVE = 65_536

/** The users who were lately active in a room. */
export class RecentUsers {
  /** Last activity of the members, by nickname, and of authors without a session, who leave no `left` behind. */
  readonly activity = new BoundedMap<string, { at: number; color: string | undefined }>(MAX_ACTIVE)
  /** Address digests of guests who have spoken without a session, by folded nickname. */
  readonly #authors = new BoundedMap<string, string>(MAX_AUTHORS)

  /** Notes the activity of an event of the room. Changed in place: this runs for every event. */
  note({ kind, from, to, at, color }: Event): void {
    const last = this.activity.get(from)
    if (kind === 'left' || kind === 'kicked') {
      this.activity.delete((kind === 'left' ? from : to) ?? '')
    } else if (last) {
      last.at = at
      last.color = color
    } else {
      this.activity.set(from, { at, color })
    }
  }

  /** Notes a guest who speaks without a session, so that a ban covers its address. */
  noteAuthor({ key, addressDigest }: Identity): void {
    if (addressDigest !== undefined && this.#authors.get(key) !== addressDigest) this.#authors.set(key, addressDigest)
  }

  /** The address digest of a guest that {@link noteAuthor} was called with. */
  addressOf(key: string): string | undefined {
    return this.#authors.get(key)
  }
}
