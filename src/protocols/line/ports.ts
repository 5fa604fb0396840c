import type { Admission } from '../../transport/admission.ts'
import type { ConnectionOptions } from '../../transport/connection-options.ts'
import { MessageFraming, Unreadable } from '../../transport/framing.ts'
import type { Routes } from '../../transport/http/routes.ts'
import { showLine } from '../../transport/lines/bytes.ts'
import { LineFraming } from '../../transport/lines/framing.ts'
import type { ListeningPort } from '../../transport/listener.ts'
import type { Certificate } from '../../transport/port.ts'
import { socketListener } from '../../transport/tcp.ts'
import { maxMessageOf, textFrame } from '../../transport/websocket.ts'
import { plainEncoder } from '../plain-line.ts'
import type { ProtocolHost } from '../protocol.ts'
import { LineConversation, type LineConversationOptions } from './conversation.ts'
import { encoder } from './json.ts'
import { LineWire, lastLine, type Pack } from './wire.ts'

/** Maximum time without progress in which a client that is still sending reads its replies. */
const STALL_MS = 10_000
/** Maximum waiting requests of one connection: enough to keep the store busy, few enough that their events fit the output queue. */
const WINDOW = { most: 2_048, crowded: 8 }

export type LineOptions = ConnectionOptions & LineConversationOptions

/** Returns the options of all connections over TCP and TLS, which share the encoded events. */
export function lineOptions(
  { chat, limits, maxLine, httpPort, ircPort }: ProtocolHost,
  ascii: boolean,
  pack: Pack = Buffer.from,
): LineOptions {
  const encode = encoder(ascii)
  const wire = new LineWire(encode, pack, plainEncoder(ascii))
  return { ...limits, chat, maxLine, ircPort, wire, window: WINDOW, lastWord: lastLine(encode, pack, httpPort) }
}

/** Returns the options over WebSocket, where line feeds separate the lines of a message and do not end them. */
export function webSocketLineOptions(host: ProtocolHost, ascii: boolean): LineOptions {
  return lineOptions({ ...host, httpPort: () => undefined }, ascii, (lines) => textFrame(lines.slice(0, -1)))
}

/** Returns a port over TCP, or over TLS with a certificate. */
export function lineListener(options: LineOptions, admission: Admission, certificate?: Certificate): ListeningPort {
  const presence = options.wire.pack(options.wire.encode({ type: 'notice', notice: 'Yes, roomd is here' }))
  return socketListener({
    name: certificate ? 'line-tls' : 'line',
    admission,
    certificate,
    options: { stallMs: STALL_MS, ...options, readsToEnd: true },
    framing: () => new LineFraming(options.maxLine, presence),
    converse: (link) => new LineConversation(options, link),
  })
}

/** Returns the route of the line protocol over WebSocket, `/line`. */
export function lineRoutes(options: LineOptions): Routes {
  const { maxLine } = options
  return (app, { upgrades }) => {
    upgrades.openSocket(app, '/line', {
      options: { ...options, maxMessage: maxMessageOf(maxLine) },
      framing: () => new MessageFraming(cutter(maxLine)),
      converse: (link) => new LineConversation(options, link),
    })
  }
}

/** Returns a function that splits messages into lines, without a leading byte order mark in the first message. */
function cutter(maxLine: number): (message: string | Buffer) => readonly (string | Unreadable)[] {
  let begun = false
  const read = (text: string) => {
    const line = showLine(text.endsWith('\r') ? text.slice(0, -1) : text)
    return Buffer.byteLength(line) > maxLine ? new Unreadable('line-too-long') : line
  }
  return (message) => {
    if (typeof message !== 'string') return [new Unreadable('binary-message')]
    const lines = (begun ? message : message.replace(/^\ufeff/, '')).split('\n')
    begun = true
    if (lines.length > 1 && lines.at(-1) === '') lines.pop()
    return lines.map(read)
  }
}
