import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import type { RoomEvent } from '../../commands/replies.ts'
import {
  connect,
  DisconnectedError,
  type EnterOptions,
  EventsMissingError,
  type JoinedRoom,
  type NodeConnectOptions,
  RefusedError,
} from '../../src/client/node/index.ts'
import { certificate } from '../support/certificate.ts'
import { startTestDaemon } from '../support/daemon.ts'
import { temporaryFolder } from '../support/folder.ts'
import { reservePort } from '../support/port.ts'
import { RoomdProcess } from '../support/process.ts'
import { openRelay } from './relay.ts'

const host = '127.0.0.1'
const MESSAGES = 400

const WAYS: Readonly<Record<string, (port: number) => [url: string, tls?: NodeConnectOptions['tls']]>> = {
  line: (port) => [`tcp://${host}:${port}`],
  'line-tls': (port) => [`tls://${host}:${port}`, { ca: certificate().cert, servername: 'localhost' }],
  http: (port) => [`ws://${host}:${port}`],
}

interface Joining extends EnterOptions {
  readonly way?: string
  readonly onState?: NodeConnectOptions['onState']
}

async function join(port: number, nickname: string, { way = 'line', onState, ...options }: Joining = {}) {
  const [url, tls] = (WAYS[way] as (typeof WAYS)[string])(port)
  const client = await connect(url, { nickname, onState, ...(tls && { tls }) })
  onTestFinished(() => client.close())
  return client.join('ops', options)
}

/** The events up to the message with this text. */
async function upTo(room: JoinedRoom, last: string): Promise<RoomEvent[]> {
  const events: RoomEvent[] = []
  for await (const event of room) {
    events.push(event)
    if (event.type === 'message' && event.body === last) break
  }
  return events
}

const bodies = (events: readonly RoomEvent[]) => events.flatMap(({ type, body }) => (type === 'message' ? [body] : []))

