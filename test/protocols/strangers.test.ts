/** Clients that speak something else than the protocol of a port: nothing of it is carried out. */
import { once } from 'node:events'
import { connect as connectTcp, type Socket } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import { connect as connectTls } from 'node:tls'
import { expect, onTestFinished, test } from 'vitest'
import { encodeFrame } from '../../src/transport/frames.ts'
import { LineClient } from '../support/client.ts'
import { startTestDaemon, type TestDaemon } from '../support/daemon.ts'

const BODY = ['LOGIN eve', 'JOIN ops', 'MESSAGE said by a page', '/quit', ''].join('\r\n')

const request = (line: string) => `${line}\r\nHost: 127.0.0.1\r\nContent-Type: text/plain\r\n\r\n${BODY}`

const HTTP = {
  'a POST': request('POST / HTTP/1.1'),
  'a GET': request('GET /path?query HTTP/1.1'),
  'a method of one’s own': request('FOO / HTTP/1.1'),
  'a method in small letters': request('post / http/1.0'),
  'a request through a proxy': request('POST http://127.0.0.1/ HTTP/1.1'),
  CONNECT: request('CONNECT 127.0.0.1:9090 HTTP/1.1'),
  'the preface of HTTP/2': `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${BODY}`,
  'a request line of 20,000 characters': request(`POST /${'x'.repeat(20_000)} HTTP/1.1`),
}

const HELLO = Buffer.concat([
  Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03]),
  Buffer.alloc(32, '\n'),
  Buffer.from(BODY),
])

const PLAIN = ['line', 'chatterbox-plain'] as const
const TLS = ['line-tls', 'chatterbox', 'chatroom'] as const
const PORTS = [...PLAIN, ...TLS]
type Port = (typeof PORTS)[number]

const isPlain = (name: Port) => PLAIN.some((plain) => plain === name)

async function world() {
  const daemon = await startTestDaemon({ 'line-tls': 0, chatterbox: 0, 'chatterbox-plain': 0, chatroom: 0, http: 0 })
  const bystander = await LineClient.connect(daemon)
  onTestFinished(async () => {
    bystander.socket.destroy()
    await daemon.stop()
  })
  await bystander.ask('LOGIN bystander')
  bystander.send('JOIN ops')
  await bystander.until(({ type }) => type === 'userJoined')
  return { daemon, bystander }
}

async function open(daemon: TestDaemon, name: Port): Promise<Socket> {
  const at = { host: '127.0.0.1', port: daemon.port(name) }
  const socket = isPlain(name) ? connectTcp(at) : connectTls({ ...at, rejectUnauthorized: false })
  socket.on('error', () => {})
  await once(socket, isPlain(name) ? 'connect' : 'secureConnect')
  onTestFinished(() => void socket.destroy())
  return socket.setNoDelay()
}

/** Everything that came until the server closed the connection. */
async function answer(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = []
  socket.on('data', (chunk) => chunks.push(chunk))
  await once(socket, 'end')
  return Buffer.concat(chunks)
}

const httpResponse = (line: string) =>
  `HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: ${line.length}\r\n\r\n${line}`

const lastWords = (daemon: TestDaemon, isTls: boolean): Record<Port, Buffer> => {
  const what = 'TLS is not spoken on this port'
  const line = Buffer.from(
    `${JSON.stringify({
      type: 'error',
      error: isTls ? what : `Speak lines here; HTTP is on port ${daemon.port('http')}`,
      code: 'wrong-protocol',
      reconnect: false,
    })}\n`,
  )
  const response = isTls ? line : Buffer.from(httpResponse(String(line)))
  const text = `Another protocol is spoken here${isTls ? `: ${what}` : ''}`
  const box = encodeFrame(`{"ERROR": ${JSON.stringify(text)}}`)
  const room = encodeFrame(JSON.stringify({ type: 'error', status: 'error', message: text }))
  return { line: response, 'line-tls': response, 'chatterbox-plain': box, chatterbox: box, chatroom: room }
}

