/** Clients that come while a server stops, and what becomes of them. */
import { connect } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { trust } from './certificate.ts'
import { PATIENCE_MS } from './eventually.ts'

export type Door = 'line' | 'line-tls' | 'http'

/**
 * `served` and `told`, that the server stops, are answers; `refused` is for whoever has not connected, `late` for whoever got no time to
 * speak before a server that stops no longer waits, as this process did not run.
 */
export type Outcome = 'served' | 'told' | 'refused' | 'late' | 'reset' | 'ended without a word' | 'hanging'

export const ANSWERS: readonly Outcome[] = ['served', 'told']

const PATTERNS = { served: /Username set to|^HTTP\/1\.1 200 /, told: /"reconnect":true|^HTTP\/1\.1 503 / }
/** Shorter than any server that stops waits for the first word, in ms. */
const LATE_MS = 200
let knocks = 0

/** Connects, says something at once, and resolves with what came of it. `connected` is called when the kernel has let it in. */
export function knock(door: Door, port: number, connected = () => {}): Promise<Outcome> {
  const { promise, resolve } = Promise.withResolvers<Outcome>()
  const host = '127.0.0.1'
  const socket = door === 'line-tls' ? connectTls({ host, port, ...trust() }) : connect({ host, port })
  const started = performance.now()
  let isLate = false
  socket.once('connect', () => {
    isLate = performance.now() - started > LATE_MS
    connected()
  })
  socket.write(door === 'http' ? 'GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n' : `LOGIN knock${++knocks}\n`)
  let received = ''
  const timer = setTimeout(resolve, PATIENCE_MS, 'hanging')
  socket.on('data', (data) => {
    received += data
    if (PATTERNS.told.test(received)) resolve('told')
    else if (PATTERNS.served.test(received)) resolve('served')
  })
  socket.on('error', ({ code }: NodeJS.ErrnoException) => resolve(code === 'ECONNREFUSED' ? 'refused' : 'reset'))
  socket.on('close', () => resolve(isLate ? 'late' : 'ended without a word'))
  void promise.then(() => {
    clearTimeout(timer)
    socket.destroy()
  })
  return promise
}
