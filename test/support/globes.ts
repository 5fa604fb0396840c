/** A daemon with Globes and its clients, for one test. */
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import type { Logger } from 'pino'
import { expect, onTestFinished } from 'vitest'
import { type ClientOptions, WebSocket } from 'ws'
import type { Chat } from '../../src/chat/chat.ts'
import { globesRoutes } from '../../src/protocols/globes/routes.ts'
import type { Heartbeat } from '../../src/transport/websocket.ts'
import { GlobesClient } from '../clients/globes.ts'
import type { Fields } from '../clients/json-socket.ts'
import { LineClient } from './client.ts'
import { type Overrides, startTestDaemon } from './daemon.ts'
import { openPort, socketOptions } from './http.ts'

export const PASSWORD = 'zebra umbrella 1234'

export interface Answer {
  readonly status: number
  readonly type: string | null
  readonly text: string
  /** What the text says as JSON. */
  readonly body: Fields
}

export async function globesStage(overrides: Overrides = {}, log?: Logger) {
  const daemon = await startTestDaemon({ http: 0, ...overrides }, log)
  const port = daemon.port('http')
  const open: { end(): void }[] = []
  let stopped: Promise<void> | undefined
  const stop = () => {
    for (const { end } of open.splice(0)) end()
    return (stopped ??= daemon.stop())
  }
  onTestFinished(stop)

  const api = async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) => {
    const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body)
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      headers,
      ...(text !== undefined && { body: text }),
    })
    return answerOf(response.status, response.headers.get('content-type'), await response.text())
  }
  const begin = (path: string, protocols: string[], options: ClientOptions) => {
    const websocket = new WebSocket(`ws://127.0.0.1:${port}${path}`, protocols, options)
    websocket.on('error', () => {})
    open.push({ end: () => websocket.terminate() })
    return websocket
  }
  const connect = async (path = '/chats/1/ws', protocols: string[] = [], options: ClientOptions = {}) => {
    const client = new GlobesClient(begin(path, protocols, options))
    await once(client.websocket, 'open')
    return client
  }
  /** A client whose `join` everybody who was there has been told, in `clients` too. */
  const join = async (name: string, color?: string, ...clients: GlobesClient[]) => {
    const client = await connect()
    client.send(joining(name, color))
    for (const each of [client, ...clients]) expect(await each.next()).toMatchObject({ event_type: 'join', name })
    return client
  }
  /** What a handshake is refused with. */
  const refused = async (path: string, protocols: string[] = [], options: ClientOptions = {}): Promise<Answer> => {
    const [, response] = (await once(begin(path, protocols, options), 'unexpected-response')) as [
      unknown,
      IncomingMessage,
    ]
    let text = ''
    for await (const chunk of response) text += chunk
    return answerOf(response.statusCode ?? 0, response.headers['content-type'] ?? null, text)
  }
  const line = async (name: string) => {
    const client = await LineClient.connect(daemon)
    open.push({ end: () => client.socket.destroy() })
    await client.ask(`LOGIN ${name}`)
    return client
  }
  /** Registers a name with {@link PASSWORD}; its owner is not connected. */
  const account = async (name: string) => {
    const owner = await line(name)
    expect(await owner.ask(`/register ${PASSWORD}`)).toMatchObject({ type: 'commandResult' })
    owner.socket.destroy()
  }
  /** What `POST /auth` gives for an account, and the cookie as a browser sends it back. */
  const logIn = async (name: string) => {
    const response = await fetch(`http://127.0.0.1:${port}/auth`, {
      method: 'POST',
      body: JSON.stringify({ username: name, password: PASSWORD }),
    })
    expect(response.status).toBe(201)
    const { token } = (await response.json()) as { token: string }
    const setCookie = response.headers.get('set-cookie') ?? ''
    return { token, setCookie, headers: { Cookie: setCookie.split(';', 1)[0] ?? '' } }
  }
  const create = async (fields: Fields) => {
    const { status, body } = await api('POST', '/chats', { visibility: 'public', ...fields })
    expect(status).toBe(201)
    return body as Fields & { id: number }
  }
  /** A private room, and what opens it. */
  const den = async (title = 'Den') => {
    const { id } = await create({ title, visibility: 'private', password: PASSWORD })
    const tokenFor = async (name: string): Promise<string> => {
      const { body } = await api('POST', `/chats/${id}/token`, { secret: PASSWORD, name })
      return String(body.token)
    }
    const enter = async (name: string) => {
      const client = await connect(`/chats/${id}/ws`, [await tokenFor(name)])
      client.send(joining(name))
      await client.next()
      return client
    }
    return { id, path: `/chats/${id}`, tokenFor, enter }
  }
  return { daemon, port, api, connect, join, refused, line, account, logIn, create, den, stop }
}

/** Globes alone, on a core that the test has in its hands. Returns the port. */
export async function serveGlobes(chat: Chat, heartbeat?: Heartbeat): Promise<number> {
  const options = {
    ...socketOptions(),
    publicRooms: 'owned',
    anyOrigin: true,
    secret: undefined,
  } as const
  const { port } = await openPort(globesRoutes({ chat, ...options, ...(heartbeat && { heartbeat }) }))
  return port
}

/** A client in its lobby. */
export async function openGlobes(port: number, options: ClientOptions = {}): Promise<GlobesClient> {
  const websocket = new WebSocket(`ws://127.0.0.1:${port}/chats/1/ws`, options)
  onTestFinished(() => websocket.terminate())
  const client = new GlobesClient(websocket)
  await once(websocket, 'open')
  return client
}

function answerOf(status: number, type: string | null, text: string): Answer {
  return { status, type, text, body: type?.startsWith('application/json') ? JSON.parse(text) : {} }
}

export const bearer = (token: string) => ({ Authorization: `Bearer ${token}` })

/** What clients say. */
export const joining = (name: string, color = '') => ({ event_type: 'join', name, color, msg: '', room_id: 1 })
export const saying = (name: string, msg: string, color = '') => ({
  event_type: 'send',
  name,
  color,
  msg,
  room_id: null,
})
export const leaving = (name: string) => ({ event_type: 'leave', name, msg: '' })

const event = (event_type: string, name: string, msg: string, room_id: number, color?: string) => ({
  event_type,
  name,
  room_id,
  ...(color && { color }),
  msg,
  time: expect.stringMatching(/^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
})
/** What the server says. */
export const joined = (name: string, room = 1, color?: string) =>
  event('join', name, `${name} entered the room.`, room, color)
export const said = (name: string, msg: string, room = 1, color?: string) => event('send', name, msg, room, color)
export const left = (name: string, room = 1, color?: string) =>
  event('leave', name, `${name} has left the room.`, room, color)

/** What the server says in its own name, to one client. */
export const notice = (msg: string) => ({ event_type: 'send', name: 'server', msg })

export const failure = (code: number, error: string, field?: string) => ({
  status: false,
  error: { code, error, ...(field !== undefined && { field }) },
})
