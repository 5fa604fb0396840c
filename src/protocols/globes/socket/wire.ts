import type { MembershipEnd, Room, Wire } from '../../../chat/session.ts'
import type { Event } from '../../../engine/event.ts'
import { atTickEnd } from '../../../tick.ts'
import { CLOSE_CODES } from '../../../transport/close-codes.ts'
import { textFrame } from '../../../transport/websocket.ts'
import type { LinkedSession } from '../../linked-session.ts'
import { shownText } from '../../shown-text.ts'
import { isoTime } from '../room.ts'

const BARRED = 'You may not read this room any more'
const NOTHING = Buffer.alloc(0)

/** Encodes a room's events, each in its own frame (docs/protocols/globes.md, section 2.10), once for all its sessions. */
export class GlobesWire implements Wire<LinkedSession> {
  readonly protocol = 'globes'
  readonly carriesPrivate = false
  /** Frames of this tick; sessions that have joined within the tick get a part of them. */
  readonly #frames = new Map<Event, Buffer>()

  deliver(_room: Room, events: readonly Event[], members: Iterable<LinkedSession>): void {
    const bytes = Buffer.concat(events.map((event) => this.#frameOf(event)))
    if (bytes.length === 0) return
    for (const member of members) member.link.push(bytes)
  }

  announce(text: string, sessions: Iterable<LinkedSession>): void {
    const bytes = noticeFrame(text)
    for (const { link } of sessions) link.push(bytes)
  }

  putOut(_room: Room, { link }: LinkedSession, why: MembershipEnd): void {
    if (why === 'room-closed') {
      link.hangUp(CLOSE_CODES.normal)
    } else if (why === 'barred') {
      link.push(noticeFrame(BARRED))
      link.hangUp(CLOSE_CODES.policy, BARRED)
    } else {
      link.disconnect(why)
    }
  }

  /** Called at the end of the tick. */
  resume(): void {
    this.#frames.clear()
  }

  #frameOf(event: Event): Buffer {
    if (this.#frames.size === 0) atTickEnd('resume', this)
    let frame = this.#frames.get(event)
    if (frame) return frame
    const shown = serverEvent(event)
    frame = shown ? textFrame(JSON.stringify(shown)) : NOTHING
    this.#frames.set(event, frame)
    return frame
  }
}

/** Encodes a notice of the server to one client (docs/protocols/globes.md, section 2.10). */
export function noticeFrame(msg: string): Buffer {
  return textFrame(JSON.stringify({ event_type: 'send', name: 'server', msg }))
}

/** Returns an event as JSON, with the exact texts of the protocol; undefined for kinds that are not sent. */
export function serverEvent(event: Event) {
  const { kind, room, color, at } = event
  const shown = shownAs(event)
  if (!shown) return undefined
  // A `kicked` is the moderator's, and shown as the leaving of somebody else.
  const verified = kind !== 'kicked' && event.verified
  return {
    event_type: shown.type,
    name: shown.name,
    room_id: room,
    ...(color && { color }),
    msg: shown.msg,
    time: isoTime(at),
    ...(verified && { verified }),
  }
}

interface ShownEvent {
  readonly type: 'join' | 'leave' | 'send'
  readonly name: string
  readonly msg: string
}

function shownAs(event: Event): ShownEvent | undefined {
  const { kind, from, to = '' } = event
  switch (kind) {
    case 'message':
      return { type: 'send', name: from, msg: shownText(event) }
    case 'joined':
      return { type: 'join', name: from, msg: `${from} entered the room.` }
    case 'left':
      return { type: 'leave', name: from, msg: `${from} has left the room.` }
    case 'kicked':
      return { type: 'leave', name: to, msg: `${to} has left the room.` }
    case 'topic':
    case 'role':
    case 'mode':
    case 'redacted':
    case 'private':
    case 'closed':
      return undefined
    default:
      return kind satisfies never
  }
}
