import type { Form, ReplyBehindRecords } from '../../../commands/command.ts'
import { eventLine, privateLine } from '../../../commands/events.ts'
import { type ErrorReply, type Notice, OK, type Reply, type ServerLine } from '../../../commands/replies.ts'
import type { ListeningPlace } from '../../chat/listening.ts'
import { type MembershipEnd, type Room, Session, type Wire } from '../../chat/session.ts'
import type { Event } from '../../engine/event.ts'
import type { ClientLink } from '../../transport/conversation.ts'
import { DISCONNECTS, type DisconnectReason, disconnectText } from '../../transport/disconnect.ts'
import type { ByteSink } from '../../transport/outbox.ts'
import { type Encode, plainEncoder } from '../plain-line.ts'

export class LineSession extends Session {
  readonly sink: ByteSink
  readonly link: Pick<ClientLink, 'address' | 'mayBeEnding' | 'isGone' | 'disconnect'>
  /** Form of the lines that the client gets. */
  form: Form = 'json'
  /** False for a client that gets no messages of rooms. */
  hears = true
  /** The room that the client listens in without being a member. */
  listening: ListeningPlace | undefined

  constructor(wire: LineWire, sink: ByteSink, link: LineSession['link']) {
    super(wire, link)
    this.sink = sink
    this.link = link
  }
}

/** Encodes one or more whole lines, each with its line feed, as bytes for the transport. */
export type Pack = (lines: string) => Buffer

const NOTHING = Buffer.alloc(0)

/** Encodes events as lines, once for all members with the same transport and form. */
export class LineWire implements Wire<LineSession> {
  readonly protocol = 'line'
  readonly carriesPrivate = true
  readonly #forms: Readonly<Record<Form, Encode>>
  readonly #pack: Pack
  /** The most frequent reply, encoded. */
  readonly #ok: Readonly<Record<Form, Buffer>>
  /** Encoded frozen replies. */
  readonly #shared = new WeakMap<Reply, Buffer>()

  constructor(json: Encode, pack: Pack = Buffer.from, plain: Encode = plainEncoder(false)) {
    this.#forms = { json, plain }
    this.#pack = pack
    this.#ok = { json: pack(json(OK)), plain: this.pack(plain(OK)) }
  }

  encode(line: ServerLine, form: Form = 'json'): string {
    return this.#forms[form](line)
  }

  /** Returns the bytes of lines for the transport; none for none. */
  pack(lines: string): Buffer {
    return lines === '' ? NOTHING : this.#pack(lines)
  }

  /** Encodes a reply; one in JSON that is frozen is sent to many clients and encoded once. */
  bytesOf(reply: Reply | ReplyBehindRecords, form: Form = 'json'): Buffer {
    if (reply === OK) return this.#ok[form]
    if ('length' in reply) return this.pack(reply.map((line) => this.encode(line, form)).join(''))
    if (form !== 'json' || !Object.isFrozen(reply)) return this.pack(this.encode(reply, form))
    let bytes = this.#shared.get(reply)
    if (!bytes) this.#shared.set(reply, (bytes = this.pack(this.encode(reply))))
    return bytes
  }

  deliver(room: Room, events: readonly Event[], members: Iterable<LineSession>): void {
    const { slug } = room.record
    const all: Partial<Record<Form, Buffer>> = {}
    const others: Partial<Record<Form, Buffer>> = {}
    for (const { form, hears, sink } of members) {
      const bytes = hears
        ? (all[form] ??= this.#bytesOf(events, form, slug))
        : (others[form] ??= this.#bytesOf(events.filter(isNoMessage), form, slug))
      if (bytes.length > 0) sink.push(bytes)
    }
  }

  deliverPrivate({ form, sink }: LineSession, events: readonly Event[]): void {
    sink.push(this.#bytesOf(events, form))
  }

  announce(notice: string, sessions: Iterable<LineSession>): void {
    const encoded: Partial<Record<Form, Buffer>> = {}
    for (const { form, sink } of sessions) {
      sink.push((encoded[form] ??= this.pack(this.encode({ type: 'notice', notice }, form))))
    }
  }

  /** Disconnects a session whose membership is lost, tells a listener that it may not read any more, and tells of a room that was closed behind its own `userLeft`. A `userKicked` says all. */
  putOut({ record }: Room, session: LineSession, why: MembershipEnd): void {
    const { form, link, membership, sink, listening } = session
    const { slug } = record
    if (listening?.isOf(record) && (why === 'barred' || why === 'room-closed')) {
      listening.end()
      session.listening = undefined
      const notice: Notice = { type: 'notice', notice: `You may not read room ${slug} any more`, barred: slug }
      if (why === 'barred') sink.push(this.pack(this.encode(notice, form)))
    }
    if (why === 'room-closed') {
      const notice: Notice = { type: 'notice', notice: `Room ${slug} was closed`, closed: slug }
      sink.push(this.pack(this.encode(notice, form)))
    }
    // A client that has joined another room meanwhile needs no new connection.
    if (why === 'membership-lost' && !membership) link.disconnect(why)
  }

  /** Encodes events of a room, or private messages that belong to none. */
  #bytesOf(events: readonly Event[], form: Form, room?: string): Buffer {
    const encode = this.#forms[form]
    let lines = ''
    for (const event of events) {
      const line = room === undefined ? privateLine(event) : eventLine(event, room)
      if (line) lines += encode(line)
    }
    return lines === '' ? NOTHING : this.#pack(lines)
  }
}

function isNoMessage({ kind }: Event): boolean {
  return kind !== 'message'
}

/** Returns the last line before the server closes a connection; `httpPort` is for clients that speak HTTP. */
export function lastLineFor(reason: DisconnectReason, httpPort: string | undefined, why?: string): ErrorReply | Notice {
  const { reconnect, hint } = DISCONNECTS[reason]
  const text = disconnectText(reason, why)
  if (reason === 'stopping') return { type: 'notice', notice: text, reconnect }
  // The line protocol has no frames.
  const code = reason === 'frame-too-long' ? 'line-too-long' : reason
  const error = reason === 'wrong-protocol' ? (why ?? speakLines('HTTP', httpPort)) : text
  return { type: 'error', error, code, ...(hint && { hint }), reconnect }
}

/** Returns a response with a line as its body, for a client that speaks HTTP: most of them show nothing else. */
function httpResponse(line: string): string {
  const type = 'Content-Type: application/json\r\nConnection: close'
  return `HTTP/1.1 400 Bad Request\r\n${type}\r\nContent-Length: ${Buffer.byteLength(line)}\r\n\r\n${line}`
}

/** Returns a function that encodes {@link lastLineFor}; for a client that speaks HTTP, for which no other text is given, in a response. */
export function lastLine(
  encode: Encode,
  pack: Pack = Buffer.from,
  httpPort: () => string | undefined = () => undefined,
): (reason: DisconnectReason, why?: string) => Buffer {
  return (reason, why) => {
    const line = encode(lastLineFor(reason, httpPort(), why))
    return pack(reason === 'wrong-protocol' && why === undefined ? httpResponse(line) : line)
  }
}

/** Returns the error for a client of another protocol, with the port where that is spoken. */
export function speakLines(protocol: 'HTTP' | 'IRC', port: string | undefined): string {
  return `Speak lines here; ${protocol} is ${port === undefined ? 'off' : `on port ${port}`}`
}
