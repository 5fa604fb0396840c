import { fold } from '../../chat/names.ts'
import type { MembershipEnd, Room, Wire } from '../../chat/session.ts'
import type { Event } from '../../engine/event.ts'
import { LinkedSession } from '../linked-session.ts'
import { indentLines } from '../shown-text.ts'
import { frame, framesOf } from './frame.ts'

export class ChatterboxSession extends LinkedSession<ChatterboxSession> {
  /** Events between the join and the login reply; undefined after it. */
  held: Event[] | undefined = []

  /** Sends the held events that pass the filter; later events are sent at once. */
  release(wanted: (event: Event, place: number) => boolean): void {
    const held = this.held ?? []
    this.held = undefined
    for (const frame of framesOf(held.filter(wanted))) this.link.push(frame)
  }
}

/** Encodes events as frames, once for all members. */
export class ChatterboxWire implements Wire<ChatterboxSession> {
  readonly protocol = 'chatterbox'
  readonly carriesPrivate = true
  readonly keepsBlocks = true

  deliver(_room: Room, events: readonly Event[], members: Iterable<ChatterboxSession>): void {
    this.#deliver(events, members)
  }

  deliverPrivate(session: ChatterboxSession, events: readonly Event[]): void {
    this.#deliver(events, [session])
  }

  /** Disconnects the session: the only room of this protocol is the lobby. */
  putOut(_room: Room, session: ChatterboxSession, why: MembershipEnd): void {
    session.link.disconnect(why === 'kicked' ? 'kicked' : 'membership-lost')
  }

  #deliver(events: readonly Event[], members: Iterable<ChatterboxSession>): void {
    let frames: readonly Buffer[] | undefined
    for (const member of members) {
      // A private message is delivered to one session alone; its sender expects no copy (docs/protocols/chatterbox.md, section 2.2).
      const told = () => events.filter(({ kind, to = '' }) => kind !== 'private' || fold(to) === member.key)
      if (member.held) {
        for (const event of told()) member.held.push(event)
      } else {
        frames ??= framesOf(told())
        for (const frame of frames) member.link.push(frame)
      }
    }
  }

  /** Shows the text as a message from `server`. A session that has not had its login reply is left out, as clients wait for that. */
  announce(text: string, sessions: Iterable<ChatterboxSession>): void {
    const entry = ['server', 'ALL', Math.floor(Date.now() / 1_000), indentLines(text)]
    const bytes = frame({ MESSAGES: [entry] })
    for (const { held, link } of sessions) if (!held) link.push(bytes)
  }
}
