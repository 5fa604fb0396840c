/** A daemon and Piratchat clients for one test; all are gone when the test is done. */
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { expect, onTestFinished } from 'vitest'
import { type ClientOptions, WebSocket } from 'ws'
import { PirateClient } from '../../clients/piratchat.ts'
import { LineClient } from '../../support/client.ts'
import { type Overrides, startTestDaemon } from '../../support/daemon.ts'
import { keptLog } from '../../support/log.ts'

export const ACK = { status: true }
export const join = (username: string) => ({ event: 'join', username })
export const leave = (username: string) => ({ event: 'leave', username })
export const said = (author: string, message: string) => ({ message, author })

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly body: string
}

/** What a request is made of. */
export interface Request {
  readonly body?: string | Buffer
  readonly cookie?: string
  readonly headers?: Record<string, string>
}

export async function pirateStage(overrides: Overrides = {}) {
  const { log, logged } = keptLog()
  const daemon = await startTestDaemon({ http: 0, ...overrides }, log)
  const stop = () => daemon.stop()
  const sockets: { destroy(): unknown }[] = []
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy()
    await stop()
  })
  return { daemon, stop, log: logged, ...pirateClients(daemon.port('http'), sockets), line }

  /** A client of the line protocol, in the lobby if it is to be. */
  async function line(name?: string, room?: string): Promise<LineClient> {
    const client = await LineClient.connect(daemon)
    sockets.push(client.socket)
    if (name !== undefined) await client.ask(`LOGIN ${name}`)
    if (room !== undefined) {
      client.send(`JOIN ${room}`)
      await client.until(({ type }) => type === 'userJoined')
    }
    return client
  }
}

/** What clients do at a port. What has to be destroyed is put among the sockets. */
export function pirateClients(port: number, sockets: { destroy(): unknown }[], tls = false) {
  const host = `127.0.0.1:${port}`

  const ask = async (method: string, path: string, { body, cookie, headers = {} }: Request = {}): Promise<Answer> => {
    const response = await fetch(`http://${host}${path}`, {
      method,
      headers: { ...headers, ...(cookie !== undefined && { cookie }) },
      ...(body !== undefined && { body: typeof body === 'string' ? body : new Uint8Array(body) }),
    })
    return { status: response.status, headers: response.headers, body: await response.text() }
  }
  const get = (path: string, cookie?: string) => ask('GET', path, cookie === undefined ? {} : { cookie })
  const post = (path: string, body: string | Buffer, headers = {}) => ask('POST', path, { body, headers })

  const register = async (username: string): Promise<string> => {
    const answer = await post('/api/register', JSON.stringify({ username }))
    expect(answer.status).toBe(201)
    return JSON.parse(answer.body).key
  }
  /** Gives the cookie as it is sent back. */
  const login = async (key: string): Promise<string> => {
    const answer = await post('/api/login', JSON.stringify({ key }))
    expect(answer).toMatchObject({ status: 200, body: '' })
    return cookieOf(answer)
  }
  /** The cookie of a new user. */
  const user = async (name: string) => login(await register(name))

  const dial = (cookie: string | undefined, options: ClientOptions) => {
    const headers = { ...options.headers, ...(cookie !== undefined && { cookie }) }
    return new WebSocket(`${tls ? 'wss' : 'ws'}://${host}/ws`, { rejectUnauthorized: false, ...options, headers })
  }
  /** The status of a handshake that is to fail. */
  const refused = async (cookie?: string, options: ClientOptions = {}): Promise<number | undefined> => {
    const websocket = dial(cookie, options)
    websocket.on('error', () => {})
    sockets.push({ destroy: () => websocket.terminate() })
    const [request, response]: [{ destroy(): void }, IncomingMessage] = await new Promise((resolve, reject) => {
      websocket.on('unexpected-response', (...both) => resolve(both))
      websocket.on('open', () => reject(new Error('let in')))
    })
    const chunks: Buffer[] = []
    for await (const chunk of response) chunks.push(chunk)
    expect(Buffer.concat(chunks).toString()).toBe('')
    request.destroy()
    return response.statusCode
  }
  const open = async (cookie: string, options: ClientOptions = {}): Promise<PirateClient> => {
    const websocket = dial(cookie, options)
    sockets.push({ destroy: () => websocket.terminate() })
    const client = new PirateClient(websocket)
    await once(websocket, 'open')
    return client
  }
  /** Users who are connected and have seen one another come. */
  const together = async <const Names extends readonly string[]>(...names: Names) => {
    const clients: PirateClient[] = []
    for (const name of names) {
      const client = await open(await user(name))
      for (const each of clients) expect(await each.next()).toEqual(join(name))
      clients.push(client)
    }
    return clients as unknown as { [K in keyof Names]: PirateClient }
  }
  const online = async (cookie: string): Promise<unknown> => {
    const answer = await get('/api/online', cookie)
    expect(answer.status).toBe(200)
    return JSON.parse(answer.body).online_clients
  }
  return { host, ask, get, post, register, login, user, refused, open, together, online }
}

/** The cookie that an answer sets, as it is sent back. */
export function cookieOf({ headers }: Pick<Answer, 'headers'>): string {
  return headers.get('set-cookie')?.split(';')[0] ?? ''
}
