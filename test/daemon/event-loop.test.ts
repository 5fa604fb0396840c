/**
 * No request holds the event loop for long: it is everybody's. What a client can make costly is asked of a daemon with a past, at every
 * protocol. Judged by CPU time, as the machine may have much else to do.
 */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { certificate } from '../support/certificate.ts'
import { eventually } from '../support/eventually.ts'
import { type Frame, FrameClient } from '../support/frames.ts'
import { exchange, request } from '../support/http.ts'
import { MeasuredDaemon } from '../support/measured.ts'
import { crowdIn, fillFolder, readUntil } from '../support/world.ts'

/** CPU time of a round of the event loop, in ms. */
const BUDGET_MS = 20

/** Combining marks in the order that takes longest to sort. */
const marks = (count: number) => `a${'\u0345'.repeat(count / 2)}${'\u0323'.repeat(count / 2)}`
/** JSON that is nested as deep as its bytes allow. */
const deep = (bytes: number) => '['.repeat(bytes / 2) + ']'.repeat(bytes / 2)
const names = (count: number, prefix = '') => Array.from({ length: count }, (_, n) => prefix + n.toString(36)).join(' ')

let daemon: MeasuredDaemon
const sockets: { destroy(): unknown }[] = []

beforeAll(async () => {
  const { certFile, keyFile } = certificate()
  const ports = ['line', 'chatterbox-plain', 'chatroom', 'http'].flatMap((name) => [`--${name}`, '0'])
  const options = [
    '--no-chatterbox',
    '--tls-cert',
    certFile,
    '--tls-key',
    keyFile,
    '--max-registrations',
    '0',
    '--max-rate',
    '0',
  ]
  daemon = await MeasuredDaemon.start([...ports, ...options, '--data', await fillFolder()])
  sockets.push(...(await crowdIn(daemon.port('line'))))
})

afterAll(async () => {
  for (const socket of sockets) socket.destroy()
  await daemon?.stop()
})

async function check(work: () => Promise<unknown>): Promise<void> {
  expect(await daemon.longest(work, BUDGET_MS)).toBeLessThanOrEqual(BUDGET_MS)
}

/** Each a test: what is sent, and what it is. */
type Cases = readonly (readonly [what: string, said: string])[]

test('the measure sees what holds the loop', async () => {
  const quiet = await daemon.longest(async () => {}, BUDGET_MS)
  expect(quiet).toBeLessThan(BUDGET_MS)
  expect(await daemon.longest(() => daemon.spin(60), BUDGET_MS)).toBeGreaterThan(40)
})

