/** What may happen while a connection is lost, comes back, or is being caught up with. */
import { getEventListeners } from 'node:events'
import { expect, onTestFinished, test } from 'vitest'
import type { RoomEvent } from '../../commands/replies.ts'
import { openClient } from '../../src/client/client.ts'
import {
  connect,
  DisconnectedError,
  EventsMissingError,
  type JoinedRoom,
  type NodeConnectOptions,
} from '../../src/client/node/index.ts'
import { tcp } from '../../src/client/node/sockets.ts'
import type { Dial } from '../../src/client/transport.ts'
import { startTestDaemon } from '../support/daemon.ts'
import { eventually } from '../support/eventually.ts'
import { openRelay } from './relay.ts'
import { END, message, OK, openScripted, record } from './scripted.ts'

const host = '127.0.0.1'

async function open(url: string, options: Partial<NodeConnectOptions> = {}) {
  const client = await connect(url, { nickname: 'ann', ...options })
  onTestFinished(() => client.close())
  return client
}

/** A client whose connections from the second on send nothing, beginning with LOGIN, until they may. */
async function openHeldUp(port: number) {
  const relay = await openRelay(port)
  const sent: string[] = []
  const held = Promise.withResolvers<void>()
  const gate = Promise.withResolvers<void>()
  const dial: Dial = (listener) => {
    const transport = tcp({ host, port: relay.port })(listener)
    const isFirst = relay.count === 0
    const send = (line: string) => {
      sent.push(line)
      if (isFirst) return transport.send(line)
      held.resolve()
      void gate.promise.then(() => transport.send(line))
    }
    return { ...transport, send }
  }
  const client = await openClient(dial, { nickname: 'ann' })
  onTestFinished(() => client.close())
  return { client, relay, sent, held: held.promise, goOn: gate.resolve }
}

async function startDaemon(): Promise<number> {
  const daemon = await startTestDaemon()
  onTestFinished(() => daemon.stop())
  return daemon.line
}

/** Ids of the events up to one of them. */
async function idsUpTo(events: AsyncIterable<{ readonly id: string }>, last: string): Promise<string[]> {
  const ids: string[] = []
  for await (const { id } of events) if (ids.push(id) && id === last) break
  return ids
}

test('private messages that come while missed ones are read are behind these, also when the reading is cut', async () => {
  const whisper = (id: number) => ({ type: 'private', from: 'bob', to: 'ann', body: `text ${id}`, id: String(id) })
  const { url, lines } = await openScripted(({ line, connection, write, cut }) => {
    if (line.startsWith('/inbox limit=1 ')) write({ ...OK, result: null }, record(whisper(5)))
    if (connection === 1) {
      if (line === '/cut') cut()
      return line === '/cut'
    }
    if (line.startsWith('LOGIN')) write(OK, whisper(8))
    else if (!line.startsWith('/inbox')) return false
    else if (connection === 2) cut()
    else {
      const ids = /after=5 /.test(line) ? [6, 7, 8] : []
      write({ ...OK, result: null }, ...ids.map((id) => record(whisper(id))), {
        ...OK,
        result: 'end of history',
      })
    }
    return true
  })
  const ann = await open(url, { password: 'correct horse' })
  await expect(ann.ask('/cut')).rejects.toThrow(DisconnectedError)
  expect(await idsUpTo(ann.inbox, '8')).toEqual(['6', '7', '8'])
  expect(lines.filter((line) => line.includes('after='))).toEqual(['/inbox after=5 end=yes', '/inbox after=5 end=yes'])
})

test('missed private messages are given once, however many of them come also by themselves', async () => {
  const whisper = (id: number) => ({ type: 'private', from: 'bob', to: 'ann', body: '', id: String(id) })
  const many = Array.from({ length: 1_200 }, (_, index) => whisper(index + 6))
  const { url } = await openScripted(({ line, write, cut }) => {
    if (line === '/cut') cut()
    else if (line.startsWith('/inbox limit=1 ')) write({ ...OK, result: null }, record(whisper(5)), END)
    else if (line.startsWith('/inbox after=5 '))
      write(...many, { ...OK, result: null }, ...many.map(record), END, whisper(9999))
    else return false
    return true
  })
  const ann = await open(url, { password: 'correct horse' })
  await expect(ann.ask('/cut')).rejects.toThrow(DisconnectedError)
  expect(await idsUpTo(ann.inbox, '9999')).toEqual([...many.map(({ id }) => id), '9999'])
})

