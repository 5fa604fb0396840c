/** The protocols, as far as the benchmark speaks them. */
import { encodeFrame } from '../src/transport/frames.ts'

export interface Dialect {
  /** Texts that lead into a room, each with one that comes when it is done; a pass is a credential. */
  enter(index: number, room: number, pass?: string): readonly (readonly [say: string, until: string])[]
  say(text: string, room: number): string
  /** A member that speaks hears itself; otherwise a connection of its own speaks. */
  readonly echo: boolean
  /** The speaker has to be in the room. */
  readonly speakerEnters: boolean
  /** Clients that may enter at the same time. */
  readonly atOnce: number
}

/** Accounts of the benchmark: their password, and their names. */
export const SECRET = 'bench-secret'
export const memberName = (index: number) => `member${index}`

export const LINE: Dialect = {
  enter: (index, room) => [[`LOGIN user${index}\r\nJOIN bench${room}\r\n`, 'Joined room']],
  say: (text) => `${text}\r\n`,
  echo: true,
  speakerEnters: true,
  atOnce: 200,
}

export const RESP: Dialect = {
  ...LINE,
  enter: (_, room) => [[`SUBSCRIBE bench${room}\r\n`, ':1\r\n']],
  say: (text, room) => {
    const channel = `bench${room}`
    return `*3\r\n$7\r\nPUBLISH\r\n$${channel.length}\r\n${channel}\r\n$${text.length}\r\n${text}\r\n`
  },
  echo: false,
  speakerEnters: false,
}

/** All but LINE, RESP, IRC and BARE are in the room of the protocols without rooms; those on `...LINE` are only heard through. */
const DIALECTS = {
  LINE,
  RESP,
  IRC: irc((room) => `#bench${room}`),
  IRC_LOBBY: irc(() => '#lobby'),
  /** Relays: every connection hears everything. */
  BARE: { ...LINE, enter: () => [], echo: false },
  LOBBY: { ...LINE, enter: (index) => [[`LOGIN user${index}\r\nJOIN lobby\r\n`, 'Joined room']] },
  CHATTERBOX: { ...LINE, enter: (index) => [[framed({ USERNAME: `box${index}` }), '"USER_LIST"']] },
  /** Its members are accounts. */
  CHATROOM: {
    ...LINE,
    enter: (index) => [
      [framed({ type: 'login', data: { username: memberName(index), password: SECRET } }), 'Login successful'],
      [framed({ type: 'enter', data: { room: 'Public Chat' } }), 'Welcome to the chatroom'],
    ],
    say: (text) => framed({ type: 'msg', data: { from: '', to: 'public', text } }),
    // Attempts that are not through count as failed, and an address may have five.
    atOnce: 4,
  },
  LINE_SOCKET: {
    ...LINE,
    enter: (index) => [upgrade('/line'), [clientFrame(`LOGIN user${index}\nJOIN lobby`), 'Joined room']],
  },
  /** A pass is the cookie of an account that has logged in. */
  PIRATCHAT: { ...LINE, enter: (_index, _room, cookie) => [upgrade('/ws', cookie)] },
  /** Streams of the rooms API. */
  SSE: {
    ...LINE,
    enter: () => [['GET /rooms/lobby/stream HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n', 'id: ']],
  },
  GLOBES: {
    ...LINE,
    enter: (index) => {
      const name = `globe${index}`
      return [upgrade('/chats/1/ws'), [clientFrame(JSON.stringify({ event_type: 'join', name })), `"${name}"`]]
    },
  },
} as const satisfies Record<string, Dialect>

export type DialectName = keyof typeof DIALECTS

export function dialectOf(name: DialectName): Dialect {
  return DIALECTS[name]
}

function irc(channelOf: (room: number) => string): Dialect {
  return {
    ...LINE,
    enter: (index, room) => [
      [`NICK u${index}\r\nUSER u${index} 0 * :bench\r\n`, ' 001 '],
      [`JOIN ${channelOf(room)}\r\n`, ' 366 '],
    ],
    say: (text, room) => `PRIVMSG ${channelOf(room)} :${text}\r\n`,
    echo: false,
  }
}

function framed(value: unknown): string {
  return encodeFrame(JSON.stringify(value)).toString('latin1')
}

/** A WebSocket's handshake. Nobody checks the answer's key, so that everybody may send the same. */
function upgrade(path: string, cookie = ''): readonly [say: string, until: string] {
  const head = `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nCookie: ${cookie}`
  return [
    `${head}\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`,
    'HTTP/1.1 101 ',
  ]
}

/** A text of less than 126 bytes as the client's frame; the mask is of zeros, which leave it as it is. */
function clientFrame(text: string): string {
  return `${Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0]).toString('latin1')}${text}`
}
