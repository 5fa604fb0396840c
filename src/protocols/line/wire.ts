import { eventLine } from '../../../commands/events.ts'
import { OK, type Reply } from '../../../commands/replies.ts'
import type { Room } from '../../chat/room.ts'
import { type MembershipEnd, Session, type Wire } from '../../chat/session.ts'
import type { Event } from '../../engine/event.ts'
import type { ClientLink } from '../../transport/conversation.ts'
import { DISCONNECTS, type DisconnectReason } from '../../transport/disconnect.ts'
import type { ByteSink } from '../../transport/outbox.ts'
import type { Encode } from './json.ts'

export class LineSession extends Session {
  readonly sink: ByteSink
  readonly link: Pick<ClientLink, 'address' | 'mayBeEnding' | 'disconnect'>

  constructor(wire: LineWire, sink: ByteSink, link: LineSession['link']) {
    super(wire, link)
    this.sink = sink
    this.link = link
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
  /** Bytes of frozen replies. */
  readonly #shared = new WeakMap<Reply, Buffer>()

  constructor(encode: Encode, pack: Pack = Buffer.from) {
    this.#encode = encode
    this.pack = pack
    this.ok = pack(encode(OK))
  }

  /** A reply as bytes. One that is frozen is given to many and encoded once. */
  bytesOf(reply: Reply): Buffer {
    if (reply === OK) return this.ok
    if (!Object.isFrozen(reply)) return this.pack(this.#encode(reply))
    let bytes = this.#shared.get(reply)
    if (!bytes) this.#shared.set(reply, (bytes = this.pack(this.#encode(reply))))
    return bytes
  }

  deliver(room: Room, events: readonly Event[], members: Iterable<LineSession>): void {
    const { slug } = room.record
    let lines = ''
    for (const event of events) {
      const line = eventLine(event, slug)
      if (line) lines += this.#encode(line)
    }
    if (lines === '') return
    const bytes = this.pack(lines)
    for (const member of members) member.sink.push(bytes)
  }

  /** A room that is closed ends no connection: the member's own `userLeft` has told it. */
  putOut(_room: Room, { link, membership }: LineSession, why: MembershipEnd): void {
    // A client that has joined another room meanwhile needs no new connection.
    if (why !== 'room-closed' && !membership) link.disconnect(why)
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
