/** The states that a client tells of its connections, and what becomes of those that cannot be opened or have lost their room. */
import { setImmediate } from 'node:timers/promises'
import { expect, onTestFinished, test, vi } from 'vitest'
import { newClient, openClient } from '../../src/client/client.ts'
import { connect } from '../../src/client/node/index.ts'
import type { ClientState } from '../../src/client/state.ts'
import type { Dial } from '../../src/client/transport.ts'
import { openFake } from './fake.ts'
import { message, OK } from './scripted.ts'

const refused = (code: string) => ({ type: 'error', error: 'No', code })

function open(dial: Dial) {
  const states: ClientState[] = []
  const client = newClient(dial, { nickname: 'ann', onState: (state) => states.push(state) })
  onTestFinished(() => client.close())
  /** Returns the states since the last time, with their rooms. */
  const told = () => states.splice(0).map(({ state, room }) => (room === undefined ? state : `${state} ${room}`))
  return { client, told }
}

test('a connection that is opened for a room is of that room from the beginning', async () => {
  const { client, told } = open(openFake().dial)
  await client.join('ops')
  expect(told()).toEqual(['connecting ops', 'online ops'])
  await client.join('dev')
  expect(told()).toEqual(['connecting dev', 'online dev'])
})

test('a connection that has not got into a room, or has left it, is online without one', async () => {
  const { client, told } = open(openFake((line) => (line === 'JOIN ops' ? [refused('banned')] : undefined)).dial)
  const starting = client.start()
  await expect(client.join('ops')).rejects.toMatchObject({ code: 'banned' })
  await starting
  expect(told()).toEqual(['connecting', 'closed ops', 'online'])
  await (await client.join('dev')).leave()
  expect(told()).toEqual(['online dev', 'closed dev', 'online'])
})

test('a connection that cannot even be begun fails with the cause, and a later one is tried again', async () => {
  const fake = openFake()
  let failures = 1
  const dial: Dial = (listener) => {
    if (failures-- > 0) throw new SyntaxError('No such address')
    return fake.dial(listener)
  }
  const { client, told } = open(dial)
  await expect(client.start()).rejects.toThrow(SyntaxError)
  expect(told()).toEqual(['closed'])
  failures = 1
  await expect(client.join('ops')).rejects.toThrow(SyntaxError)
  expect(told()).toEqual(['closed ops'])
  const room = await client.join('ops')
  expect(told()).toEqual(['connecting ops', 'online ops'])
  failures = 1
  fake.cut()
  client.wake()
  expect(told()).toEqual(['offline ops', 'offline ops'])
  client.wake()
  expect(await room.ask('/ping')).toEqual(OK)
  await expect(connect('http://127.0.0.1/#lobby', { nickname: 'ann' })).rejects.toThrow(SyntaxError)
})

test('a room that ends while nothing is read has its connection read on', async () => {
  const fake = openFake()
  const client = await openClient(fake.dial, { nickname: 'ann' })
  onTestFinished(() => client.close())
  const room = await client.join('ops')
  const reading = room[Symbol.asyncIterator]()
  const first = reading.next()
  const many = Array.from({ length: 6_000 }, (_, index) => message(index + 1))
  await fake.write(...many)
  expect((await first).value).toMatchObject({ id: '1' })
  expect(fake.isPaused).toBe(true)
  await fake.write({ type: 'userKicked', room: 'ops', from: 'bob', to: 'ann', body: '', id: '6001' })
  expect(fake.isPaused).toBe(false)
})

test('a refusal to be let in again is of no concern once the room is left', async () => {
  let isBack = false
  const fake = openFake((line) => {
    if (!isBack || /^(LOGIN|.inbox)/.test(line)) return
    return line === 'LEAVE' ? [refused('banned'), OK, OK] : []
  })
  const { client, told } = open(fake.dial)
  const room = await client.join('ops')
  isBack = true
  fake.cut()
  client.wake()
  await vi.waitFor(() => expect(fake.sent.at(-1)).toBe('/topic'))
  told()
  await room.leave()
  await setImmediate()
  expect(told()).toEqual(['closed ops', 'online'])
})

test('a client that waits for its nickname leaves no timer when it is closed', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => void vi.useRealTimers())
  let isBack = false
  const fake = openFake((line) => (isBack && line === 'JOIN ops' ? [refused('name-in-room')] : undefined))
  const { client, told } = open(fake.dial)
  await client.join('ops')
  isBack = true
  fake.cut()
  client.wake()
  for (let turn = 0; turn < 10; turn++) await setImmediate()
  expect(told().at(-1)).toBe('waiting ops')
  client.close()
  expect(vi.getTimerCount()).toBe(0)
})
