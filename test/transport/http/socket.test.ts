/** WebSockets on the HTTP port: RFC 6455 at the line protocol, and what its messages are in between. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import { expect, onTestFinished, test, vi } from 'vitest'
import { error as errorLine } from '../../../commands/replies.ts'
import type { ClientLink, Conversation } from '../../../src/transport/conversation.ts'
import { textMessages } from '../../../src/transport/framing.ts'
import { textFrame } from '../../../src/transport/websocket.ts'
import { startTestDaemon } from '../../support/daemon.ts'
import { handshake, openPort, socketOptions } from '../../support/http.ts'
import { error, left, ok, result, said, stage } from '../../support/stage.ts'
import { BINARY, CLOSE, clientFrame, openWebSocket, PING, PONG } from '../../support/websocket.ts'

/** A socket that has shaken hands at /line and shows each byte that comes. */
async function raw(): Promise<{ socket: Socket; expectBytes(bytes: Buffer): Promise<void>; ended: Promise<unknown> }> {
  const daemon = await startTestDaemon({ http: 0 })
  const socket = connect({ host: '127.0.0.1', port: daemon.port('http') }).setNoDelay()
  onTestFinished(async () => {
    socket.destroy()
    await daemon.stop()
  })
  let received = Buffer.alloc(0)
  let wake = Promise.withResolvers<void>()
  socket.on('data', (chunk: Buffer) => {
    received = Buffer.concat([received, chunk])
    wake.resolve()
  })
  const ended = once(socket, 'end')
  for (const byte of handshake('/line')) {
    socket.write(byte)
    await turn()
  }
  const take = async (enough: () => number) => {
    for (;;) {
      const length = enough()
      if (length > 0) {
        const taken = received.subarray(0, length)
        received = received.subarray(length)
        return taken
      }
      wake = Promise.withResolvers()
      await wake.promise
    }
  }
  const head = await take(() => received.indexOf('\r\n\r\n') + 4 - Number(!received.includes('\r\n\r\n')) * 3)
  // RFC 6455, 1.3.
  expect(String(head)).toMatch(/^HTTP\/1.1 101 [\s\S]*Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=\r\n/)
  expect(String(head)).not.toContain('Extensions')
  return {
    socket,
    ended,
    expectBytes: async (bytes) => {
      const { length } = bytes
      expect(await take(() => (received.length >= length ? length : 0))).toEqual(bytes)
    },
  }
}

const pong = (text: string) => textFrame(JSON.stringify(result(`PONG ${text}`)))
const closeFrame = (code: number, reason = '') =>
  Buffer.from([0x80 | CLOSE, 2 + reason.length, code >> 8, code & 0xff, ...Buffer.from(reason)])
/** As a client sends it. */
const closing = (code: number) => clientFrame(Buffer.from([code >> 8, code & 0xff]), { opcode: CLOSE })

test('frames byte for byte: text, fragments with a ping between them, ping, close', async () => {
  const { socket, expectBytes, ended } = await raw()
  for (const byte of clientFrame('/ping one')) {
    socket.write(Buffer.from([byte]))
    await turn()
  }
  await expectBytes(pong('one'))
  socket.write(clientFrame('/pi', { last: false }))
  socket.write(clientFrame('are you there', { opcode: PING }))
  await expectBytes(Buffer.concat([Buffer.from([0x80 | PONG, 13]), Buffer.from('are you there')]))
  socket.write(clientFrame('ng tw', { opcode: 0, last: false }))
  socket.write(clientFrame('o', { opcode: 0 }))
  await expectBytes(pong('two'))
  socket.write(clientFrame(`/ping ${'x'.repeat(300)}`))
  await expectBytes(pong('x'.repeat(300)))
  socket.write(closing(1001))
  await expectBytes(closeFrame(1001))
  await ended
})

test('every answer leaves before the close frame that was asked for behind its question', async () => {
  const { socket, expectBytes, ended } = await raw()
  const login = textFrame(JSON.stringify(result('Username set to ann')))
  socket.write(Buffer.concat([clientFrame('LOGIN ann\r\n/ping\r\n/ping x'), closing(1000)]))
  await expectBytes(Buffer.concat([login, textFrame(JSON.stringify(result('PONG'))), pong('x'), closeFrame(1000)]))
  await ended
})

