import { privateEvent, roomEvent } from '../../../commands/events.ts'
import { OK } from '../../../commands/replies.ts'
import { type Lifeline, type Place, Session, type Wire } from '../../chat/session.ts'
import type { Event } from '../../engine/event.ts'
import { DISCONNECTS, type DisconnectReason } from '../disconnect.ts'
import type { Sink } from '../outbox.ts'
import type { Encode } from './json.ts'

export class LineSession extends Session {
  readonly sink: Sink

  constructor(wire: LineWire, sink: Sink, lifeline?: Lifeline) {
    super(wire, lifeline)
    this.sink = sink
  }
}

/** Makes bytes for the wire of one or more whole lines; each is ended by a line feed. */
export type Pack = (lines: string) => Buffer

/** Events as lines of JSON: encoded once, the same bytes for every member that is reached in the same way. */
export class LineWire implements Wire<LineSession> {
  readonly protocol = 'line'
  readonly carriesPrivate = true
  /** The most frequent reply, ready to leave. */
  readonly ok: Buffer
  readonly pack: Pack
  readonly #encode: Encode

  constructor(encode: Encode, pack: Pack = Buffer.from) {
    this.#encode = encode
    this.pack = pack
    this.ok = pack(encode(OK))
  }

  deliver(room: Place, events: readonly Event[], members: Iterable<LineSession>): void {
    const { lineName } = room.record
    let lines = ''
    for (const event of events) {
      lines += this.#encode(event.kind === 'private' ? privateEvent(event, lineName) : roomEvent(event, lineName))
    }
    const bytes = this.pack(lines)
    for (const member of members) member.sink.push(bytes)
  }
}

/** The last line before the server closes a connection. `httpPort` is asked for when HTTP comes to a port for lines. */
export function lastLine(
  encode: Encode,
  pack: Pack = Buffer.from,
  httpPort: () => number | undefined = () => undefined,
): (reason: DisconnectReason) => Buffer {
  return (reason) => {
    const { text, reconnect, hint } = DISCONNECTS[reason]
    if (reason === 'stopping') return pack(encode({ type: 'notice', notice: text, reconnect }))
    // Lines have no frames.
    const code = reason === 'frame-too-long' ? 'line-too-long' : reason
    const error = reason === 'wrong-protocol' ? speakLines(httpPort()) : text
    return pack(encode({ type: 'error', error, code, ...(hint && { hint }), reconnect }))
  }
}

function speakLines(httpPort: number | undefined): string {
  return httpPort === undefined ? 'Speak lines here; HTTP is off' : `Speak lines here; HTTP is on port ${httpPort}`
}