describe('the line protocol', () => {
  let stranger: Socket
  let member: Socket
  const ask = async (client: Socket, line: string) => {
    const answered = readUntil(client, 'PONG done')
    client.write(`${line}\n/ping done\n`)
    await answered
  }

  beforeAll(async () => {
    stranger = connect({ host: '127.0.0.1', port: daemon.port('line') })
    member = connect({ host: '127.0.0.1', port: daemon.port('line') })
    sockets.push(stranger, member)
    await ask(member, 'LOGIN tester\nJOIN lobby')
  })

  test.for<Cases[number]>([
    ['the rooms', '/rooms'],
    ['a login under marks', `LOGIN ${marks(7_000)}`],
    ['a password of marks', `LOGIN member1 ${marks(7_000)}`],
    ['empty lines', '\n'.repeat(60_000)],
  ])('before the login: %s', ([, line]) => check(() => ask(stranger, line)))

  test('before the login: the rooms, by many at once', async () => {
    const clients = Array.from({ length: 40 }, () => connect({ host: '127.0.0.1', port: daemon.port('line') }))
    sockets.push(...clients)
    await check(() => Promise.all(clients.map((client) => ask(client, '/rooms'))))
  })

  test.for<Cases[number]>([
    ['who is in a room', '/who lobby'],
    ['who is in a room of marks', `/who ${marks(7_000)}`],
    ['block', `/block ${marks(7_000)}`],
    ['unblock', `/unblock ${marks(7_000)}`],
    ['a room of marks', `JOIN ${marks(7_000)}`],
    ['a password of marks', `/register ${marks(7_000)}`],
    ['a private message to marks', `/tell ${marks(7_000)} x`],
    ['all of the history', 'HISTORY'],
    ['many times', `HISTORY ${names(4_000)}`],
    ['a command of many words', `/${'aA'.repeat(8_000)}`],
    ['an unknown command', `/${'é'.repeat(8_000)}`],
    ['blanks', `/tell ${' '.repeat(16_000)}`],
    ['blanks within', `x${' '.repeat(16_000)}x`],
    ['control characters', '\u0001'.repeat(16_000)],
    ['escape sequences', '\u001b['.repeat(8_000)],
    ['strings for a terminal without an end', '\u001bP'.repeat(8_000)],
    ['such strings within one another', `\u001bP${'\u001b['.repeat(4_000)}${'\u001bP\u001b]0;'.repeat(1_500)}`],
    ['quotes without an end', `HISTORY ${'" \' '.repeat(4_000)}`],
    ['titles for a terminal', '\u001b]0;'.repeat(4_000)],
    ['telnet commands', '\xff\xfa'.repeat(8_000)],
    ['a message of marks', marks(4_000)],
    ['a message of what is escaped', '\u202e'.repeat(4_000)],
    ['a message of quotes', '"'.repeat(4_000)],
    ['a message that is too long', 'é'.repeat(8_000)],
    ['backspaces', '\b'.repeat(16_000)],
    ['carriage returns', `${'x\r'.repeat(8_000)}x`],
  ])('in a room: %s', ([, line]) => check(() => ask(member, line)))

  test.for<Cases[number]>([
    ['empty lines', '\n'.repeat(65_000)],
    ['commands', '/x\n'.repeat(20_000)],
  ])('a WebSocket message of %s', async ([, message]) => {
    const websocket = new WebSocket(`ws://127.0.0.1:${daemon.port('http')}/line`)
    sockets.push({ destroy: () => websocket.terminate() })
    await once(websocket, 'open')
    let mark = 0
    await check(async () => {
      const done = `PONG ${++mark}`
      const { promise, resolve } = Promise.withResolvers<void>()
      websocket.on('message', (data) => String(data).includes(done) && resolve())
      websocket.send(message)
      websocket.send(`/ping ${mark}`)
      await promise
    })
    websocket.terminate()
  })
})

