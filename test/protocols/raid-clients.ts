/** Clients of each protocol that hold what they are told of the default room to what their protocol makes of it. */
import { once } from 'node:events'
import { expect } from 'vitest'
import { WebSocket } from 'ws'
import type { RefusalCode } from '../../src/chat/refusal.ts'
import { DISCONNECTS } from '../../src/transport/disconnect.ts'
import { GlobesClient } from '../clients/globes.ts'
import type { PirateClient } from '../clients/piratchat.ts'
import { ChatroomClient, enter, logIn, register, say } from '../support/chatroom.ts'
import { LineClient, type Transport } from '../support/client.ts'
import type { TestDaemon } from '../support/daemon.ts'
import { type Frame, FrameClient } from '../support/frames.ts'
import { joining, notice, saying } from '../support/globes.ts'
import { ACK, pirateClients } from './piratchat/stage.ts'

/** Something that happens in the room. */
export interface Step {
  readonly kind: 'joined' | 'left' | 'kicked' | 'message' | 'action' | 'topic' | 'role' | 'mode' | 'redacted'
  readonly from: string
  readonly to?: string
  readonly text?: string
  /** More members of the line. */
  readonly more?: Readonly<Record<string, unknown>>
}

/** What a message may be refused for. */
export type Silence = Extract<RefusalCode, 'muted' | 'moderated' | 'slow-mode'>

/** A client of some protocol under a name, at an address. */
export interface Visitor {
  enter(name: string): Promise<void>
  say(text: string): Promise<void>
  /** Says something, and is refused in the protocol's own way. */
  isSilenced(code: Silence): Promise<void>
  /** The next that it is told is what the protocol makes of this step, if it makes anything of it. */
  hears(step: Step): Promise<void>
  /** Is told that it has been removed. */
  isOut(): Promise<void>
  /** Tries to enter, and is refused as somebody who is banned. */
  isBanned(name: string): Promise<void>
}

/** Where a client is, and from what address. */
export interface Seat {
  readonly daemon: TestDaemon
  readonly address: string
  /** For what has to be destroyed. */
  readonly sockets: { destroy(): unknown }[]
}

const KICKED = DISCONNECTS.kicked.text
const PASSWORD = 'correct horse'
const SILENCED = { muted: 'You are muted in this room', 'slow-mode': 'Slow mode, wait 3600 seconds' }
const MODERATED = 'Only operators and voiced users may speak now'
const ACCOUNTS = /^(ann|.*(win|pirate))$/

/** The text that protocols without lines of a protocol of their own show. */
const shown = ({ kind, from, text = '' }: Step) => (kind === 'action' ? `* ${from} ${text}` : text)
const isSaid = ({ kind }: Step) => kind === 'message' || kind === 'action'

const LINE_TYPES = { joined: 'userJoined', left: 'userLeft', kicked: 'userKicked', action: 'message' }

/** The line of a step. */
export function asLine({ kind, from, to, text = '', more }: Step) {
  const body =
    kind === 'joined' ? `User ${from} has joined the room` : kind === 'left' ? `User ${from} has left the room` : text
  const type = kind in LINE_TYPES ? LINE_TYPES[kind as keyof typeof LINE_TYPES] : kind
  return {
    type,
    from,
    ...(to !== undefined && { to }),
    body,
    room: 'lobby',
    ...(kind === 'action' && { action: true }),
    ...more,
  }
}

const STAMPS = { utctimestamp: expect.any(String), id: expect.any(String) }

export async function lineVisitor(
  { daemon, address, sockets }: Seat,
  transport: Transport,
): Promise<Visitor & { client: LineClient }> {
  const connect = async () => {
    const client = await LineClient.connect(daemon, transport, 'whole', address)
    sockets.push(client.socket)
    return client
  }
  const client = await connect()
  let named = false
  return {
    client,
    enter: async (name) => {
      if (!named) expect(await client.ask(`LOGIN ${name}`)).toMatchObject({ result: `Username set to ${name}` })
      named = true
      expect(await client.ask('JOIN lobby')).toMatchObject({ result: 'Joined room lobby' })
    },
    say: async (text) => expect(await client.ask(text)).toEqual({ type: 'commandResult', result: 'OK' }),
    isSilenced: async (code) => {
      const error = code === 'moderated' ? 'Room is moderated' : SILENCED[code]
      expect(await client.ask('spam')).toMatchObject({ type: 'error', code, error })
    },
    hears: async (step) => expect(await client.next()).toEqual({ ...asLine(step), ...STAMPS }),
    isOut: async () => expect(await client.ask('hello?')).toMatchObject({ error: 'Join a room first' }),
    isBanned: async (name) => {
      const again = await connect()
      await again.ask(`LOGIN ${name}`)
      expect(await again.ask('JOIN lobby')).toMatchObject({ code: 'banned', error: 'You are banned from this room' })
    },
  }
}

export function boxVisitor({ daemon, address, sockets }: Seat): Visitor {
  let client: FrameClient
  let name = ''
  const login = async (wanted: string) => {
    client = await FrameClient.connect(daemon.port('chatterbox'), 'TLS', address)
    sockets.push(client.socket)
    name = wanted
    return client.ask({ USERNAME: wanted })
  }
  const send = (text: string) => client.send({ MESSAGES: [[name, 'ALL', 1_524_700_000, text]] })
  return {
    enter: async (wanted) => expect(await login(wanted)).toMatchObject({ USERNAME_ACCEPTED: true }),
    say: async (text) => send(text),
    isSilenced: async (code) => {
      send('spam')
      expect(await client.next()).toEqual({ ERROR: code === 'moderated' ? MODERATED : SILENCED[code] })
    },
    hears: async (step) => {
      const { kind, from, to } = step
      if (isSaid(step)) {
        expect(await client.next()).toEqual({ MESSAGES: [[from, 'ALL', expect.any(Number), shown(step)]] })
      } else if (kind === 'left' || kind === 'kicked') expect(await client.next()).toEqual({ USERS_LEFT: [to ?? from] })
      else if (kind === 'joined' && from !== name) expect(await client.next()).toEqual({ USERS_JOINED: [from] })
    },
    isOut: async () => expect(await client.rest()).toEqual([{ ERROR: KICKED }]),
    isBanned: async (wanted) =>
      expect(await login(wanted)).toEqual({ USERNAME_ACCEPTED: false, INFO: 'You are banned from this room' }),
  }
}

