/** How the servers are spoken to. */
import type { Counter } from './marks.ts'
import { clientFrame, frameCounter, handshake, UPGRADED } from './websocket.ts'

export interface Dialect {
  /** What is said to get into a room, and what comes when that is done; a pass is what a client has been given before. */
  enter(index: number, room: number, pass?: string): readonly { readonly say: string; readonly until: string }[]
  say(text: string, room: number): string
  /** Whether a member that speaks hears itself; otherwise a connection of its own speaks. */
  readonly echo: boolean
  /** Whether whoever speaks has to be in the room. */
  readonly speakerEnters: boolean
  /** How many may enter at the same time: ngircd drops some of a crowd. */
  readonly atOnce: number
  /** What counts messages, where counting marks is not enough. */
  readonly counter?: () => Counter
}

export const LINE: Dialect = {
  enter: (index, room) => [{ say: `LOGIN user${index}\r\nJOIN bench${room}\r\n`, until: 'Joined room' }],
  say: (text) => `${text}\r\n`,
  echo: true,
  speakerEnters: true,
  atOnce: 200,
}

export const RESP: Dialect = {
  enter: (_, room) => [{ say: `SUBSCRIBE bench${room}\r\n`, until: ':1\r\n' }],
  say: (text, room) => {
    const channel = `bench${room}`
    return `*3\r\n$7\r\nPUBLISH\r\n$${channel.length}\r\n${channel}\r\n$${text.length}\r\n${text}\r\n`
  },
  echo: false,
  speakerEnters: false,
  atOnce: 200,
}

/** Relays: whoever is there hears everything. */
export const BARE: Dialect = { ...LINE, enter: () => [], echo: false, speakerEnters: false }

export const IRC: Dialect = {
  enter: (index, room) => [
    { say: `NICK u${index}\r\nUSER u${index} 0 * :bench\r\n`, until: ' 001 ' },
    { say: `JOIN #bench${room}\r\n`, until: ' 366 ' },
  ],
  say: (text, room) => `PRIVMSG #bench${room} :${text}\r\n`,
  echo: false,
  speakerEnters: true,
  atOnce: 10,
}

/** The line protocol in the room of the protocols without rooms. */
export const LOBBY: Dialect = {
  ...LINE,
  enter: (index) => [{ say: `LOGIN user${index}\r\nJOIN lobby\r\n`, until: 'Joined room' }],
}

/** Chatterbox; it is spoken at the line protocol here, and only heard through this. */
export const BOX: Dialect = {
  ...LINE,
  enter: (index) => [{ say: framed({ USERNAME: `box${index}` }), until: '"USER_LIST"' }],
}

/** What all accounts of the benchmark are opened with. */
export const SECRET = 'bench-secret'

export function memberName(index: number): string {
  return `member${index}`
}

/** Chatroom, in the same room; its members are accounts. */
export const CHATROOM: Dialect = {
  enter: (index) => [
    {
      say: framed({ type: 'login', data: { username: memberName(index), password: SECRET } }),
      until: 'Login successful',
    },
    { say: framed({ type: 'enter', data: { room: 'Public Chat' } }), until: 'Welcome to the chatroom' },
  ],
  say: (text) => framed({ type: 'msg', data: { from: '', to: 'public', text } }),
  echo: true,
  speakerEnters: true,
  // Attempts that are not through count as failed, and an address may have five.
  atOnce: 4,
}

/** The line protocol on a WebSocket; this and what follows is only heard through, as Chatterbox is. */
export const LINE_SOCKET: Dialect = {
  ...LINE,
  enter: (index) => [
    { say: handshake('/line'), until: UPGRADED },
    { say: clientFrame(`LOGIN user${index}\nJOIN lobby`), until: 'Joined room' },
  ],
  counter: frameCounter,
}

/** Piratchat, in the same room; a pass is the cookie of an account that has logged in. */
export const PIRATCHAT: Dialect = {
  ...LINE,
  enter: (_index, _room, cookie) => [{ say: handshake('/ws', cookie), until: UPGRADED }],
  counter: frameCounter,
}

/** Globes, in the same room. */
export const GLOBES: Dialect = {
  ...LINE,
  enter: (index) => {
    const name = `globe${index}`
    return [
      { say: handshake('/chats/1/ws'), until: UPGRADED },
      { say: clientFrame(JSON.stringify({ event_type: 'join', name })), until: `"${name}"` },
    ]
  },
  counter: frameCounter,
}

/** Those that a crowd can be told to speak. */
export const DIALECTS = { LOBBY, BOX, CHATROOM, LINE_SOCKET, PIRATCHAT, GLOBES }
export type DialectName = keyof typeof DIALECTS

function framed(value: unknown): string {
  const json = JSON.stringify(value)
  const header = Buffer.alloc(4)
  header.writeUInt32BE(json.length)
  return header.toString('latin1') + json
}
