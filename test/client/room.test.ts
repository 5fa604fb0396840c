import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import type { RoomEvent } from '../../commands/replies.ts'
import { DisconnectedError } from '../../src/client/connection.ts'
import { tcp, tls } from '../../src/client/node/sockets.ts'
import { RefusedError } from '../../src/client/requests.ts'
import { EventsMissingError, FollowedRoom } from '../../src/client/room.ts'
import type { Dial } from '../../src/client/transport.ts'
import { webSocket } from '../../src/client/websocket.ts'
import { certificate } from '../support/certificate.ts'
import { startTestDaemon } from '../support/daemon.ts'
import { temporaryFolder } from '../support/folder.ts'
import { reservePort } from '../support/port.ts'
import { RoomdProcess } from '../support/process.ts'
import { openRelay } from './relay.ts'

const host = '127.0.0.1'
const MESSAGES = 400

const DIALS: Readonly<Record<string, (port: number) => Dial>> = {
  line: (port) => tcp({ host, port }),
  'line-tls': (port) => tls({ host, port, ca: certificate().cert, servername: 'localhost' }),
  http: (port) => webSocket(`ws://${host}:${port}/line`),
}

async function join(dial: Dial, nickname: string, after?: number): Promise<FollowedRoom> {
  const room = await FollowedRoom.join({ dial, nickname }, 'ops', after)
  onTestFinished(() => room.close())
  return room
}

/** The events up to the message with this text. */
async function upTo(room: FollowedRoom, last: string): Promise<RoomEvent[]> {
  const events: RoomEvent[] = []
  for await (const event of room) {
    events.push(event)
    if (event.type === 'message' && event.body === last) break
  }
  return events
}

const bodies = (events: readonly RoomEvent[]) => events.flatMap(({ type, body }) => (type === 'message' ? [body] : []))

test.each(Object.keys(DIALS))(
  '%s: cut again and again, a follower is told everything once and in order',
  async (way) => {
    const daemon = await startTestDaemon({ http: 0 })
    onTestFinished(() => daemon.stop())
    const relay = await openRelay(daemon.port(way))
    const follower = await join((DIALS[way] as (port: number) => Dial)(relay.port), 'follower')
    const speaker = await join(tcp({ host, port: daemon.line }), 'speaker')
    const said = Array.from({ length: MESSAGES }, (_, number) => `line ${number}`)
    const speak = async () => {
      for (const [number, text] of said.entries()) {
        await speaker.say(text)
        if (number % 80 === 40) relay.cut()
        await sleep(2)
      }
    }
    const [events] = await Promise.all([upTo(follower, said.at(-1) ?? ''), speak()])
    expect(relay.count).toBeGreaterThan(1)
    expect(bodies(events)).toEqual(said)
    const ids = events.map(({ id }) => Number(id))
    expect(ids).toEqual([...new Set(ids)].sort((one, other) => one - other))
    expect(events.filter(({ type, from }) => type === 'userLeft' && from === 'follower').length).toBeGreaterThan(0)
  },
)

test.each(Object.keys(DIALS))('%s: cut again and again, a speaker with nonces says each text once', async (way) => {
  const daemon = await startTestDaemon({ http: 0 })
  onTestFinished(() => daemon.stop())
  const relay = await openRelay(daemon.port(way))
  const speaker = await join((DIALS[way] as (port: number) => Dial)(relay.port), 'speaker')
  const follower = await join(tcp({ host, port: daemon.line }), 'follower')
  const texts = Array.from({ length: 60 }, (_, number) => `line ${number}`)
  const speak = async () => {
    for (const [number, text] of texts.entries()) {
      const said = speaker.say(text, `n${number}`)
      // In the middle of it, at different moments.
      if (number % 20 === 10) setTimeout(() => relay.cut(), number % 3)
      await said
    }
    await speaker.say('end', 'end')
  }
  const [events] = await Promise.all([upTo(follower, 'end'), speak()])
  expect(relay.count).toBeGreaterThan(1)
  expect(bodies(events)).toEqual([...texts, 'end'])
})

test('a text with a nonce is refused when its client is closed before it is back', async () => {
  const daemon = await startTestDaemon()
  const relay = await openRelay(daemon.line)
  const speaker = await join(tcp({ host, port: relay.port }), 'speaker')
  await daemon.stop()
  relay.cut()
  const said = speaker.say('lost', 'n1')
  speaker.close()
  await expect(said).rejects.toThrow(DisconnectedError)
})

