import { type Place, type PutOut, Session, type Wire } from '../../../chat/session.ts'
import type { Event } from '../../../engine/event.ts'
import { atTickEnd } from '../../../tick.ts'
import type { SessionLink } from '../../../transport/connection.ts'
import { textFrame } from '../../../transport/websocket.ts'
import { timeOf } from '../room.ts'

/** RFC 6455, 7.4.1. */
const NORMAL = 1000

export class GlobesSession extends Session {
  readonly link: SessionLink

  constructor(wire: GlobesWire, link: SessionLink) {
    super(wire, link)
    this.link = link
  }
}

/** A room's events, each in a frame of its own (docs/protocols/globes.md, section 2.10), the same bytes for all its sockets. */
export class GlobesWire implements Wire<GlobesSession> {
  readonly protocol = 'globes'
  readonly carriesPrivate = false
  /** Of this turn: who has come within it gets a part of its own, of the same frames. */
  readonly #frames = new Map<Event, Buffer>()

  deliver(_room: Place, events: readonly Event[], members: Iterable<GlobesSession>): void {
    const bytes = Buffer.concat(events.map((event) => this.#frameOf(event)))
    for (const member of members) member.link.push(bytes)
  }

  putOut(_room: Place, { link }: GlobesSession, why: PutOut): void {
    if (why === 'room-closed') link.hangUp(NORMAL)
    else link.disconnect(why)
  }

  /** Called at the end of the turn. */
  resume(): void {
    this.#frames.clear()
  }

  #frameOf(event: Event): Buffer {
    if (this.#frames.size === 0) atTickEnd('resume', this)
    let frame = this.#frames.get(event)
    if (!frame) this.#frames.set(event, (frame = textFrame(JSON.stringify(serverEvent(event)))))
    return frame
  }
}

/** The texts are exact. */
export function serverEvent({ kind, from, room, color, body, at, verified }: Event) {
  const [event_type, msg] =
    kind === 'joined'
      ? ['join', `${from} entered the room.`]
      : kind === 'left'
        ? ['leave', `${from} has left the room.`]
        : ['send', body]
  return {
    event_type,
    name: from,
    room_id: room,
    ...(color && { color }),
    msg,
    time: timeOf(at),
    ...(verified && { verified }),
  }
}
