import { expect, onTestFinished, test } from 'vitest'
import { startTestDaemon } from '../support/daemon.ts'
import { exchange, request } from '../support/http.ts'
import { keptLog } from '../support/log.ts'

const FLOOD = Array.from({ length: 8 })

test('clients that are refused again and again, at any port and for any reason, are one line each, and counted at a stop', async () => {
  const { log, logged } = keptLog()
  const daemon = await startTestDaemon({ http: 0, 'max-per-address': 16 }, log)
  onTestFinished(() => daemon.stop())
  const [line, http] = [daemon.line, daemon.port('http')]
  const foreign = request('POST /rooms/lobby/messages?as=eve', 'Origin: http://evil.example', 'Content-Length: 0')
  await Promise.all(FLOOD.map(() => exchange(http, foreign)))
  await Promise.all(FLOOD.map(() => exchange(line, 'GET / HTTP/1.1\r\n\r\n')))
  const held = Promise.all(Array.from({ length: 16 }, () => exchange(line, 'LOGIN ', '')))
  const refused = await Promise.all(FLOOD.map(() => exchange(line, '')))
  expect(refused.every((text) => text.includes('Too many connections from your address'))).toBe(true)
  await daemon.stop()
  await held
  const lines = logged()
    .split('\n')
    .filter(Boolean)
    .map((text) => JSON.parse(text))
  const address = '127.0.0.1'
  expect(lines.filter(({ msg }) => /^refused|^disconnected/.test(msg))).toMatchObject([
    { level: 30, msg: 'refused a page of another origin', origin: 'http://evil.example', address },
    { level: 40, msg: 'disconnected', reason: 'wrong-protocol', address },
    { level: 40, msg: 'refused', reason: 'too-many-from-address', address },
    { level: 30, msg: 'refused a page of another origin: more within a minute', more: 7, address },
    { level: 40, msg: 'disconnected: more within a minute', reason: 'wrong-protocol', more: 7, address },
    { level: 40, msg: 'refused: more within a minute', reason: 'too-many-from-address', more: 7, address },
  ])
})