export async function windowVisitor({ daemon, address, sockets }: Seat, account: string): Promise<Visitor> {
  const connect = async () => {
    const client = await ChatroomClient.connect(daemon.port('chatroom'), address)
    sockets.push(client.frames.socket)
    return client
  }
  const client = await connect()
  client.send(register(account, PASSWORD), logIn(account, PASSWORD))
  await client.until(({ type }) => type === 'list')
  const isList = ({ type }: Frame) => type === 'list' || type === 'list_room'
  const next = () => client.until((frame) => !isList(frame))
  const send = (text: string) => client.send(say(text))
  return {
    enter: async () => {
      client.send(enter('Public Chat'))
      expect(await next()).toMatchObject({ type: 'enter', status: 'ok' })
    },
    say: async (text) => send(text),
    isSilenced: async (code) => {
      send('spam')
      const message = code === 'moderated' ? MODERATED : SILENCED[code]
      expect(await next()).toEqual({ type: 'msg', status: 'error', message })
    },
    hears: async (step) => {
      const data = { to: 'public', from: step.from, text: shown(step) }
      if (isSaid(step)) expect(await next()).toEqual({ type: 'msg', status: 'ok', data })
    },
    isOut: async () => {
      expect(await next()).toEqual({ type: 'exit', status: 'ok', message: 'Exited chatroom, returned to lobby' })
      const { data } = await client.until(({ type }) => type === 'list')
      expect(data).toMatchObject({ lobby: expect.arrayContaining([account]) })
      expect((data as Record<string, string[]>)['Public Chat']).not.toContain(account)
    },
    isBanned: async () => {
      client.send(enter('Public Chat'))
      expect(await next()).toEqual({ type: 'enter', status: 'error', message: 'You are banned from this room' })
    },
  }
}

export async function pirateVisitor({ daemon, address, sockets }: Seat, account: string): Promise<Visitor> {
  const pirates = pirateClients(daemon.port('http'), sockets)
  const cookie = await pirates.user(account)
  const options = { localAddress: address }
  let client: PirateClient
  return {
    enter: async () => {
      client = await pirates.open(cookie, options)
    },
    say: async (text) => client.send(text),
    isSilenced: async (code) => {
      client.send('spam')
      expect(await client.next()).toEqual({ status: false, code: code.replace('-', '_') })
    },
    hears: async (step) => {
      const { kind, from, to = from } = step
      if (isSaid(step))
        expect(await client.next()).toEqual(from === account ? ACK : { message: shown(step), author: from })
      else if (kind === 'joined' && from !== account)
        expect(await client.next()).toEqual({ event: 'join', username: from })
      else if ((kind === 'left' || kind === 'kicked') && to !== account) {
        expect(await client.next()).toEqual({ event: 'leave', username: to })
      }
    },
    isOut: async () => {
      expect(await client.closing).toEqual([1008, KICKED])
      expect(client.now()).toEqual([])
    },
    isBanned: async () => expect(await pirates.refused(cookie, options)).toBe(403),
  }
}

export function globeVisitor({ daemon, address, sockets }: Seat): Visitor {
  let client: GlobesClient
  let name = ''
  const port = daemon.port('http')
  const open = () => {
    const websocket = new WebSocket(`ws://127.0.0.1:${port}/chats/1/ws`, { localAddress: address })
    websocket.on('error', () => {})
    sockets.push({ destroy: () => websocket.terminate() })
    return websocket
  }
  const connect = async (wanted: string) => {
    const websocket = open()
    client = new GlobesClient(websocket)
    await once(websocket, 'open')
    // Its node asks where the log stands when it begins to watch; what it is asked behind that is answered behind that.
    await pirateClients(port, sockets).get('/chats/1')
    name = wanted
    client.send(joining(name))
  }
  return {
    enter: connect,
    say: async (text) => client.send(saying(name, text)),
    isSilenced: async (code) => {
      client.send(saying(name, 'spam'))
      expect(await client.next()).toEqual(notice(code === 'moderated' ? MODERATED : SILENCED[code]))
    },
    hears: async (step) => {
      const { kind, from, to = from } = step
      const event_type = isSaid(step)
        ? 'send'
        : kind === 'joined'
          ? 'join'
          : kind === 'left' || kind === 'kicked'
            ? 'leave'
            : undefined
      if (event_type === undefined) return
      const msg = { send: shown(step), join: `${from} entered the room.`, leave: `${to} has left the room.` }[
        event_type
      ]
      const verified = kind !== 'kicked' && ACCOUNTS.test(from) && { verified: true }
      const event = {
        event_type,
        name: kind === 'kicked' ? to : from,
        room_id: 1,
        msg,
        time: expect.any(String),
        ...verified,
      }
      expect(await client.next()).toEqual(event)
    },
    isOut: async () => {
      expect(await client.closing).toEqual([1008, KICKED])
      expect(client.now()).toEqual([notice(KICKED)])
    },
    // Before it hears anything of the room.
    isBanned: async () => {
      const [, response] = await once(open(), 'unexpected-response')
      expect(response).toMatchObject({ statusCode: 401 })
    },
  }
}
