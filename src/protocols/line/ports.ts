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
import type { ProtocolHost } from '../protocol.ts'
import { LineConversation, type LineConversationOptions } from './conversation.ts'
import { encoder } from './json.ts'
import { LineWire, lastLine, type Pack } from './wire.ts'

/** Time in ms for which a client that has more to say may take none of its replies. */
const STALL_MS = 10_000
/** Requests that may wait for their commit together: enough to keep the store busy, few enough that their events fit a queue. */
const WINDOW = { most: 2_048, crowded: 8 }

export interface LineOptions extends ConnectionOptions, LineConversationOptions {
  /** Maximum number of bytes of a line, without its end. */
  readonly maxLine: number
}

/** Options of all connections over TCP and TLS, which share the bytes of events. */
export function lineOptions(
  { chat, limits, maxLine, httpPort }: ProtocolHost,
  ascii: boolean,
  pack: Pack = Buffer.from,
): LineOptions {
  const encode = encoder(ascii)
  const wire = new LineWire(encode, pack)
  return { ...limits, chat, maxLine, encode, wire, window: WINDOW, lastWord: lastLine(encode, pack, httpPort) }
}

/** The same over WebSocket: a line feed stands between the objects of a message, not behind them. */
export function webSocketLineOptions(host: ProtocolHost, ascii: boolean): LineOptions {
  return lineOptions({ ...host, httpPort: () => undefined }, ascii, (lines) => textFrame(lines.slice(0, -1)))
}

/** The line protocol over TCP, or over TLS with a certificate. */
export function lineListener(options: LineOptions, admission: Admission, certificate?: Certificate): ListeningPort {
  const presence = options.wire.pack(options.encode({ type: 'notice', notice: 'Yes, roomd is here' }))
  return socketListener({
    name: certificate ? 'line-tls' : 'line',
    admission,
    certificate,
    options: { stallMs: STALL_MS, ...options, readsToEnd: true },
    framing: () => new LineFraming(options.maxLine, presence),
    converse: (link) => new LineConversation(options, link),
  })
}

/** The line protocol over WebSocket, at /line: lines as messages of text. */
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

/** Cuts messages into lines. The first one may begin with a byte order mark, which is not part of it. */
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