test('a login that is refused for now on the way back is why a room cannot be entered', async () => {
  const { url } = await openScripted(({ line, connection, write, cut }) => {
    if (line === '/cut') cut()
    else if (connection === 2 && line.startsWith('LOGIN')) return true
    else if (connection === 2 && line.startsWith('JOIN'))
      write(
        { type: 'error', error: 'Not now', code: 'unavailable' },
        { type: 'error', error: 'Log in first', code: 'not-logged-in' },
      )
    else return false
    return true
  })
  const back = Promise.withResolvers<void>()
  const ann = await open(url, {
    onState: ({ state }) => state === 'offline' && back.resolve(),
  })
  await expect(ann.ask('/cut')).rejects.toThrow(DisconnectedError)
  await back.promise
  ann.wake()
  await expect(ann.join('ops')).rejects.toMatchObject({ code: 'unavailable' })
})

test('a client that takes no missed events has no gap where nothing was missed', async () => {
  let joined = 0
  const { url, lines } = await openScripted(({ line, write, cut }) => {
    if (line === '/cut') cut()
    else if (line === 'HISTORY limit=1 end=yes')
      write({ ...OK, result: null }, record(message(1)), END, ...(joined++ ? [] : [message(2)]))
    else if (line === '/more') write(message(3), OK)
    else return false
    return true
  })
  const ann = await open(url)
  const room = await ann.join('ops', { maxMissed: 0 })
  expect(await idsUpTo(room, '2')).toEqual(['2'])
  await expect(room.ask('/cut')).rejects.toThrow(DisconnectedError)
  await expect.poll(() => lines.at(-1)).toMatch(/^HISTORY after=2 /)
  expect(await room.ask('/more')).toEqual(OK)
  expect(await idsUpTo(room, '3')).toEqual(['3'])
  expect(lines).toContain('HISTORY after=2 limit=1 end=yes')
})

test('private messages go on behind the end of the last connection', async () => {
  const whisper = (id: number) => ({ type: 'private', from: 'bob', to: 'ann', body: '', id: String(id) })
  const { url, lines } = await openScripted(({ line, connection, write, end }) => {
    const last = { type: 'error', error: 'Ended by ann', code: 'disconnected', reconnect: false }
    if (line === '/whoami' && connection === 1) end({ ...last, reconnect: true })
    else if (line.startsWith('LOGIN') && connection === 3) write({ type: 'error', error: 'No', code: 'secret-wrong' })
    else if (line.startsWith('/inbox after=') && connection === 2) end(last)
    else if (line === '/whoami') write(whisper(6), OK)
    else if (line.startsWith('/inbox limit=1 ')) write({ ...OK, result: null }, record(whisper(5)), END)
    else return false
    return true
  })
  const closed = Promise.withResolvers<void>()
  const ann = await open(url, {
    password: 'correct horse',
    onState: (state) => state.state === 'closed' && state.error && closed.resolve(),
  })
  await expect(ann.ask('/whoami')).rejects.toThrow('Ended by ann')
  await closed.promise
  await expect(ann.ask('/whoami')).rejects.toMatchObject({ code: 'secret-wrong' })
  expect(await ann.ask('/whoami')).toEqual(OK)
  expect(await idsUpTo(ann.inbox, '6')).toEqual(['6'])
  expect(lines.filter((line) => line.startsWith('LOGIN'))).toHaveLength(4)
})

test('what is asked of a room on the way back into it waits until the client is there', async () => {
  const { client, relay, held, goOn } = await openHeldUp(await startDaemon())
  const room = await client.join('ops')
  await room.say('hello')
  relay.cut()
  await held
  const asked = [room.history({ kinds: ['message'] }), room.members(), client.tell('ann', 'to myself')] as const
  goOn()
  const [events, members] = await Promise.all(asked)
  expect(events.map(({ body }) => body)).toEqual(['hello'])
  expect(members).toMatchObject([{ nickname: 'ann' }])
})

test('a connection that is lost before it is known where a room stands leaves no hole: the room is not joined', async () => {
  const { url } = await openScripted(({ line, connection, write, cut }) => {
    if (connection === 1 && line.startsWith('JOIN')) write({ ...OK, result: 'Joined room ops' }, message(5))
    else if (connection === 1 && line.startsWith('HISTORY')) cut()
    else return false
    return true
  })
  const client = await connect(url, { nickname: 'ann' })
  onTestFinished(() => client.close())
  await expect(client.join('ops')).rejects.toThrow(DisconnectedError)
  await eventually(async () => expect((await client.join('ops')).name).toBe('ops'))
})

test('a room that is left while the client logs in again is not joined again', async () => {
  const { client, relay, sent, held, goOn } = await openHeldUp(await startDaemon())
  const room = await client.join('ops')
  relay.cut()
  await held
  await room.leave()
  goOn()
  expect(await client.ask('/whoami')).toMatchObject({ type: 'commandResult' })
  expect(await client.ask('hello')).toMatchObject({ code: 'not-in-room' })
  expect(sent.filter((line) => line.startsWith('JOIN'))).toEqual(['JOIN ops'])
  expect(client.joined).toEqual([])
})