test.for([1000, 1001, 3000, 4999])('a client that says good-bye with %i is heard to the end', async (code) => {
  const daemon = await startTestDaemon({ http: 0 })
  const { websocket } = await openWebSocket(daemon.port('http'), '/line')
  onTestFinished(async () => {
    websocket.terminate()
    await daemon.stop()
  })
  const heard: string[] = []
  websocket.on('message', (data) => heard.push(String(data)))
  websocket.send('LOGIN ann')
  websocket.send('JOIN ops')
  for (let n = 0; n < 500; n++) websocket.send(`line ${n}`)
  websocket.close(code)
  expect((await once(websocket, 'close'))[0]).toBe(code)
  expect(heard.join('\n').match(/"result":"OK"/g)).toHaveLength(500)
})

test.for<[string, Buffer, number]>([
  ['a frame that is not masked', clientFrame('/ping', { masked: false }), 1002],
  ['an opcode that does not exist', clientFrame('/ping', { opcode: 3 }), 1002],
  ['a fragment of nothing', clientFrame('/ping', { opcode: 0 }), 1002],
  ['a ping in fragments', clientFrame('', { opcode: PING, last: false }), 1002],
  ['text that is not UTF-8', clientFrame(Buffer.from([0xc3, 0x28])), 1007],
  ['a message that is too long', clientFrame('x'.repeat(65_537)), 1009],
  [
    'fragments that are too long together',
    Buffer.concat([clientFrame('x'.repeat(40_000), { last: false }), clientFrame('x'.repeat(40_000), { opcode: 0 })]),
    1009,
  ],
])('%s closes', async ([, bytes, code]) => {
  const { socket, expectBytes, ended } = await raw()
  socket.write(Buffer.concat([clientFrame('/ping before'), bytes]))
  await expectBytes(Buffer.concat([pong('before'), closeFrame(code)]))
  socket.write(closing(code))
  await ended
})

test('a binary message is an error, and the next line counts', async () => {
  const { socket, expectBytes } = await raw()
  socket.write(Buffer.concat([clientFrame('/ping', { opcode: BINARY }), clientFrame('/ping after')]))
  await expectBytes(textFrame(JSON.stringify(errorLine('binary-message'))))
  await expectBytes(pong('after'))
})

const OVER_WS = { transport: 'WS', mode: 'whole' } as const

test('a message may hold several lines, and what a turn brings to a room is one message', async () => {
  const [ann, bob] = await (await stage(OVER_WS)).together('ops', 'ann', 'bob')
  ann.write('one\ntwo\r\nthree')
  expect(await ann.take(6)).toMatchObject([ok, ok, ok, said('ann', 'one'), said('ann', 'two'), said('ann', 'three')])
  expect(await bob.take(3)).toMatchObject([said('ann', 'one'), said('ann', 'two'), said('ann', 'three')])
  ann.write('')
  expect(await ann.next()).toEqual(error('Missing required parameter'))
})

test('a connection that is cut has left once, /quit closes with 1000', async () => {
  const [ann, bob, eve] = await (await stage(OVER_WS)).together('ops', 'ann', 'bob', 'eve')
  bob.socket.destroy()
  expect(await ann.next()).toMatchObject(left('bob'))
  eve.send('/quit')
  await eve.closed
  expect(eve.closing).toEqual({ code: 1000, reason: '' })
  expect(await ann.next()).toMatchObject(left('eve'))
  expect(await ann.rest()).toEqual([])
})

test('TCP and WebSocket are one room', async () => {
  const daemon = await startTestDaemon({ http: 0 })
  const { LineClient } = await import('../../support/client.ts')
  const [ann, bob] = [await LineClient.connect(daemon, 'TCP'), await LineClient.connect(daemon, 'WS')]
  onTestFinished(async () => {
    for (const { socket } of [ann, bob]) socket.destroy()
    await daemon.stop()
  })
  for (const [client, name] of [
    [ann, 'ann'],
    [bob, 'bob'],
  ] as const) {
    client.send(`LOGIN ${name}`, 'JOIN ops')
    await client.until(({ type }) => type === 'userJoined')
  }
  await ann.next()
  bob.send('hello')
  const event = await ann.next()
  expect(event).toMatchObject(said('bob', 'hello'))
  expect(await bob.take(2)).toEqual([ok, event])
})

