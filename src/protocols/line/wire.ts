import { privateEvent, roomEvent } from '../../../commands/events.ts'
import { OK } from '../../../commands/replies.ts'
import { type Place, Session, type Wire } from '../../chat/session.ts'
import type { Event } from '../../engine/event.ts'
import { DISCONNECTS, type DisconnectReason } from '../disconnect.ts'
import type { Sink } from '../outbox.ts'
import type { Encode } from './json.ts'

export class LineSession extends Session {
  readonly sink: Sink

  constructor(wire: LineWire, sink: Sink) {
    super(wire)
    this.sink = sink
  }
}

/** Events as lines of JSON: encoded once, the same bytes for every member. */
export class LineWire implements Wire<LineSession> {
  readonly protocol = 'line'
  readonly carriesPrivate = true
  /** The most frequent reply, ready to leave. */
  readonly ok: Buffer
  readonly #encode: Encode

  constructor(encode: Encode) {
    this.#encode = encode
    this.ok = Buffer.from(encode(OK))
  }

  deliver(room: Place, events: readonly Event[], members: Iterable<LineSession>): void {
    const { lineName } = room.record
    let lines = ''
    for (const event of events) lines += this.#encode(roomEvent(event, lineName))
    const bytes = Buffer.from(lines)
    for (const member of members) member.sink.push(bytes)
  }

  whisper(room: Place, events: readonly Event[], session: LineSession): void {
    const { lineName } = room.record
    for (const event of events) session.sink.push(Buffer.from(this.#encode(privateEvent(event, lineName))))
  }
}

/** What is said to a client before its connection is closed. */
export function lastLine(encode: Encode): (reason: DisconnectReason) => Buffer {
  return (reason) => {
    const { text, reconnect } = DISCONNECTS[reason]
    const stopping = reason === 'stopping'
    return Buffer.from(
      encode(stopping ? { type: 'notice', notice: text, reconnect } : { type: 'error', error: text, reconnect }),
    )
  }
}
