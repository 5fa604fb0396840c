import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { ChatClient, type ClientListener } from '../../src/client/client.ts'
import { tcp } from '../../src/client/node/sockets.ts'
import type { ClientOptions } from '../../src/client/reconnecting.ts'
import { startTestDaemon } from '../support/daemon.ts'
import { openRelay } from './relay.ts'

const host = '127.0.0.1'

async function start(): Promise<number> {
  const daemon = await startTestDaemon()
  onTestFinished(() => daemon.stop())
  return daemon.line
}

/** A client that is caught up in `ops`, with the names of the rooms that it has joined. */
async function enter(options: ClientOptions, listener: ClientListener = {}) {
  const rooms: string[] = []
  const { promise, resolve } = Promise.withResolvers<unknown>()
  const client = new ChatClient(options, { ...listener, joined: (room) => rooms.push(room), caughtUp: resolve })
  onTestFinished(() => client.close())
  await client.connect()
  await client.join('ops')
  await promise
  return { client, rooms }
}

/** A client whose nickname is taken on the way back to `ops`, and the client that took it. */
async function enterTaken() {
  const port = await start()
  const relay = await openRelay(port)
  const lost = Promise.withResolvers<void>()
  const waiting = Promise.withResolvers<void>()
  // The way back is open once the nickname is taken.
  let isOpen = true
  const options: ClientOptions = {
    dial: (listener) => tcp({ host, port: isOpen ? relay.port : 1 })(listener),
    nickname: 'anna',
  }
  const { client, rooms } = await enter(options, { lost: () => lost.resolve(), waiting: waiting.resolve })
  const other = new ChatClient({ dial: tcp({ host, port }), nickname: 'anna' })
  onTestFinished(() => other.close())
  await other.connect()
  isOpen = false
  relay.cut()
  await lost.promise
  await expect.poll(() => other.join('ops').then(() => 'joined', String), { interval: 10 }).toBe('joined')
  isOpen = true
  await waiting.promise
  return { client, rooms, other }
}

test('a client that leaves a room at once is not in it', async () => {
  const port = await start()
  const client = new ChatClient({ dial: tcp({ host, port }), nickname: 'anna' })
  onTestFinished(() => client.close())
  await client.connect()
  const joined = client.join('ops')
  const left = client.leave()
  await joined
  await left
  expect(client.isCaughtUp).toBe(false)
  await client.ask('/ping')
  expect(client.isCaughtUp).toBe(false)
  expect(client.room).toBeUndefined()
  expect(await client.ask('hello')).toMatchObject({ code: 'not-in-room' })
})

test('the history of a room is told when it is joined right behind another one', async () => {
  const port = await start()
  const { client: speaker } = await enter({ dial: tcp({ host, port }), nickname: 'speaker' })
  await speaker.ask('in ops')
  await speaker.join('dev')
  for (const text of ['one', 'two']) await speaker.ask(text)
  const told: string[] = []
  const ended = Promise.withResolvers<void>()
  const client = new ChatClient(
    { dial: tcp({ host, port }), nickname: 'anna' },
    {
      joined: (room) => told.push(room),
      happened: ({ type, body }) => type === 'message' && told.push(body),
      caughtUp: ({ members }) => {
        told.push(`with ${[...members].sort()}`)
        ended.resolve()
      },
    },
  )
  onTestFinished(() => client.close())
  await client.connect()
  await client.join('ops', { recent: 50 })
  await client.join('dev', { recent: 50 })
  await ended.promise
  await client.ask('/ping')
  expect(told.slice(told.indexOf('dev'))).toEqual(['dev', 'one', 'two', 'with anna,speaker'])
})

test('a room joined while the nickname is taken in another one is kept', async () => {
  const { client, rooms, other } = await enterTaken()
  // As long as the pause before JOIN is repeated, and begun after it.
  const repeated = sleep(500)
  await client.join('dev')
  await other.leave()
  await repeated
  await client.ask('/ping')
  expect(rooms).toEqual(['ops', 'dev'])
  expect(client.room).toBe('dev')
})

test('a room joined while the client logs in again is kept', async () => {
  const port = await start()
  const relay = await openRelay(port)
  const dial = tcp({ host, port: relay.port })
  let opened = () => {}
  const options: ClientOptions = {
    dial: (listener) =>
      dial({
        received: (lines) => listener.received(lines),
        closed: () => listener.closed(),
        opened: () => {
          listener.opened()
          opened()
        },
      }),
    nickname: 'anna',
  }
  const { client, rooms } = await enter(options)
  const again = new Promise<void>((resolve) => (opened = () => setImmediate(resolve)))
  relay.cut()
  await again
  await client.join('dev')
  await client.ask('/ping')
  expect(rooms).toEqual(['ops', 'dev'])
  expect(client.room).toBe('dev')
})
