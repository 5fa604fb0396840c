import { fold } from '../../chat/names.ts'
import type { Room } from '../../chat/room.ts'
import { Session, type Wire } from '../../chat/session.ts'
import type { Event } from '../../engine/event.ts'
import type { SessionLink } from '../../transport/conversation.ts'
import { framesOf } from './frame.ts'

export class ChatterboxSession extends Session {
  readonly link: SessionLink
  /** Events since it is a member, until it has been told so. */
  held: Event[] | undefined = []

  constructor(wire: ChatterboxWire, link: SessionLink) {
    super(wire, link)
    this.link = link
  }

  /** Hands over the held events that are wanted, and everything from here on. */
  release(wanted: (event: Event, place: number) => boolean): void {
    const held = this.held ?? []
    this.held = undefined
    for (const frame of framesOf(held.filter(wanted))) this.link.push(frame)
  }
}

/** Events as frames: encoded once, the same bytes for every member. */
export class ChatterboxWire implements Wire<ChatterboxSession> {
  readonly protocol = 'chatterbox'
  readonly carriesPrivate = true
  readonly keepsBlocks = true

  deliver(_room: Room, events: readonly Event[], members: Iterable<ChatterboxSession>): void {
    let frames: readonly Buffer[] | undefined
    for (const member of members) {
      // A private message is for one session, which does not expect its own (docs/protocols/chatterbox.md, section 2.2).
      const told = () => events.filter(({ to }) => to === undefined || fold(to) === member.key)
      if (member.held) {
        for (const event of told()) member.held.push(event)
      } else {
        frames ??= framesOf(told())
        for (const frame of frames) member.link.push(frame)
      }
    }
  }

  /** The only room is the lobby, which is never closed: without it there is nothing left to do here. */
  putOut(_room: Room, session: ChatterboxSession): void {
    session.link.disconnect('membership-lost')
  }
}
