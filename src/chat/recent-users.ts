import { BoundedMap } from '../bounded-map.ts'
import { type Event, leaverOf } from '../engine/event.ts'

/** Maximum nicknames whose last activity is remembered. */
const MAX_ACTIVE = 65_536

/** The users who were lately active in a room. */
export class RecentUsers {
  /** Last activity of the members, by nickname, and of authors without a session, who leave no `left` behind. */
  readonly activity = new BoundedMap<string, { at: number; color: string | undefined }>(MAX_ACTIVE)

  /** Notes the activity of an event of the room. Changed in place: this runs for every event. */
  note(event: Event): void {
    const { from, at, color } = event
    const last = this.activity.get(from)
    const leaver = leaverOf(event)
    if (leaver !== undefined) {
      this.activity.delete(leaver)
    } else if (last) {
      last.at = at
      last.color = color
    } else {
      this.activity.set(from, { at, color })
    }
  }
}
