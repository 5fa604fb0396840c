/** A receiver of webhooks, and daemons that send them. */
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Logger } from 'pino'
import { expect, onTestFinished, vi } from 'vitest'
import { LineClient } from '../../../support/client.ts'
import { type Overrides, startTestDaemon, type TestDaemon } from '../../../support/daemon.ts'
import { eventually } from '../../../support/eventually.ts'
import { ask as askApi } from '../stage.ts'

export const PASSWORD = 'correct horse battery'
export const BASIC = `Basic ${Buffer.from(`ann:${PASSWORD}`).toString('base64')}`

export interface Received {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
  readonly body: Readonly<Record<string, unknown>>
}

/** An HTTP server that answers each request with the next of the statuses, then with 204. */
export async function receiver(statuses: number[] = [], headers: Record<string, string> = {}) {
  const received: Received[] = []
  const server = createServer(async (request, response) => {
    let text = ''
    for await (const chunk of request.setEncoding('utf8')) text += chunk
    const status = statuses.shift() ?? 204
    received.push({ status, headers: request.headers, text, body: JSON.parse(text) })
    response.writeHead(status, headers).end()
  })
  const close = async () => {
    server.closeAllConnections()
    server.close()
  }
  const listen = async (port = 0) => {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    return (server.address() as AddressInfo).port
  }
  const port = await listen()
  onTestFinished(close)
  const bodies = () => received.filter(({ status }) => status < 300).map(({ body }) => body.body)
  return { port, url: `http://127.0.0.1:${port}/in`, received, bodies, close, listen }
}

/** An HTTP server that answers nothing, and for whose answers senders wait without an end. */
export async function silentReceiver() {
  const timeout = vi.spyOn(AbortSignal, 'timeout').mockImplementation(() => new AbortController().signal)
  onTestFinished(() => timeout.mockRestore())
  /** Webhooks of the requests. */
  const begun: unknown[] = []
  let ended = 0
  const server = createServer(({ headers }, response) => {
    begun.push(headers['x-roomd-hook'])
    response.on('close', () => ended++)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const close = () => {
    server.closeAllConnections()
    server.close()
  }
  onTestFinished(close)
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}/in`, begun, open: () => begun.length - ended, ended: () => ended, close }
}

/** Resolves when a receiver has accepted these texts, and nothing else. */
export function accepted({ bodies }: { bodies(): unknown[] }, ...texts: readonly string[]): Promise<void> {
  return eventually(() => expect(bodies()).toEqual(texts))
}

export async function startDaemon(overrides: Overrides = {}, log?: Logger): Promise<TestDaemon> {
  const daemon = await startTestDaemon({ http: 0, 'hooks-private': true, ...overrides }, log)
  onTestFinished(() => daemon.stop())
  return daemon
}

/** A client at the line protocol; each line must be answered without an error. */
export async function dial(daemon: TestDaemon, ...lines: readonly string[]): Promise<LineClient> {
  const client = await LineClient.connect(daemon)
  onTestFinished(() => void client.socket.destroy())
  for (const line of lines) {
    client.send(line)
    const reply = (await client.until(({ type }) => type === 'commandResult' || type === 'error')).at(-1)
    expect(reply).toMatchObject({ type: 'commandResult' })
  }
  return client
}

/** Asks the rooms API as the owner of `ann`; the response is checked against its OpenAPI document. */
export async function ask(daemon: TestDaemon, method: string, path: string, body?: unknown, authorization = BASIC) {
  const headers = authorization === '' ? {} : { authorization }
  const answer = await askApi(daemon.port('http'), method, path, { headers, body })
  return { status: answer.status, ...(answer.text !== '' && { body: answer.body }) }
}