test('a follower outlives a server that is killed, and a later one goes on from an id', async () => {
  const port = await reservePort()
  const args = ['--data', temporaryFolder(), '--line', String(port)]
  let server = new RoomdProcess(args)
  onTestFinished(async () => {
    server.child.kill('SIGKILL')
    await server.exit
  })
  await server.ready()
  const dial = tcp({ host, port })
  const follower = await join(dial, 'follower')
  await follower.say('before')
  server.child.kill('SIGKILL')
  await server.exit
  server = new RoomdProcess(args)
  await server.ready()
  const speaker = await join(dial, 'speaker')
  for (const text of ['LEAVE', '/quit', '  indented', 'after']) await speaker.say(text)
  const events = await upTo(follower, 'after')
  expect(bodies(events)).toEqual(['before', 'LEAVE', '/quit', '  indented', 'after'])

  const known = events.find(({ body }) => body === '/quit')
  const later = await join(dial, 'later', Number(known?.id))
  expect(bodies(await upTo(later, 'after'))).toEqual(['  indented', 'after'])
})

test('a gap that the server cannot fill is an error, and iteration goes on behind it', async () => {
  const line = await reservePort()
  const first = await startTestDaemon({ line })
  const follower = await join(tcp({ host, port: line }), 'follower')
  await follower.say('before')
  expect(bodies(await upTo(follower, 'before'))).toEqual(['before'])
  await first.stop()
  const second = await startTestDaemon({ line })
  onTestFinished(() => second.stop())
  await expect(upTo(follower, 'never said')).rejects.toThrow(EventsMissingError)
  await follower.say('behind')
  expect(bodies(await upTo(follower, 'behind'))).toEqual(['behind'])
})

test('refusals have codes; a client that is closed rejects', async () => {
  const daemon = await startTestDaemon({ 'max-text': 10, http: 0 })
  onTestFinished(() => daemon.stop())
  const dial = tcp({ host, port: daemon.line })
  const room = await join(dial, 'ann')
  await expect(room.say('eleven characters')).rejects.toMatchObject({ name: 'RefusedError', code: 'text-too-long' })
  await expect(join(dial, 'ANN')).rejects.toMatchObject({ code: 'name-in-room' })
  await expect(join(dial, 'a!')).rejects.toThrow(RefusedError)
  await expect(join(tcp({ host, port: daemon.port('http') }), 'bob')).rejects.toThrow(DisconnectedError)
  await expect(join(tcp({ host, port: 1 }), 'bob')).rejects.toThrow(DisconnectedError)
  room.close()
  await expect(room.say('gone')).rejects.toThrow(DisconnectedError)
  expect(bodies(await Array.fromAsync(room))).toEqual([])
})

test('a refused follower leaves no connection behind', async () => {
  const daemon = await startTestDaemon()
  onTestFinished(() => daemon.stop())
  const dial = tcp({ host, port: daemon.line })
  await join(dial, 'ann')
  let closed = 0
  const counted: Dial = (listener) => {
    const { send, close } = dial(listener)
    return {
      send,
      close: () => {
        closed++
        close()
      },
    }
  }
  await expect(join(counted, 'ann')).rejects.toMatchObject({ code: 'name-in-room' })
  expect(closed).toBe(1)
})

test('a follower that is not read is closed at 100,000 events', async () => {
  const connected = Promise.withResolvers<Socket>()
  const event = (id: number) => ({ id: String(id), type: 'message', room: 'ops', from: 'bob', body: `${id}` })
  const server = createServer((socket) => {
    connected.resolve(socket)
    socket.on('error', () => {})
    createInterface(socket).on('line', (line) => {
      const result = line === 'JOIN ops' ? 'Joined room ops' : 'OK'
      socket.write(`${JSON.stringify({ type: 'commandResult', result })}\n`)
      if (!line.startsWith('/who')) return
      for (let id = 1; id <= 100_001; id++) socket.write(`${JSON.stringify(event(id))}\n`)
    })
  }).listen(0, host)
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  const room = await join(tcp({ host, port: (server.address() as AddressInfo).port }), 'ann')
  await once(await connected.promise, 'close')
  let read = 0
  const reading = async () => {
    for await (const { id } of room) if (Number(id) === read + 1) read++
  }
  await expect(reading()).rejects.toThrow(EventsMissingError)
  expect(read).toBe(100_000)
  await expect(room.say('hello', 'n1')).rejects.toThrow(DisconnectedError)
  await reading()
})