test('a callback that throws disturbs nothing else', async () => {
  const thrown: unknown[] = []
  const listeners = process.listeners('uncaughtException')
  process.removeAllListeners('uncaughtException').on('uncaughtException', (error) => thrown.push(error.message))
  onTestFinished(() => {
    process.removeAllListeners('uncaughtException')
    for (const listener of listeners) process.on('uncaughtException', listener)
  })
  const { url } = await openScripted(({ line, write }) => {
    if (line !== '/both') return false
    write({ type: 'notice', notice: 'hear, hear' }, message(8), OK)
    return true
  })
  const fail = (what: unknown) => {
    throw new Error(`thrown at ${JSON.stringify(what)}`)
  }
  const ann = await open(url, { onNotice: fail, onState: ({ state }) => state === 'closed' && fail(state) })
  const room = await ann.join('ops')
  expect(await room.ask('/both')).toEqual(OK)
  expect(await idsUpTo(room, '8')).toEqual(['8'])
  expect(await room.sayAll(['one', 'two'], { said: fail })).toBe(2)
  expect(await room.say('three')).toBe('7')
  const closed = room.ask('/later')
  ann.close()
  await expect(closed).rejects.toThrow(DisconnectedError)
  await expect.poll(() => thrown).toEqual(['hear, hear', '7', '7', 'closed'].map((what) => `thrown at "${what}"`))
})

test('texts that are said do not wait for those of others', async () => {
  let messages = 0
  const { url, lines } = await openScripted(({ line }) => line.startsWith('MESSAGE') && ++messages > 2)
  const ann = await open(url)
  const room = await ann.join('ops')
  async function* texts() {
    yield ['one', 'two']
    await others.promise
  }
  const others = Promise.withResolvers<void>()
  const said = room.sayAll(texts())
  await expect.poll(() => lines.at(-1)).toMatch(/ two$/)
  const never = room.say('three')
  others.resolve()
  expect(await said).toBe(2)
  await room.sayAll([])
  ann.close()
  await expect(never).rejects.toThrow(DisconnectedError)
})

/** The bodies of messages that a reader is given, and the number of gaps. */
async function read(room: JoinedRoom, last: string) {
  const events: RoomEvent[] = []
  for (let gaps = 0; ; gaps++) {
    try {
      for await (const event of room) {
        events.push(event)
        if (event.body === last)
          return { gaps, bodies: events.map(({ type, body }) => (type === 'message' ? body : type)) }
      }
    } catch (error) {
      if (!(error instanceof EventsMissingError)) throw error
    }
  }
}

test.each([
  [4, 0, ['userJoined', 'userLeft', 'one', 'two', 'userJoined', 'end']],
  [3, 1, ['userJoined', 'one', 'two', 'userJoined', 'end']],
])(
  'a client that reads at most %d missed events has a gap only where there were more',
  async (maxMissed, gaps, bodies) => {
    const port = await startDaemon()
    const relay = await openRelay(port)
    const bob = await (await open(`tcp://${host}:${port}`, { nickname: 'bob' })).join('ops')
    const ann = await open(`tcp://${host}:${relay.port}`)
    const room = await ann.join('ops', { maxMissed })
    await room.ask('/ping settled')
    relay.hold(true)
    relay.cut()
    for await (const { type } of bob) if (type === 'userLeft') break
    for (const text of ['one', 'two']) await bob.say(text)
    relay.hold(false)
    ann.wake()
    await room.history({ limit: 1 }).catch(() => {})
    await room.say('end')
    expect(await read(room, 'end')).toEqual({ gaps, bodies })
  },
)

test('who is kicked while missed events are read is given all up to that', async () => {
  const kicked = { type: 'userKicked', room: 'ops', from: 'bob', to: 'ann', body: '', id: '4' }
  const { url } = await openScripted(({ line, connection, write, cut }) => {
    if (line === '/cut') cut()
    else if (!line.startsWith('HISTORY')) return false
    else if (connection === 1) write({ ...OK, result: null }, record(message(1)), { ...OK, result: 'end of history' })
    else {
      write({ ...OK, result: null }, message(3), kicked)
      write(record(message(2)), record(message(3)), { ...OK, result: 'end of history' })
    }
    return true
  })
  const room = await (await open(url)).join('ops')
  await expect(room.ask('/cut')).rejects.toThrow(DisconnectedError)
  const ids: string[] = []
  const reading = async () => {
    for await (const { id } of room) ids.push(id)
  }
  await expect(reading()).rejects.toThrow('Kicked from ops by bob')
  expect(ids).toEqual(['2', '3', '4'])
})

