/** An HTTP port of its own, for what no protocol on it shows. */
import { once } from 'node:events'
import { connect } from 'node:net'
import { pino } from 'pino'
import { onTestFinished } from 'vitest'
import { AddressList } from '../../src/transport/address-list.ts'
import { Admission } from '../../src/transport/admission.ts'
import type { HttpPortOptions } from '../../src/transport/http/options.ts'
import { httpPort } from '../../src/transport/http/port.ts'
import type { Routes } from '../../src/transport/http/routes.ts'
import type { SocketOptions } from '../../src/transport/http/upgrades.ts'
import type { Port } from '../../src/transport/port.ts'
import { Tally } from '../../src/transport/tally.ts'
import { keptLog } from './log.ts'
import { evenPacing } from './pacing.ts'

export interface TestPort {
  readonly http: Port
  readonly port: number
  readonly admission: Admission
  /** Everything logged so far. */
  log(): string
}

export async function openPort(routes: Routes, options: Partial<HttpPortOptions> = {}): Promise<TestPort> {
  const { log, logged } = keptLog()
  const admission = options.admission ?? new Admission({ maxConnections: 0, maxPerAddress: 0 })
  const http = httpPort(
    {
      log,
      admission,
      tally: new Tally(),
      certificate: undefined,
      origins: [],
      proxies: new AddressList([]),
      maxMessage: 65_536,
      ...options,
    },
    [routes],
  )
  const { port } = await http.listen('127.0.0.1', 0)
  onTestFinished(async () => {
    http.abort()
    await http.stop()
  })
  return { http, port, admission, log: logged }
}

/** What connections on such a port share; `lastWord` is a frame that no test takes for anything else. */
export function socketOptions(options: Partial<SocketOptions> = {}): SocketOptions {
  return {
    log: pino({ level: 'silent' }),
    tally: new Tally(),
    maxQueueBytes: 1_048_576,
    maxMessage: 65_536,
    pacing: evenPacing({ rate: 0, burst: 1 }),
    loginTimeoutMs: 0,
    lastWord: (reason) => Buffer.from([0x81, reason.length, ...Buffer.from(reason)]),
    ...options,
  }
}

/** Sends pieces to a port and gives back everything that comes until the connection is closed. */
export async function exchange(port: number, ...pieces: readonly string[]): Promise<string> {
  const socket = connect({ host: '127.0.0.1', port }).setNoDelay()
  let received = ''
  socket.on('data', (chunk) => {
    received += chunk
  })
  socket.on('error', () => {})
  for (const piece of pieces) socket.write(piece)
  await once(socket, 'close')
  return received
}

/** The head of a request, with `Connection: close` unless it asks for something else. */
export function request(line: string, ...headers: readonly string[]): string {
  const closing = headers.some((header) => header.startsWith('Connection')) ? [] : ['Connection: close']
  return [`${line} HTTP/1.1`, 'Host: localhost', ...closing, ...headers, '', ''].join('\r\n')
}

/** The head of a handshake. */
export function handshake(path: string, ...headers: readonly string[]): string {
  return request(
    `GET ${path}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    ...headers,
  )
}