/** A port with one path, whose conversations are these. */
async function talk(converse: (link: ClientLink) => Conversation<string>, options = {}) {
  return openPort((app, { upgrades }) => {
    upgrades.openSocket(app, '/talk', { options: socketOptions(options), framing: textMessages, converse })
  })
}

test('messages are heard one after the other; what was pushed leaves before the close frame', async () => {
  let heard = ''
  let gone = 0
  const { port } = await talk((link) => ({
    session: { name: 'ann', isBot: false },
    handle: async (message) => {
      heard += `<${message}`
      await turn()
      heard += '>'
      if (message === 'c') {
        link.push(textFrame(heard))
        link.hangUp(4321, 'enough')
      }
    },
    leave: () => void gone++,
  }))
  const { websocket, socket } = await openWebSocket(port, '/talk')
  const message = once(websocket, 'message')
  const closed = once(websocket, 'close')
  socket.write(Buffer.concat(['a', 'b', 'c', 'd'].map((text) => clientFrame(text))))
  socket.write(clientFrame('ignored', { opcode: BINARY }))
  expect(String((await message)[0])).toBe('<a><b><c>')
  const [code, reason] = await closed
  expect([code, String(reason), gone]).toEqual([4321, 'enough', 1])
})

test("a message over the path's own bound closes with 1009", async () => {
  const { port } = await talk(() => ({ session: { name: 'ann', isBot: false }, handle: () => {}, leave: () => {} }), {
    maxMessage: 100,
  })
  const { websocket } = await openWebSocket(port, '/talk')
  websocket.send('x'.repeat(100))
  websocket.send('x'.repeat(101))
  expect((await once(websocket, 'close'))[0]).toBe(1009)
})

test('a client that answers no ping is dropped, one that does stays', async () => {
  let gone = Promise.withResolvers<void>()
  const { port } = await talk(
    () => ({ session: { name: 'ann', isBot: false }, handle: () => {}, leave: () => gone.resolve() }),
    {
      heartbeat: { everyMs: 50, silenceMs: 400 },
    },
  )
  const alive = await openWebSocket(port, '/talk')
  let pings = 0
  const enough = new Promise<void>((resolve) => alive.websocket.on('ping', () => ++pings === 20 && resolve()))
  const dead = await openWebSocket(port, '/talk', { autoPong: false })
  const closed = once(dead.websocket, 'close')
  await gone.promise
  expect((await closed)[0]).toBe(1006)
  gone = Promise.withResolvers()
  await enough
  expect(alive.websocket.readyState).toBe(alive.websocket.OPEN)
  alive.websocket.close()
  await gone.promise
})

test('where the clock goes back, clients are sent pings as before, and one that is gone is noticed', async () => {
  const gone = Promise.withResolvers<void>()
  const { port } = await talk(
    () => ({ session: { name: 'ann', isBot: false }, handle: () => {}, leave: () => gone.resolve() }),
    { heartbeat: { everyMs: 50, silenceMs: 400 } },
  )
  const { websocket } = await openWebSocket(port, '/talk', { autoPong: false })
  const closed = once(websocket, 'close')
  await once(websocket, 'ping')
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() - 3_600_000 })
  onTestFinished(() => void vi.useRealTimers())
  await once(websocket, 'ping')
  await gone.promise
  await closed
})

test('a stop says so, closes with 1001, and waits for no answer for long', async () => {
  const { port, http } = await talk(() => ({
    session: { name: 'ann', isBot: false },
    handle: () => {},
    leave: () => {},
  }))
  const { websocket } = await openWebSocket(port, '/talk')
  // Reads, and never answers a close frame.
  const mute = connect({ host: '127.0.0.1', port })
  mute.write(handshake('/talk'))
  await once(mute, 'data')
  mute.resume()
  const message = once(websocket, 'message')
  const closed = once(websocket, 'close')
  await http.stop()
  expect(String((await message)[0])).toBe('stopping')
  expect((await closed)[0]).toBe(1001)
  mute.destroy()
})
