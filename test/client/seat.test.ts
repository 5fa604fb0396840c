import { once } from 'node:events'
import { expect, onTestFinished, test } from 'vitest'
import { newClient, openClient } from '../../src/client/client.ts'
import { eventQueue } from '../../src/client/event-queue.ts'
import { tcp } from '../../src/client/node/sockets.ts'
import { resultOf } from '../../src/client/requests.ts'
import type { RoomdClient } from '../../src/client/roomd-client.ts'
import { newSeat } from '../../src/client/seat.ts'
import type { ClientState } from '../../src/client/state.ts'
import { newStay } from '../../src/client/stay.ts'
import type { Dial } from '../../src/client/transport.ts'
import { startTestDaemon } from '../support/daemon.ts'
import { openRelay } from './relay.ts'

const host = '127.0.0.1'

async function start(): Promise<number> {
  const daemon = await startTestDaemon()
  onTestFinished(() => daemon.stop())
  return daemon.line
}

async function open(dial: Dial, onState?: (state: ClientState) => void): Promise<RoomdClient> {
  const client = await openClient(dial, { nickname: 'anna', onState })
  onTestFinished(() => client.close())
  return client
}

test('a seat that leaves a room at once is not in it', async () => {
  const seat = newSeat(
    { dial: tcp({ host, port: await start() }), nickname: 'anna' },
    { changed() {}, moved() {}, heard() {} },
  )
  onTestFinished(() => seat.close())
  await seat.open()
  const stay = newStay('ops', {}, eventQueue())
  await Promise.all([seat.enter(stay), seat.leave(stay)])
  expect(seat.stay).toBeUndefined()
  expect(await (await seat.use()).ask('hello')).toMatchObject({ code: 'not-in-room' })
  expect(seat.stay).toBeUndefined()
})

test('the past of a room is told where its connection was in another one before', async () => {
  const port = await start()
  const anna = await open(tcp({ host, port }))
  const bob = await openClient(tcp({ host, port }), { nickname: 'bob' })
  onTestFinished(() => bob.close())
  const [ops, dev] = [await bob.join('ops'), await bob.join('dev')]
  await ops.say('in ops')
  for (const text of ['one', 'two']) await dev.say(text)
  await (await anna.join('ops', { recent: 50 })).leave()
  const told: string[] = []
  for await (const { type, from, body } of await anna.join('dev', { recent: 50 })) {
    told.push(type === 'message' ? body : `${type} ${from}`)
    if (type === 'userJoined' && from === 'anna') break
  }
  expect(told).toEqual(['userJoined bob', 'one', 'two', 'userJoined anna'])
})

test('a room that is left while the nickname is taken in it is not joined again', async () => {
  const port = await start()
  const relay = await openRelay(port)
  const states: string[] = []
  const lost = Promise.withResolvers<void>()
  const waiting = Promise.withResolvers<void>()
  // The way back is open once the nickname is taken.
  let isOpen = true
  const anna = await open(
    (listener) => tcp({ host, port: isOpen ? relay.port : 1 })(listener),
    ({ state }) => {
      states.push(state)
      if (state === 'offline') lost.resolve()
      if (state === 'waiting') waiting.resolve()
    },
  )
  const room = await anna.join('ops')
  isOpen = false
  relay.cut()
  await lost.promise
  const other = await openClient(tcp({ host, port }), { nickname: 'anna' })
  onTestFinished(() => other.close())
  await expect.poll(() => other.join('ops').then(() => 'joined', String), { interval: 10 }).toBe('joined')
  isOpen = true
  await waiting.promise
  await room.leave()
  for (const taken of other.joined) await taken.leave()
  expect(anna.joined).toEqual([])
  const dev = await anna.join('dev')
  expect(states.slice(states.lastIndexOf('waiting'))).toEqual(['waiting', 'closed', 'online', 'online'])
  expect(await dev.ask('/whoami')).toMatchObject({ type: 'commandResult' })
})

test('a room joined while the client logs in again is joined once', async () => {
  const relay = await openRelay(await start())
  const dial = tcp({ host, port: relay.port })
  const sent: string[] = []
  const connections = new EventTarget()
  const anna = await open((listener) => {
    const transport = dial({
      ...listener,
      opened: () => {
        listener.opened()
        connections.dispatchEvent(new Event('opened'))
      },
    })
    const send = (line: string) => {
      sent.push(line.split(' ')[0] ?? '')
      transport.send(line)
    }
    return { ...transport, send }
  })
  const again = once(connections, 'opened')
  relay.cut()
  await again
  const dev = await anna.join('dev')
  await dev.ask('/ping')
  expect(sent.filter((command) => /^[A-Z]/.test(command))).toEqual(['LOGIN', 'LOGIN', 'JOIN', 'HISTORY'])
  expect(anna.joined).toEqual([dev])
})

test('a room is joined without waiting for the login, and a login that is refused says why', async () => {
  const port = await start()
  const sent: string[] = []
  let isOpen = true
  const dial: Dial = (listener) => {
    const transport = tcp({ host, port })({
      ...listener,
      received: (lines) => {
        isOpen = false
        listener.received(lines)
      },
    })
    const send = (line: string) => {
      if (isOpen) sent.push(line.split(' ')[0] ?? '')
      transport.send(line)
    }
    return { ...transport, send }
  }
  const anna = newClient(dial, { nickname: 'anna' })
  onTestFinished(() => anna.close())
  const starting = anna.start()
  const ops = await anna.join('ops')
  await starting
  expect(sent).toEqual(['LOGIN', 'JOIN', '/topic'])
  expect(resultOf(await ops.ask('/register a-long-password')).type).toBe('commandResult')
  const stranger = newClient(dial, { nickname: 'anna', password: 'a-wrong-password' })
  onTestFinished(() => stranger.close())
  const refused = stranger.start().catch((error: Error) => error)
  await expect(stranger.join('ops')).rejects.toMatchObject({ code: 'secret-wrong' })
  expect(await refused).toMatchObject({ code: 'secret-wrong' })
  expect(stranger.joined).toEqual([])
})
