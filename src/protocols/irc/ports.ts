import { isUtf8 } from 'node:buffer'
import type { IncomingHttpHeaders } from 'node:http'
import type { Admission } from '../../transport/admission.ts'
import { disconnectText } from '../../transport/disconnect.ts'
import { MessageFraming, Unreadable } from '../../transport/framing.ts'
import type { Routes } from '../../transport/http/routes.ts'
import type { ListeningPort } from '../../transport/listener.ts'
import type { Certificate } from '../../transport/port.ts'
import { socketListener } from '../../transport/tcp.ts'
import { binaryFrame, maxMessageOf, textFrame } from '../../transport/websocket.ts'
import type { ProtocolHost } from '../protocol.ts'
import { IrcAudience } from './audience.ts'
import { IrcConversation } from './conversation.ts'
import { GarbledLine, IrcFraming } from './framing.ts'
import { IrcHeartbeat } from './heartbeat.ts'
import { ircUsersOf } from './irc-users.ts'
import { fitted } from './message.ts'
import { motdReaderOf } from './motd.ts'
import { NamesLists } from './names-lists.ts'
import type { IrcOptions } from './options.ts'
import { IrcWire, type PackLines } from './wire.ts'

/** Maximum waiting messages of one connection. */
const WINDOW = { most: 2_048, crowded: 8 }

/** Encodes lines for a kind of transport; a WebSocket message holds one line without its end. */
const PACKS = {
  bytes: (lines) => Buffer.from(`${lines.map(fitted).join('\r\n')}\r\n`),
  text: (lines) => Buffer.concat(lines.map((line) => textFrame(fitted(line)))),
  binary: (lines) => Buffer.concat(lines.map((line) => binaryFrame(fitted(line)))),
} as const satisfies Readonly<Record<string, PackLines>>

/** Returns the options of all connections over TCP and TLS, or over WebSocket, which share the encoded events. */
export function ircOptions(
  { chat, limits, reload, vitals, httpPort, linePort }: ProtocolHost,
  { 'irc-replay': replay, motd }: { readonly 'irc-replay': number; readonly motd: string | undefined },
  transport: keyof typeof PACKS = 'bytes',
): IrcOptions {
  const pack = PACKS[transport]
  const users = ircUsersOf(chat)
  const elsewhere: IrcOptions['elsewhere'] = (protocol) => {
    const [verb, port] = protocol === 'HTTP' ? ['is', httpPort()] : ['are', linePort()]
    return `Speak IRC here; ${protocol} ${verb} ${port === undefined ? 'off' : `on port ${port}`}`
  }
  return {
    ...limits,
    chat,
    replay,
    wire: new IrcWire(pack, chat, users),
    audience: new IrcAudience(chat, users, pack),
    pings: new IrcHeartbeat(),
    names: new NamesLists(),
    users,
    window: WINDOW,
    lastWord: (reason, why) => {
      const text = reason === 'wrong-protocol' ? (why ?? elsewhere('HTTP')) : disconnectText(reason, why)
      return pack([`ERROR :${text}`])
    },
    elsewhere,
    motd: motdReaderOf(chat, motd, limits.log),
    reload,
    version: vitals.version,
    startedAt: Date.now(),
  }
}

/** Returns a port over TCP, or over TLS with a certificate. */
export function ircListener(options: IrcOptions, admission: Admission, certificate?: Certificate): ListeningPort {
  return socketListener({
    name: certificate ? 'irc-tls' : 'irc',
    admission,
    certificate,
    options,
    framing: () => new IrcFraming(),
    converse: (link) => new IrcConversation(options, link),
  })
}

/** Returns the route of IRC over WebSocket, `/irc` (IRCv3, "WebSocket"). */
export function ircRoutes(text: IrcOptions, binary: IrcOptions): Routes {
  return (app, { upgrades }) => {
    upgrades.openSocket(app, '/irc', {
      options: { ...text, maxMessage: maxMessageOf(0) },
      subprotocol: subprotocolOf,
      framing: () => new MessageFraming(lineOfMessage),
      converse: (link, { headers }) => new IrcConversation(isBinary(headers) ? binary : text, link),
    })
  }
}

/** The subprotocols (IRCv3, "WebSocket"). */
const BINARY = 'binary.ircv3.net'
const SUBPROTOCOLS = ['text.ircv3.net', BINARY]

function subprotocolOf(offered: readonly string[]): string | undefined {
  return offered.find((name) => SUBPROTOCOLS.includes(name))
}

function isBinary({ 'sec-websocket-protocol': offered = '' }: IncomingHttpHeaders): boolean {
  return subprotocolOf(offered.split(',').map((name) => name.trim())) === BINARY
}

/** Returns the line of a message, text or binary. */
function lineOfMessage(message: string | Buffer): readonly (string | Unreadable)[] {
  if (typeof message !== 'string' && !isUtf8(message)) return [new GarbledLine(message)]
  const line = String(message).replace(/[\r\n]+$/, '')
  if (line === '') return []
  return /[\r\n]/.test(line) ? [new Unreadable('line-too-long')] : [line]
}
