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

/** Encodes one or more whole lines, each with its line feed, as bytes for the transport. */
export type Pack = (lines: string) => Buffer

/** Encodes events as lines of JSON, once for all members with the same transport. */
export class LineWire implements Wire<LineSession> {
  readonly protocol = 'line'
  readonly carriesPrivate = true
  /** The most frequent reply, encoded. */
  readonly ok: Buffer
  readonly pack: Pack
  readonly #encode: Encode
  /** Encoded frozen replies. */
  readonly #shared = new WeakMap<Reply, Buffer>()

  constructor(encode: Encode, pack: Pack = Buffer.from) {
    this.#encode = encode
    this.pack = pack
    this.ok = pack(encode(OK))
  }

  /** Encodes a reply; one that is frozen is sent to many clients and encoded once. */
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

  /** Disconnects a session whose membership is lost. Otherwise the client gets its own `userLeft` or `userKicked` only. */
  putOut(_room: Room, { link, membership }: LineSession, why: MembershipEnd): void {
    // A client that has joined another room meanwhile needs no new connection.
    if (why === 'membership-lost' && !membership) link.disconnect(why)
  }
}

/** Returns a function that encodes the last line before the server closes a connection; `httpPort` is for clients that speak HTTP. */
export function lastLine(
  encode: Encode,
  pack: Pack = Buffer.from,
  httpPort: () => number | undefined = () => undefined,
): (reason: DisconnectReason) => Buffer {
  return (reason) => {
    const { text, reconnect, hint } = DISCONNECTS[reason]
    if (reason === 'stopping') return pack(encode({ type: 'notice', notice: text, reconnect }))
    // The line protocol has no frames.
    const code = reason === 'frame-too-long' ? 'line-too-long' : reason
    const error = reason === 'wrong-protocol' ? speakLines(httpPort()) : text
    return pack(encode({ type: 'error', error, code, ...(hint && { hint }), reconnect }))
  }
}

function speakLines(httpPort: number | undefined): string {
  return httpPort === undefined ? 'Speak lines here; HTTP is off' : `Speak lines here; HTTP is on port ${httpPort}`
}