describe('Chatterbox', () => {
  const name = 'boxer'
  const connectBox = async () => {
    const client = await FrameClient.connect(daemon.port('chatterbox-plain'), 'TCP')
    sockets.push(client.socket)
    return client
  }
  const entry = (content: string, dest = 'ALL', src = name) => [src, dest, 5, content]

  test.for<[string, Frame]>([
    ['a name of marks', { USERNAME: marks(30_000) }],
    ['a long name', { USERNAME: 'x'.repeat(60_000) }],
    ['nested lists', { USERNAME: JSON.parse(deep(6_000)) }],
    ['many keys', Object.fromEntries(Array.from({ length: 4_000 }, (_, n) => [`key ${n}`, n]))],
    ['many entries', { MESSAGES: Array(32_000).fill(0) }],
  ])('before the login: %s', async ([, frame]) => {
    const client = await connectBox()
    await check(() => client.ask(frame))
  })

  test('a login, with the names of everybody ever seen', async () => {
    let logins = 0
    await check(async () => {
      const client = await connectBox()
      expect(await client.ask({ USERNAME: `login ${logins++}` })).toMatchObject({ USERNAME_ACCEPTED: true })
      client.socket.destroy()
    })
  })

  test.for<[string, readonly unknown[]]>([
    ['the names of everybody ever seen', [entry('/DisplayAllUsers')]],
    ['who is here', [entry('/DisplayUsers')]],
    ['/Block with many names', Array(15).fill(entry(`/Block ${names(1_200)}`))],
    ['/Block of who is here', Array(15).fill(entry(`/Block ${names(400, 'member')}`))],
    ['/UnBlock of who is here', Array(15).fill(entry(`/UnBlock ${names(400, 'member')}`))],
    ['/Blocked', Array(1_500).fill(entry('/Blocked'))],
    ['many commands', Array(2_000).fill(entry('/Name'))],
    ['many messages', Array(2_000).fill(entry('x'))],
    ['many messages to one', Array(1_500).fill(entry('x', 'member1'))],
    ['many empty messages', Array(2_000).fill(entry(''))],
    ['entries of a wrong shape', Array(32_000).fill(0)],
    ['a message to marks', [entry('x', marks(30_000))]],
    ['a message from marks', [entry('x', 'ALL', marks(30_000))]],
    ['a message of marks', [entry(marks(4_000))]],
    ['a message above U+FFFF', [entry('\u{1f600}'.repeat(4_000))]],
    ['an unknown command', [entry(`/${'é'.repeat(3_900)}`)]],
  ])('a frame: %s', async ([, entries]) => {
    const client = await connectBox()
    await eventually(async () => {
      expect(await client.ask({ USERNAME: name })).toMatchObject({ USERNAME_ACCEPTED: true })
    })
    let mark = 0
    await check(async () => {
      client.send({ MESSAGES: entries }, { MESSAGES: [[name, name, ++mark, '/Name']] })
      const answer = [[name, name, mark, `Your username is ${name}`]]
      await client.until(({ MESSAGES }) => JSON.stringify(MESSAGES) === JSON.stringify(answer))
    })
    client.socket.destroy()
  })
})

describe('Chatroom', () => {
  const connectRoom = async () => {
    const client = await FrameClient.connect(daemon.port('chatroom'), 'TLS')
    sockets.push(client.socket)
    const ask = async (type: string, data: Frame) => {
      client.send({ type, data })
      await client.until((frame) => frame.type === type)
    }
    return { client, ask }
  }
  const account = { username: 'roomer', password: 'secret word' }

  test.for<[string, Frame]>([
    ['register', { username: marks(30_000), password: 'x' }],
    ['register', { username: 'somebody', password: marks(30_000) }],
    ['login', { username: marks(30_000), password: 'x' }],
    ['login', { username: 'roomer', password: marks(30_000) }],
    ['nested', { x: JSON.parse(deep(6_000)) }],
  ])('before the login: %s with much data', async ([type, data]) => {
    const { ask } = await connectRoom()
    await check(() => ask(type, data))
  })

  test('in the lobby, with all rooms', async () => {
    const { client, ask } = await connectRoom()
    await ask('register', account)
    await check(() => ask('register', account))
    await ask('login', account)
    await check(() => ask('list', {}))
    for (const type of ['create', 'enter']) await check(() => ask(type, { room: marks(30_000) }))
    await ask('enter', { room: 'Public Chat' })
    await check(() => ask('msg', { to: marks(30_000), text: 'x' }))
    await check(() => ask('msg', { to: 'public', text: marks(30_000) }))
    await check(() => ask('msg', { to: 'public', text: '\u0001'.repeat(10_000) + 'x'.repeat(4_000) }))
    client.socket.destroy()
  })
})