test.each([1, 2])('who is kicked from one of %d rooms, and reads no more of it, is told', async (rooms) => {
  const kicked = { type: 'userKicked', room: 'ops', from: 'bob', to: 'ann', body: '', id: '4' }
  const { url } = await openScripted(({ line, write, cut }) => {
    if (line === '/cut') cut()
    else if (line === 'HISTORY limit=1 end=yes') write({ ...OK, result: null }, record(message(1)), END)
    else if (line !== 'HISTORY after=1 end=yes') return false
    else write({ ...OK, result: null }, record(message(2)), kicked)
    return true
  })
  const removed = Promise.withResolvers<void>()
  const ann = await open(url, {
    onState: ({ state, room }) => state === 'closed' && room === 'ops' && removed.resolve(),
  })
  const room = await ann.join('ops')
  if (rooms > 1) await ann.join('den')
  await expect(room.ask('/cut')).rejects.toThrow(DisconnectedError)
  await removed.promise
  ann.close()
  const seen: unknown[] = []
  const reading = async () => {
    for await (const { id } of room) seen.push(id)
  }
  await expect(reading()).rejects.toThrow(EventsMissingError)
  await expect(reading()).rejects.toThrow('Kicked from ops by bob')
  expect(seen).toEqual(['2', '4'])
})

test('a room whose nickname is held is joined again also on a connection behind another lost one', async () => {
  const taken = { type: 'error', error: 'ann is in ops', code: 'name-in-room' }
  let refused = 0
  const { promise: secondWaiting, resolve: secondWaits } = Promise.withResolvers<void>()
  const { url, lines } = await openScripted(({ line, connection, write, cut }) => {
    if (line === '/cut') cut()
    else if (line === '/topic' && connection === 2) void secondWaiting.then(cut)
    else if (!line.startsWith('JOIN') || connection === 1 || refused === 2) return false
    else {
      refused++
      write(taken)
    }
    return true
  })
  let waited = 0
  const ann = await open(url, {
    onState: ({ state }) => {
      if (state === 'waiting' && ++waited === 1) secondWaits()
      // The next connection is waiting when the lost one would try again.
      if (state === 'offline') queueMicrotask(() => ann.wake())
    },
  })
  const room = await ann.join('ops')
  await expect(room.ask('/cut')).rejects.toThrow(DisconnectedError)
  await expect.poll(() => refused).toBe(2)
  expect(await room.say('back')).toBe('7')
  expect(waited).toBe(2)
  expect(lines.filter((line) => line.startsWith('JOIN'))).toHaveLength(4)
})

test('a signal has no listener of a client that is closed', async () => {
  const { signal } = new AbortController()
  const port = await startDaemon()
  const ann = await open(`tcp://${host}:${port}`, { signal })
  expect(getEventListeners(signal, 'abort')).toHaveLength(1)
  ann.close()
  expect(getEventListeners(signal, 'abort')).toHaveLength(0)
  await expect(open(`tcp://${host}:${port}`, { nickname: 'a!', signal })).rejects.toMatchObject({
    code: 'name-invalid',
  })
  expect(getEventListeners(signal, 'abort')).toHaveLength(0)
})

test('a request that asks for an end of its records has one reply as any other', async () => {
  const ann = await open(`tcp://${host}:${await startDaemon()}`)
  const room = await ann.join('ops')
  expect(await room.ask('HISTORY end=yes')).toMatchObject({ result: null })
  expect(await room.ask('/ping one')).toMatchObject({ result: 'PONG one' })
  expect(await room.history()).toMatchObject([{ type: 'userJoined' }])
})

test('a text whose reply is lost while its guest becomes an account is said once', async () => {
  const port = await startDaemon()
  const relay = await openRelay(port)
  const ann = await open(`tcp://${host}:${relay.port}`)
  const room = await ann.join('ops')
  const bob = await open(`tcp://${host}:${port}`, { nickname: 'bob' })
  const heard = (await bob.join('ops'))[Symbol.asyncIterator]()
  await heard.next()
  relay.mute()
  const said = room.say('hello')
  void room.ask('/register correct horse').catch(() => {})
  for (let event = await heard.next(); event.value?.body !== 'hello'; ) event = await heard.next()
  await expect
    .poll(() =>
      connect(`tcp://${host}:${port}`, { nickname: 'ann', password: 'correct horse' }).then(
        (one) => one.close(),
        String,
      ),
    )
    .toBeUndefined()
  ann.usePassword('correct horse')
  relay.cut()
  await said
  expect((await room.history({ kinds: ['message'] })).map(({ body }) => body)).toEqual(['hello'])
})
