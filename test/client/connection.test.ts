import { expect, onTestFinished, test, vi } from 'vitest'
import { openConnection } from '../../src/client/connection.ts'
import { connect, RefusedError } from '../../src/client/node/index.ts'
import { tcp } from '../../src/client/node/sockets.ts'
import { nonceLine } from '../../src/client/room-lines.ts'
import { startTestDaemon } from '../support/daemon.ts'
import { reservePort } from '../support/port.ts'
import { openSilent } from './fake.ts'

async function open(options: Record<string, unknown> = {}) {
  const daemon = await startTestDaemon(options)
  const connection = openConnection(tcp({ host: '127.0.0.1', port: daemon.line }))
  onTestFinished(async () => {
    connection.close()
    await daemon.stop()
  })
  return connection
}

test('each line resolves with its own reply', async () => {
  const connection = await open()
  const texts = Array.from({ length: 5_000 }, (_, number) => String(number))
  const replies = await Promise.all(texts.map((text) => connection.ask(`/ping ${text}`)))
  expect(replies).toEqual(texts.map((text) => ({ type: 'commandResult', result: `PONG ${text}` })))
})

test('the limits that the server tells are those it holds to', async () => {
  const connection = await open({ 'max-line': 300, 'max-text': 20 })
  const limits = (await connection.run('/limits')).limits
  if (!limits) throw new Error('no limits')
  const { line, text, nickname, room } = limits
  expect([line, text]).toEqual([300, 20])
  const codeOf = async (asked: string) => {
    const reply = await connection.ask(asked)
    return reply.type === 'error' ? reply.code : reply.type
  }
  const ping = (bytes: number) => `/ping ${'x'.repeat(bytes - 6)}`
  expect([await codeOf(ping(line)), await codeOf(ping(line + 1))]).toEqual(['commandResult', 'line-too-long'])
  for (const [command, rule, code] of [
    ['LOGIN', nickname, 'name-invalid'],
    ['JOIN', room, 'room-name-invalid'],
  ] as const) {
    const names = ['x'.repeat(rule.maxLength + 1), 'x'.repeat(rule.minLength - 1), 'a!b', 'x'.repeat(rule.maxLength)]
    const pattern = new RegExp(rule.pattern, 'u')
    const fit = names.map((name) => name.length <= rule.maxLength && pattern.test(name))
    expect(fit).toEqual([false, false, false, true])
    for (const name of names.slice(0, 3)) {
      expect(await codeOf(`${command} ${name}`)).toBe(name ? code : 'missing-parameter')
    }
    expect(await codeOf(`${command} ${names[3]}`)).toBe('commandResult')
  }
  expect(await codeOf('y'.repeat(text))).toBe('commandResult')
  expect(await codeOf('y'.repeat(text + 1))).toBe('text-too-long')
})

test('a text is said to the letter, behind its nonce', () => {
  expect(nonceLine('hello', 'k7', 'MESSAGE')).toBe('MESSAGE nonce=k7 hello')
  expect(nonceLine('LEAVE "now"', 'k7', 'MESSAGE')).toBe('MESSAGE nonce=k7 LEAVE "now"')
  expect(nonceLine('two\nlines', 'k7', 'MESSAGE')).toBe('MESSAGE nonce=k7 "two\\nlines"')
  expect(nonceLine('  indented', 'k7', 'MESSAGE')).toBe('MESSAGE nonce=k7 "  indented"')
  expect(nonceLine('"quoted"', 'k7', '/me')).toBe('/me nonce=k7 "\\"quoted\\""')
  expect(nonceLine('"over\u2028lines"', 'k7', 'MESSAGE')).toBe('MESSAGE nonce=k7 "\\"over\u2028lines\\""')
  expect(() => nonceLine(' ', 'k7', 'MESSAGE')).toThrow(RefusedError)
})

test('a connection that cannot be opened tells why', async () => {
  const daemon = await startTestDaemon()
  onTestFinished(() => daemon.stop())
  const why = async (url: string) =>
    connect(url, { nickname: 'ann' }).then(
      () => 'connected',
      (error: Error) => `${error.name}: ${error.message}`,
    )
  const port = await reservePort()
  expect(await why(`127.0.0.1:${port}`)).toBe(`DisconnectedError: connect ECONNREFUSED 127.0.0.1:${port}`)
  expect(await why(`localhost:${port}`)).toMatch(/^DisconnectedError: connect ECONNREFUSED /)
  expect(await why(`tls://127.0.0.1:${daemon.line}`)).toMatch(/^DisconnectedError: .*SSL/)
  expect(await why(`ws://127.0.0.1:${port}`)).toBe(`DisconnectedError: connect ECONNREFUSED 127.0.0.1:${port}`)
  expect(await why(`wss://127.0.0.1:${daemon.line}`)).toMatch(/^DisconnectedError: .*SSL/)
  expect(await why(`ws://127.0.0.1:${daemon.line}`)).toMatch(
    /^DisconnectedError: Parse Error|Unexpected server response/,
  )
})

test('a connection that reads nothing is not asked for a sign of life', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => void vi.useRealTimers())
  const { connection, sent, write, fake } = await openSilent(() => connection.pause(true))
  onTestFinished(() => connection.close())
  await write({ type: 'notice', notice: 'Hear, hear' })
  vi.advanceTimersByTime(60_000)
  expect([sent, fake.isPaused]).toEqual([[], true])
  connection.pause(false)
  vi.advanceTimersByTime(30_000)
  expect(sent).toEqual(['/ping'])
})