describe('the HTTP port', () => {
  const call = (head: string, { body = '', headers = [] as string[] } = {}) => {
    const length = body === '' ? [] : [`Content-Length: ${Buffer.byteLength(body)}`]
    return exchange(daemon.port('http'), request(head, ...headers, ...length) + body)
  }
  const basic = Buffer.from(`${marks(2_000)}:${marks(2_000)}`).toString('base64')

  const requests: [string, string[]][] = [
    ['GET /', []],
    ['GET /metrics', []],
    ['GET /chats', []],
    ['GET /chats', ['Accept: application/json']],
    ['GET /chats', [`Accept: ${'a/b;q=0.1,'.repeat(1_300)}*/*`]],
    ['GET /chats/all', []],
    ['GET /chats/1', []],
    ['GET /chats/1', [`X-Forwarded-For: ${'1.1.1.1,'.repeat(1_500)}1.1.1.1`]],
    ['GET /chats/events/1', []],
    [`GET /chats/${encodeURIComponent(marks(2_400))}`, []],
    [`GET /chats/${'%41'.repeat(5_000)}`, []],
    [`GET /chats/${'1'.repeat(15_000)}`, []],
    [`GET ${'/a'.repeat(7_000)}`, []],
    [`GET /?${'a=b&'.repeat(3_500)}`, []],
    ['GET /chats/den', [`Authorization: Bearer ${'a.'.repeat(6_000)}`]],
    ['GET /chats/den', [`Authorization: ${'Bearer '.repeat(2_000)}`]],
    ['DELETE /chats/1', [`Authorization: Basic ${basic}`]],
    ['GET /api/online', [`Cookie: ${'a=b;'.repeat(3_000)}session=x`]],
    ['GET /healthz', Array.from({ length: 900 }, (_, n) => `X-${n}: ${n}`)],
    ['GET /', [`Accept-Encoding: ${'a;q=0.1,'.repeat(1_500)}gzip`]],
    ['GET /', [`If-None-Match: ${'"a",'.repeat(3_000)}"a"`]],
  ]
  test.for(requests.map(([head, headers]) => [head.slice(0, 40), head, headers] as const))(
    '%s',
    async ([, head, headers]) => {
      await call('POST /chats', { body: '{"title":"den","visibility":"private","password":"correct horse"}' })
      await check(() => call(head, { headers }))
    },
  )

  test.for<[string, string, string]>([
    ['POST /chats', 'nested lists', `{"title":${deep(64_000)}}`],
    ['POST /chats', 'a title of marks', JSON.stringify({ title: marks(30_000), visibility: 'public' })],
    ['POST /chats/den/token', 'a secret of marks', JSON.stringify({ secret: marks(30_000), name: 'x' })],
    ['POST /chats/1/token', 'a name of marks', JSON.stringify({ name: marks(30_000) })],
    ['POST /auth', 'a name of marks', JSON.stringify({ username: marks(30_000), password: 'x' })],
    ['POST /auth', 'a password of marks', JSON.stringify({ username: 'roomer', password: marks(30_000) })],
    ['POST /api/register', 'nested lists', `{"username":${deep(64_000)}}`],
    ['POST /api/register', 'a long name', JSON.stringify({ username: 'x'.repeat(60_000) })],
    ['POST /api/login', 'a key of marks', JSON.stringify({ key: marks(30_000) })],
  ])('%s with %s', ([head, , body]) => check(() => call(head, { body })))

  test.for<Cases[number]>([
    ['a name of marks', JSON.stringify({ event_type: 'join', name: marks(7_000) })],
    ['nested lists', deep(16_000)],
    ['control characters', JSON.stringify({ event_type: 'send', name: 'globe', msg: `${'\u0001'.repeat(2_000)}x` })],
    ['a colour of marks', JSON.stringify({ event_type: 'send', name: 'globe', msg: 'x', color: marks(7_000) })],
  ])('an event of Globes: %s', async ([, event]) => {
    await check(async () => {
      const websocket = new WebSocket(`ws://127.0.0.1:${daemon.port('http')}/chats/1/ws`)
      sockets.push({ destroy: () => websocket.terminate() })
      await once(websocket, 'open')
      websocket.send(event)
      // Whatever becomes of it, it is heard before the end is answered.
      websocket.close()
      await once(websocket, 'close')
    })
  })
})
