/** What a WebSocket's client may send that is no whole message: fragments, control frames, beginnings. */
import { once } from 'node:events'
import { setTimeout as after, setImmediate as turn } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { textMessages } from '../../../src/transport/framing.ts'
import type { SocketOptions } from '../../../src/transport/http/upgrades.ts'
import { Tally } from '../../../src/transport/tally.ts'
import { eventually } from '../../support/eventually.ts'
import { openPort, socketOptions } from '../../support/http.ts'
import { evenPacing } from '../../support/pacing.ts'
import { BINARY, clientFrame, openWebSocket, PING, PONG } from '../../support/websocket.ts'

/** A path whose client is heard, and a client of it. */
async function talk(options: Partial<SocketOptions> = {}) {
  const tally = new Tally()
  const heard: string[] = []
  const { port } = await openPort((app, { upgrades }) => {
    const converse = () => ({
      session: { name: 'ann', isBot: false },
      handle: (text: string) => void heard.push(text),
      leave: () => {},
    })
    upgrades.openSocket(app, '/talk', {
      options: socketOptions({ tally, ...options }),
      framing: textMessages,
      converse,
    })
  })
  const open = async () => {
    const { websocket, socket } = await openWebSocket(port, '/talk')
    onTestFinished(() => websocket.terminate())
    const closed = once(websocket, 'close').then(([code]) => code)
    return { socket, closed, websocket }
  }
  return { tally, heard, open }
}

const fragments = (count: number) =>
  Buffer.concat([
    clientFrame('x', { last: false }),
    ...Array.from({ length: count - 2 }, () => clientFrame('x', { opcode: 0, last: false })),
    clientFrame('x', { opcode: 0 }),
  ])

test('a message of 256 fragments is heard, one of more closes with 1008', async () => {
  const { heard, open } = await talk()
  const { socket, closed } = await open()
  socket.write(fragments(256))
  await eventually(() => expect(heard).toEqual(['x'.repeat(256)]))
  socket.write(fragments(16_000))
  expect(await closed).toBe(1008)
  expect(heard).toHaveLength(1)
})

test('a frame that comes in very many pieces closes with 1008', async () => {
  const { heard, open } = await talk()
  const { socket, closed } = await open()
  let isClosed = false
  void closed.then(() => {
    isClosed = true
  })
  for (const byte of clientFrame('x'.repeat(10_000))) {
    socket.write(Buffer.from([byte]))
    await turn()
    if (isClosed) break
  }
  expect(await closed).toBe(1008)
  expect(heard).toEqual([])
})

test.for([
  ['half a frame', clientFrame('x'.repeat(100)).subarray(0, 50)],
  ['half a head', clientFrame('x'.repeat(100)).subarray(0, 1)],
  ['a fragment', clientFrame('x', { last: false })],
  ['half a ping', clientFrame('x', { opcode: PING }).subarray(0, 2)],
] as const)('%s that nothing follows closes with 1008, however much comes between', async ([, bytes]) => {
  const { tally, open } = await talk({ messageMs: 100 })
  const { socket, closed } = await open()
  socket.write(Buffer.concat([clientFrame('whole'), bytes]))
  const timer = setInterval(() => {
    if (bytes.length > 2 && bytes.length < 10) socket.write(clientFrame('', { opcode: PING }))
  }, 10)
  onTestFinished(() => clearInterval(timer))
  expect(await closed).toBe(1008)
  expect(tally.disconnects.get('message-too-slow')).toBe(1)
})

test('a client is not closed for messages that are always under way, each for a short time', async () => {
  const { heard, open } = await talk({ messageMs: 500 })
  const { socket, websocket } = await open()
  const frame = clientFrame('x'.repeat(100))
  socket.write(frame.subarray(0, 50))
  for (let n = 0; n < 30; n++) {
    await after(30)
    socket.write(Buffer.concat([frame.subarray(50), frame.subarray(0, 50)]))
  }
  await eventually(() => expect(heard).toHaveLength(30))
  expect(websocket.readyState).toBe(websocket.OPEN)
})

test.for([
  ['pings', clientFrame('', { opcode: PING }), 100],
  ['pongs', clientFrame('', { opcode: PONG }), 100],
  ['binary messages that are ignored', clientFrame('x', { opcode: BINARY }), 100],
  // Fewer messages than a burst.
  ['fragments', fragments(6), 8],
] as const)('%s count against the pace', async ([, frame, most]) => {
  const { tally, heard, open } = await talk({ pacing: evenPacing({ rate: 10, burst: 10 }) })
  const { socket, websocket } = await open()
  // One at a time: more than a burst at once closes.
  for (let n = 0; n < most && tally.throttles === 0; n++) {
    const before = socket.bytesWritten
    socket.write(frame)
    while (socket.bytesWritten === before || socket.writableLength > 0) await turn()
    for (let turns = 0; turns < 5; turns++) await turn()
  }
  expect(tally.throttles).toBe(1)
  websocket.send('behind')
  await eventually(() => expect(heard.at(-1)).toBe('behind'))
  expect(tally.disconnects.size).toBe(0)
})

test.for([
  ['pings', clientFrame('', { opcode: PING })],
  ['binary messages that are ignored', clientFrame('', { opcode: BINARY })],
] as const)('more %s than a burst in one read close with 1008', async ([, frame]) => {
  const { tally, open } = await talk({ pacing: evenPacing({ rate: 100, burst: 100 }) })
  const { socket, closed } = await open()
  socket.write(Buffer.concat(Array.from({ length: 101 }, () => frame)))
  expect(await closed).toBe(1008)
  expect(tally.disconnects.get('frames-too-many')).toBe(1)
})

test('of many pings at once the newest is answered, and the connection stays', async () => {
  const { heard, open } = await talk()
  const { socket, websocket } = await open()
  const pongs: string[] = []
  websocket.on('pong', (payload) => pongs.push(String(payload)))
  const pings = Array.from({ length: 500 }, (_, n) => clientFrame(String(n), { opcode: PING }))
  socket.write(Buffer.concat([...pings, clientFrame('behind')]))
  await eventually(() => expect([heard, pongs.at(-1)]).toEqual([['behind'], '499']))
  expect(pongs.length).toBeLessThan(10)
})