test.each(Object.keys(WAYS))(
  '%s: cut again and again, a follower is told everything once and in order',
  async (way) => {
    const daemon = await startTestDaemon({ 'line-tls': 0, http: 0 })
    onTestFinished(() => daemon.stop())
    const relay = await openRelay(daemon.port(way))
    const follower = await join(relay.port, 'follower', { way })
    const speaker = await join(daemon.line, 'speaker')
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

test.each(Object.keys(WAYS))('%s: cut again and again, a speaker with nonces says each text once', async (way) => {
  const daemon = await startTestDaemon({ 'line-tls': 0, http: 0 })
  onTestFinished(() => daemon.stop())
  const relay = await openRelay(daemon.port(way))
  const speaker = await join(relay.port, 'speaker', { way })
  const follower = await join(daemon.line, 'follower')
  const texts = Array.from({ length: 60 }, (_, number) => `line ${number}`)
  const speak = async () => {
    for (const [number, text] of texts.entries()) {
      const said = speaker.say(text, { nonce: `n${number}` })
      // In the middle of it, at different moments.
      if (number % 20 === 10) setTimeout(() => relay.cut(), number % 3)
      await said
    }
    await speaker.say('end', { nonce: 'end' })
  }
  const [events] = await Promise.all([upTo(follower, 'end'), speak()])
  expect(relay.count).toBeGreaterThan(1)
  expect(bodies(events)).toEqual([...texts, 'end'])
})

test('a text is refused when its client is closed before it is back', async () => {
  const daemon = await startTestDaemon()
  const relay = await openRelay(daemon.line)
  const client = await connect(`${host}:${relay.port}`, { nickname: 'speaker' })
  const room = await client.join('ops')
  await daemon.stop()
  relay.cut()
  const said = room.say('lost')
  client.close()
  await expect(said).rejects.toThrow(DisconnectedError)
})

test('a text said while the nickname is taken waits until it is free', async () => {
  const daemon = await startTestDaemon()
  onTestFinished(() => daemon.stop())
  const relay = await openRelay(daemon.line)
  const isWaiting = Promise.withResolvers<void>()
  const hasLost = Promise.withResolvers<void>()
  const room = await join(relay.port, 'anna', {
    onState: ({ state }) => {
      if (state === 'offline') hasLost.resolve()
      if (state === 'waiting') isWaiting.resolve()
    },
  })
  const other = await connect(`${host}:${daemon.line}`, { nickname: 'anna' })
  onTestFinished(() => other.close())
  relay.hold(true)
  relay.cut()
  await hasLost.promise
  await expect.poll(() => other.join('ops').then(() => 'joined', String), { interval: 10 }).toBe('joined')
  const said = room.say('hello')
  relay.hold(false)
  await isWaiting.promise
  for (const taken of other.joined) await taken.leave()
  expect(await said).toMatch(/^\d+$/)
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
  const follower = await join(port, 'follower')
  await follower.say('before')
  server.child.kill('SIGKILL')
  await server.exit
  server = new RoomdProcess(args)
  await server.ready()
  const speaker = await join(port, 'speaker')
  for (const text of ['LEAVE', '/quit', '  indented', 'after']) await speaker.say(text)
  const events = await upTo(follower, 'after')
  expect(bodies(events)).toEqual(['before', 'LEAVE', '/quit', '  indented', 'after'])

  const known = events.find(({ body }) => body === '/quit')
  const later = await join(port, 'later', { after: known?.id })
  expect(bodies(await upTo(later, 'after'))).toEqual(['  indented', 'after'])
})

test('a gap that the server cannot fill is an error, and iteration goes on behind it', async () => {
  const line = await reservePort()
  const first = await startTestDaemon({ line })
  const follower = await join(line, 'follower')
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
  const client = await connect(`${host}:${daemon.line}`, { nickname: 'ann' })
  const room = await client.join('ops')
  await expect(room.say('eleven characters')).rejects.toMatchObject({ name: 'RefusedError', code: 'text-too-long' })
  await expect(room.say(' ')).rejects.toMatchObject({ code: 'text-empty' })
  await expect(client.join('OPS')).rejects.toMatchObject({ code: 'name-in-room' })
  await expect(join(daemon.line, 'ANN')).rejects.toMatchObject({ code: 'name-in-room' })
  await expect(join(daemon.line, 'a!')).rejects.toThrow(RefusedError)
  await expect(join(daemon.port('http'), 'bob')).rejects.toThrow(DisconnectedError)
  await expect(join(1, 'bob')).rejects.toThrow(DisconnectedError)
  client.close()
  await expect(room.say('gone')).rejects.toThrow(DisconnectedError)
  await expect(client.join('dev')).rejects.toThrow(DisconnectedError)
  expect(bodies(await Array.fromAsync(room))).toEqual([])
})

test('a reader that is slow gets everything, and holds up the server meanwhile', async () => {
  const daemon = await startTestDaemon({ 'max-rate': 0, 'max-queue': 1_000_000 })
  onTestFinished(() => daemon.stop())
  const reader = await join(daemon.line, 'reader')
  const speaker = await join(daemon.line, 'speaker', { events: false })
  const texts = Array.from({ length: 20_000 }, (_, number) => `${number} ${'x'.repeat(500)}`)
  const read: string[] = []
  const hasSaid = speaker.sayAll(texts)
  for await (const event of reader) {
    if (event.type !== 'message') continue
    // The socket is full meanwhile.
    if (read.push(event.body) === 1) await hasSaid
    if (read.length === texts.length) break
  }
  expect(read).toEqual(texts)
})

test('a reader that stops is told of a gap behind 100,000 events, and goes on behind it', async () => {
  const event = (id: number) => ({ id: String(id), type: 'message', room: 'ops', from: 'bob', body: `${id}` })
  const write = (socket: Socket, line: object) => socket.write(`${JSON.stringify(line)}\n`)
  const server = createServer((socket) => {
    socket.on('error', () => {})
    createInterface(socket).on('line', (line) => {
      write(socket, { type: 'commandResult', result: line === 'JOIN ops' ? 'Joined room ops' : 'OK' })
      if (line.endsWith('end=yes')) write(socket, { type: 'commandResult', result: 'end of history' })
      if (line === '/topic') for (let id = 1; id <= 100_001; id++) write(socket, event(id))
      if (line.startsWith('MESSAGE')) write(socket, event(100_002))
    })
  }).listen(0, host)
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  const room = await join((server.address() as AddressInfo).port, 'ann')
  // The reply is behind all events so far.
  await room.ask('/ping')
  let read = 0
  const reading = async (last: number) => {
    for await (const { id } of room) {
      read++
      expect(Number(id)).toBeGreaterThanOrEqual(read)
      if (Number(id) === last) return
    }
  }
  await expect(reading(0)).rejects.toMatchObject({ name: 'EventsMissingError', after: '100000' })
  expect(read).toBe(100_000)
  await room.say('hello')
  await reading(100_002)
  expect(read).toBe(100_001)
})

test('texts that are said without waiting keep their order, and each is there once', async () => {
  const daemon = await startTestDaemon({ 'max-rate': 0 })
  onTestFinished(() => daemon.stop())
  const relay = await openRelay(daemon.line)
  const speaker = await join(relay.port, 'speaker', { events: false })
  const follower = await join(daemon.line, 'follower')
  const texts = Array.from({ length: 5_000 }, (_, number) => `line ${number}`)
  const ids: string[] = []
  const said = texts.map((text) => speaker.say(text).then((id) => ids.push(id)))
  const cuts = async () => {
    for (const count of [500, 2_000, 4_000]) {
      await expect.poll(() => ids.length, { interval: 1 }).toBeGreaterThan(count)
      relay.cut()
    }
  }
  const [events] = await Promise.all([upTo(follower, 'line 4999'), ...said, cuts()])
  expect(relay.count).toBeGreaterThan(3)
  expect(bodies(events)).toEqual(texts)
  expect(ids).toEqual(events.flatMap(({ type, id }) => (type === 'message' ? [id] : [])))
})

test('many texts are said at once; those that are refused are told, or end it', async () => {
  const daemon = await startTestDaemon({ 'max-text': 10 })
  onTestFinished(() => daemon.stop())
  const room = await join(daemon.line, 'ann')
  const refusals: unknown[] = []
  const said: number[] = []
  const texts = ['one', 'eleven characters', '', 'two\nlines', '"hi"', ' in ']
  const count = await room.sayAll(texts, {
    said: (_, index) => said.push(index),
    refused: ({ code }, text, index) => refusals.push([code, text, index]),
  })
  expect(count).toBe(4)
  expect(said).toEqual([0, 3, 4, 5])
  // The blank one is refused before it is sent.
  expect(refusals).toEqual([
    ['text-empty', '', 2],
    ['text-too-long', 'eleven characters', 1],
  ])
  await room.say('waves', { action: true })
  await room.say('beep', { notice: true })
  const events: RoomEvent[] = []
  for await (const event of room) if (events.push(event) === 7) break
  expect(events.slice(1)).toMatchObject([
    { body: 'one' },
    { body: 'two\nlines' },
    { body: '"hi"' },
    { body: ' in ' },
    { body: 'waves', action: true },
    { body: 'beep', notice: true },
  ])
  const endless = async function* () {
    yield 'three'
    yield 'eleven characters'
    await new Promise(() => {})
  }
  await expect(room.sayAll(endless())).rejects.toMatchObject({ code: 'text-too-long' })
})

test('a room that is only spoken in is not joined', async () => {
  const asked: string[] = []
  const server = createServer((socket) => {
    socket.on('error', () => {})
    createInterface(socket).on('line', (line) => {
      asked.push(line)
      const [, command, room] = /^(JOIN|\/speak) (.*)/.exec(line) ?? []
      const done = command === 'JOIN' ? `Joined room ${room}` : `Speaking in room ${room}`
      const reply = { type: 'commandResult', result: command ? done : 'OK', id: '7' }
      const records = line.endsWith('end=yes') ? [{ type: 'commandResult', result: 'end of history' }] : []
      socket.write([reply, ...records].map((each) => `${JSON.stringify(each)}\n`).join(''))
    })
  }).listen(0, host)
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  const client = await connect(`tcp://${host}:${(server.address() as AddressInfo).port}`, { nickname: 'ann' })
  onTestFinished(() => client.close())
  const ops = await client.join('ops', { events: false })
  async function* some() {
    yield ['one', 'two']
  }
  expect(ops.name).toBe('ops')
  expect(await ops.sayAll(some())).toBe(2)
  await ops.leave()
  await client.join('dev')
  expect(asked.filter((line) => /^(JOIN|LEAVE|.speak|HISTORY)/.test(line))).toEqual([
    '/speak ops',
    'LEAVE',
    'JOIN dev',
    'HISTORY limit=1 end=yes',
  ])
})

/** A client that speaks in a room over a relay, and a member who owns the room. */
async function spokenIn(name: string) {
  const daemon = await startTestDaemon()
  onTestFinished(() => daemon.stop())
  const relay = await openRelay(daemon.line)
  const offline = Promise.withResolvers<void>()
  const onState: NodeConnectOptions['onState'] = ({ state }) => void (state === 'offline' && offline.resolve())
  const [ann, speaker] = await Promise.all([
    connect(`tcp://${host}:${daemon.line}`, { nickname: 'ann' }),
    connect(`tcp://${host}:${relay.port}`, { nickname: 'ci', onState }),
  ])
  onTestFinished(() => {
    ann.close()
    speaker.close()
  })
  const owned = await ann.join(name)
  await ann.ask('/register correct horse')
  const room = await speaker.join(name, { events: false })
  const cut = async () => {
    relay.hold(true)
    relay.cut()
    await offline.promise
  }
  return { ann, owned, room, cut, relay }
}

test('a room that is only spoken in is followed when it is renamed, and not created again', async () => {
  const { ann, owned, room, cut, relay } = await spokenIn('ops')
  await room.say('one')
  expect(await owned.ask('/title newname')).toMatchObject({ type: 'commandResult' })
  for await (const event of owned) if (event.type === 'mode' && event.room === 'newname') break
  await room.say('two')
  expect(room.name).toBe('newname')
  await cut()
  const rest = [room.say('three'), room.say('four')]
  relay.hold(false)
  await Promise.all(rest)
  expect(bodies(await owned.history({ kinds: ['message'] }))).toEqual(['one', 'two', 'three', 'four'])
  expect((await ann.rooms('all')).map((entry) => entry.room)).not.toContain('ops')
})

test.each(['/title newname', '/close'])(
  '%s while a room that is only spoken in is away is the end of it',
  async (line) => {
    const { ann, owned, room, cut, relay } = await spokenIn('ops')
    await room.say('one')
    await cut()
    const said = room.say('two')
    said.catch(() => {})
    expect(await owned.ask(line)).toMatchObject({ type: 'commandResult' })
    relay.hold(false)
    await expect(said).rejects.toMatchObject({ message: 'No such room: ops', code: 'room-unknown' })
    expect((await ann.rooms('all')).map((entry) => entry.room)).not.toContain('ops')
  },
)