/** Sends bytes to each port: the server says its last word there and closes, and nobody has heard anything. */
async function turnedAway(bytes: Buffer, ports: readonly Port[], send: (socket: Socket, bytes: Buffer) => unknown) {
  const { daemon, bystander } = await world()
  for (const name of ports) {
    const socket = await open(daemon, name)
    const answered = answer(socket)
    await send(socket, bytes)
    expect([name, String(await answered)]).toEqual([name, String(lastWords(daemon, bytes === HELLO)[name])])
  }
  expect(await bystander.rest()).toEqual([])
  expect(await bystander.ask('/who')).toMatchObject({ members: ['bystander'] })
}

async function byteByByte(socket: Socket, bytes: Buffer): Promise<void> {
  for (const byte of bytes) {
    if (socket.writable) socket.write(Buffer.from([byte]))
    await turn()
  }
}

test.for(Object.entries(HTTP))(
  '%s is told where HTTP is, and nothing of it is heard, on any port',
  async ([, text]) => {
    await turnedAway(Buffer.from(text), PORTS, (socket, bytes) => socket.write(bytes))
  },
)

test('so is one that comes in pieces, cut anywhere', async () => {
  const bytes = Buffer.from(request('POST / HTTP/1.1'))
  await turnedAway(bytes, PORTS, byteByByte)
  for (const cut of [1, 4, 5, 6, 12, 14, 15]) {
    await turnedAway(bytes, ['line'], async (socket, bytes) => {
      socket.write(bytes.subarray(0, cut))
      await turn()
      socket.write(bytes.subarray(cut))
    })
  }
})

test('so is one that ends without a line feed', async () => {
  await turnedAway(Buffer.from('GET / HTTP/1.1'), PORTS, (socket, bytes) => socket.end(bytes))
})

test('TLS on a plain port is told that it is not spoken there', async () => {
  await turnedAway(HELLO, PLAIN, (socket, bytes) => socket.write(bytes))
  await turnedAway(HELLO, PLAIN, byteByByte)
})

test.for(['whole', 'byte by byte'])('UTF-16 is answered with what to do, %s', async (how) => {
  const { daemon, bystander } = await world()
  const little = Buffer.from(BODY, 'utf16le')
  const big = Buffer.from(BODY, 'utf16le').swap16()
  const marked = [Buffer.from('\ufeff', 'utf16le'), Buffer.from('\ufeff', 'utf16le').swap16()]
  for (const bytes of [
    little,
    big,
    Buffer.concat([...marked.slice(0, 1), little]),
    Buffer.concat([...marked.slice(1), big]),
  ]) {
    for (const name of ['line', 'line-tls'] as const) {
      const socket = await open(daemon, name)
      const answered = answer(socket)
      if (how === 'whole') socket.write(bytes)
      else await byteByByte(socket, bytes)
      expect(JSON.parse(String(await answered))).toEqual({
        type: 'error',
        error: 'UTF-16 is not understood',
        code: 'utf-16',
        hint: expect.stringContaining('UTF-8'),
        reconnect: false,
      })
    }
  }
  expect(await bystander.rest()).toEqual([])
})

test('a real TLS client on a plain port fails soon', async () => {
  const { daemon } = await world()
  const socket = connectTls({ host: '127.0.0.1', port: daemon.line, rejectUnauthorized: false })
  await expect(once(socket, 'secureConnect')).rejects.toThrow()
})

test('without HTTP it is said that there is none', async () => {
  const daemon = await startTestDaemon()
  onTestFinished(() => daemon.stop())
  const response = await fetch(`http://127.0.0.1:${daemon.line}/`)
  expect(response.status).toBe(400)
  expect(await response.json()).toMatchObject({ error: 'Speak lines here; HTTP is off' })
})

