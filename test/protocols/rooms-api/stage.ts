/** A daemon with the rooms API, whose responses are checked against its OpenAPI document. */
import type { Logger } from 'pino'
import { expect, onTestFinished } from 'vitest'
import { openApi } from '../../../src/protocols/rooms-api/openapi.ts'
import { OPERATIONS } from '../../../src/protocols/rooms-api/operations.ts'
import type { Fields } from '../../clients/json-socket.ts'
import { LineClient } from '../../support/client.ts'
import { type Overrides, startTestDaemon } from '../../support/daemon.ts'
import { responseChecker } from './responses.ts'

export const PASSWORD = 'zebra umbrella 1234'

export interface Ask {
  readonly headers?: Readonly<Record<string, string>>
  /** Text or bytes as they are, anything else as JSON. */
  readonly body?: unknown
}

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The text as JSON, where it is. */
  // biome-ignore lint/suspicious/noExplicitAny: each test knows its form
  readonly body: any
}

const checkResponse = responseChecker(openApi(OPERATIONS))

/** Asks a rooms API, and checks that the response is one of the document. */
export async function ask(port: number, method: string, path: string, { headers, body }: Ask = {}): Promise<Answer> {
  const isRaw = body === undefined || typeof body === 'string' || body instanceof Uint8Array
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    method,
    headers: { ...(!isRaw && { 'Content-Type': 'application/json' }), ...headers },
    ...(body !== undefined && { body: isRaw ? body : JSON.stringify(body) }),
  })
  const text = await response.text()
  const type = response.headers.get('content-type')
  const answer = { status: response.status, headers: response.headers, text, body: parsed(text, type) }
  if (method !== 'HEAD') checkResponse(method, path, answer.status, type, answer.body)
  return answer
}

function parsed(text: string, type: string | null): unknown {
  return text !== '' && /^application\/(?:problem\+)?json/.test(type ?? '') ? JSON.parse(text) : text
}

export const basic = (name: string) => ({
  Authorization: `Basic ${Buffer.from(`${name}:${PASSWORD}`).toString('base64')}`,
})
export const bearer = (token: string) => ({ Authorization: `Bearer ${token}` })
export const problem = (status: number, code: string) => ({
  status,
  body: expect.objectContaining({ type: 'about:blank', status, code }),
})

export type ApiStage = Awaited<ReturnType<typeof apiStage>>

export async function apiStage(overrides: Overrides = {}, log?: Logger) {
  const daemon = await startTestDaemon({ http: 0, ...overrides }, log)
  const port = daemon.port('http')
  const lines: LineClient[] = []
  let stopped: Promise<void> | undefined
  const stop = () => {
    for (const { socket } of lines.splice(0)) socket.destroy()
    return (stopped ??= daemon.stop())
  }
  onTestFinished(stop)
  /** A client of the line protocol, in a room. */
  const line = async (name: string, room?: string) => {
    const client = await LineClient.connect(daemon)
    lines.push(client)
    const login = await client.ask(`LOGIN ${name}`)
    if (login.type === 'error') expect(await client.ask(`LOGIN ${name} ${PASSWORD}`)).toHaveProperty('result')
    if (room !== undefined) {
      client.send(`JOIN ${room}`)
      await client.until(({ type }) => type === 'userJoined')
    }
    return client
  }
  /** Makes an account, and resolves with the headers that prove it. */
  const account = async (name: string) => {
    const client = await line(name)
    expect(await client.ask(`/register ${PASSWORD}`)).toMatchObject({ type: 'commandResult' })
    client.socket.destroy()
    return basic(name)
  }
  const api = (method: string, path: string, asked?: Ask) => ask(port, method, path, asked)
  const post = (room: string, body: unknown, query = '?as=ci', headers?: Record<string, string>) =>
    api('POST', `/rooms/${room}/messages${query}`, { body, ...(headers && { headers }) })
  const history = async (room: string, query = '?limit=1000'): Promise<Fields[]> =>
    (await api('GET', `/rooms/${room}/messages${query}`)).body
  const bodies = async (room: string, query?: string) => (await history(room, query)).map(({ body }) => body)
  return { daemon, port, api, post, history, bodies, line, account, stop }
}
