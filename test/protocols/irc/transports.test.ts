/** docs/protocols/irc.md, section 9, points 39, 40 and 43: TLS, WebSocket, and bytes in whatever pieces. */
import { once } from 'node:events'
import { setImmediate as nextRound } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { IrcClient } from '../../clients/irc.ts'
import { ircStage } from './stage.ts'

const REGISTRATION = ['NICK ann', 'USER ann 0 * :Ann']

test('43. over TLS', async () => {
  const { daemon } = await ircStage({ 'irc-tls': 0 })
  const client = await IrcClient.connect(daemon.port('irc-tls'), true)
  onTestFinished(() => void client.socket.destroy())
  const lines = await client.ask(...REGISTRATION, 'JOIN #ops', 'PRIVMSG #ops :hello')
  expect(lines).toContain(':ann!~ann@guest.roomd JOIN #ops')
})

test.each(['text.ircv3.net', 'binary.ircv3.net'])('43. over a WebSocket with the subprotocol %s', async (protocol) => {
  const { daemon, guest } = await ircStage({ http: 0 })
  const bob = await guest('bob')
  await bob.ask('JOIN #ops')
  const socket = new WebSocket(`ws://127.0.0.1:${daemon.port('http')}/irc`, [protocol])
  onTestFinished(() => socket.terminate())
  const heard: string[] = []
  const isBinary: boolean[] = []
  socket.on('message', (data, binary) => {
    heard.push(String(data))
    isBinary.push(binary)
  })
  await once(socket, 'open')
  expect(socket.protocol).toBe(protocol)
  const lines = [...REGISTRATION, 'JOIN #ops', 'PRIVMSG #ops :from a page\r\n', 'PING end']
  for (const line of lines) socket.send(protocol.startsWith('binary') ? Buffer.from(line) : line)
  while (!heard.at(-1)?.endsWith('PONG roomd :end')) await once(socket, 'message')
  expect(heard).toContain(':ann!~ann@guest.roomd JOIN #ops')
  expect(heard.every((message) => !/[\r\n]/.test(message))).toBe(true)
  expect(new Set(isBinary)).toEqual(new Set([protocol.startsWith('binary')]))
  expect(await bob.until(/PRIVMSG/)).toContain(':ann!~ann@guest.roomd PRIVMSG #ops :from a page')
})

test('43. over a WebSocket the first known subprotocol counts, and what is no line is refused', async () => {
  const { daemon } = await ircStage({ http: 0 })
  const socket = new WebSocket(`ws://127.0.0.1:${daemon.port('http')}/irc`, ['x', 'binary.ircv3.net', 'text.ircv3.net'])
  onTestFinished(() => socket.terminate())
  const heard: string[] = []
  socket.on('message', (data, isBinary) => heard.push(isBinary ? String(data) : 'a text'))
  await once(socket, 'open')
  expect(socket.protocol).toBe('binary.ircv3.net')
  socket.send('NICK ann\r\nUSER ann 0 * :Ann')
  socket.send(Buffer.from('NICK caf\xe9', 'latin1'))
  socket.send('')
  // A message in fragments is one line.
  socket.send('PI', { fin: false })
  socket.send('NG ', { fin: false })
  socket.send('end')
  while (!heard.at(-1)?.endsWith(':end')) await once(socket, 'message')
  expect(heard).toEqual([
    ':roomd 417 * :Input line was too long',
    ':roomd FAIL NICK INVALID_UTF8 :Message rejected, it is not UTF-8',
    ':roomd PONG roomd :end',
  ])
})

test.each([
  ['CR LF', 'NICK ann\r\nUSER ann 0 * :Ann\r\nPING end\r\n'],
  ['LF', 'NICK ann\nUSER ann 0 * :Ann\nPING end\n'],
  ['empty lines and many spaces', '\r\n\r\n  NICK    ann\r\nUSER  ann   0 * :Ann\r\n\nPING   :end\r\n'],
])('40. lines end with %s, and come in whatever pieces', async (_, text) => {
  const { daemon, dial } = await ircStage({ 'irc-tls': 0 })
  const dialTls = () => IrcClient.connect(daemon.port('irc-tls'), true)
  for (const [size, connect] of [text.length, 7, 1].flatMap((size) => [
    [size, dial] as const,
    [size, dialTls] as const,
  ])) {
    const client = await connect()
    for (let start = 0; start < text.length; start += size) {
      client.write(text.slice(start, start + size))
      if (size < text.length) await nextRound()
    }
    expect((await client.until(/PONG/)).at(-1)).toBe(':roomd PONG roomd :end')
    client.socket.destroy()
    await client.closed
  }
})

test('40. a line has 510 bytes, or is answered by 417 and skipped', async () => {
  const { together } = await ircStage()
  const [ann, bob] = await together('#ops', 'ann', 'bob')
  if (!ann || !bob) throw new Error('there are two')
  const text = 'x'.repeat(510 - 'PRIVMSG #ops :'.length)
  expect(await ann.ask(`PRIVMSG #ops :${text}`)).toEqual([])
  expect(await ann.ask(`PRIVMSG #ops :${text}x`)).toEqual([':roomd 417 ann :Input line was too long'])
  expect(await ann.ask(`@a=${'x'.repeat(4_092)} PRIVMSG #ops :tagged`)).toEqual([])
  expect(await ann.ask(`@a=${'x'.repeat(4_093)} PRIVMSG #ops :lost`)).toEqual([
    ':roomd 417 ann :Input line was too long',
  ])
  expect(await ann.ask('x'.repeat(100_000))).toEqual([':roomd 417 ann :Input line was too long'])
  const heard = (await bob.rest()).filter((line) => line.includes('PRIVMSG'))
  // The source makes the line too long for one.
  expect(heard.map((line) => line.replace(/^.*? :/, '')).join('')).toBe(`${text}tagged`)
  for (const line of heard) expect(Buffer.byteLength(line)).toBeLessThanOrEqual(510)
})

test('39. text that is not UTF-8 is refused, and NUL is left out', async () => {
  const { together } = await ircStage()
  const [ann, bob] = await together('#ops', 'ann', 'bob')
  if (!ann || !bob) throw new Error('there are two')
  ann.write(Buffer.from('PRIVMSG #ops :caf\xe9\r\n', 'latin1'))
  expect(await ann.rest()).toEqual([':roomd FAIL PRIVMSG INVALID_UTF8 :Message rejected, it is not UTF-8'])
  ann.write('PRIVMSG #ops :ca\0fé\r\n')
  expect(await ann.rest()).toEqual([])
  expect(await bob.rest()).toEqual([':ann!~ann@guest.roomd PRIVMSG #ops :café'])
})