test.for(['NICK eve', 'CAP LS 302', 'PASS secret', 'USER eve 0 * :Eve'])(
  '%s of IRC is told where that is',
  async (line) => {
    const daemon = await startTestDaemon({ irc: 0 })
    onTestFinished(() => daemon.stop())
    const socket = await open(daemon, 'line')
    socket.write(`${line}\r\nJOIN #ops\r\n`)
    expect(JSON.parse(String(await answer(socket)))).toEqual({
      type: 'error',
      error: `Speak lines here; IRC is on port ${daemon.port('irc')}`,
      code: 'wrong-protocol',
      reconnect: false,
    })
  },
)

test.for([
  ['LOGIN eve\nJOIN ops', 'lines are', 'line'],
  [request('GET / HTTP/1.1'), 'HTTP is', 'http'],
] as const)('at IRC %j is told where that is', async ([text, what, where]) => {
  const daemon = await startTestDaemon({ irc: 0, http: 0 })
  onTestFinished(() => daemon.stop())
  const socket = connectTcp({ host: '127.0.0.1', port: daemon.port('irc') })
  const answered = answer(socket)
  socket.write(`${text}\n`)
  const port = daemon.port(where)
  expect(String(await answered)).toBe(`ERROR :Speak IRC here; ${what} on port ${port}\r\n`)
})

test('TLS at IRC is told that it is not spoken there', async () => {
  const daemon = await startTestDaemon({ irc: 0 })
  onTestFinished(() => daemon.stop())
  const socket = connectTcp({ host: '127.0.0.1', port: daemon.port('irc') })
  const answered = answer(socket)
  socket.write(HELLO)
  expect(String(await answered)).toBe('ERROR :TLS is not spoken on this port\r\n')
})

test('of a port with TLS alone this is said', async () => {
  const daemon = await startTestDaemon({ irc: 0, http: 0, 'http-tls': true, line: false, 'line-tls': 0 })
  onTestFinished(() => daemon.stop())
  const told = async (text: string) => {
    const socket = connectTcp({ host: '127.0.0.1', port: daemon.port('irc') })
    const answered = answer(socket)
    socket.write(text)
    return String(await answered)
  }
  expect(await told('LOGIN eve\n')).toBe(`ERROR :Speak IRC here; lines are on port ${daemon.lineTls} with TLS\r\n`)
  const http = daemon.port('http')
  expect(await told(request('GET / HTTP/1.1'))).toBe(`ERROR :Speak IRC here; HTTP is on port ${http} with TLS\r\n`)
})

test('lines at the HTTP port are told where lines are', async () => {
  const daemon = await startTestDaemon({ http: 0 })
  onTestFinished(() => daemon.stop())
  const socket = connectTcp({ host: '127.0.0.1', port: daemon.port('http') })
  const answered = answer(socket)
  socket.write('LOGIN eve\n')
  const [head = '', body] = String(await answered).split('\r\n\r\n')
  expect(head).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/)
  expect(body).toBe('This is not an HTTP request. Lines are spoken on the port of --line, IRC on that of --irc\n')
  expect(head).toContain(`Content-Length: ${body?.length}`)
})

test.for(['GET well soon', 'POST it', 'HEAD / is the root', 'GET / HTTP/1.1'])(
  '%s is chat from somebody',
  async (line) => {
    const { daemon, bystander } = await world()
    const ann = await LineClient.connect(daemon)
    onTestFinished(() => void ann.socket.destroy())
    ann.send('LOGIN ann', 'JOIN ops', line)
    await bystander.until((line) => line.type === 'userJoined')
    expect(await bystander.next()).toMatchObject({ type: 'message', from: 'ann', body: line })
    if (line.includes('HTTP')) return
    // As a first line too: it is answered like any other.
    const early = await LineClient.connect(daemon)
    onTestFinished(() => void early.socket.destroy())
    expect(await early.ask(line)).toMatchObject({ code: 'login-required' })
    expect(await early.ask('LOGIN early')).toMatchObject({ type: 'commandResult' })
  },
)
