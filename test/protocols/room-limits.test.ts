/** `--max-rooms-per-address` and `--max-accounts-per-address`, as each protocol tells of them. */
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { ChatroomClient, create, error, logIn, register } from '../support/chatroom.ts'
import type { LineClient } from '../support/client.ts'
import { eventually } from '../support/eventually.ts'
import { temporaryFolder } from '../support/folder.ts'
import { failure, globesStage } from '../support/globes.ts'
import { keptLog } from '../support/log.ts'
import { RedisServer, withRedis } from '../support/redis.ts'

const LIMIT = { 'max-rooms-per-address': 3 }
/** Clients are told apart by what their proxy says. */
const PROXY = { 'http-trust-proxy': '127.0.0.1' }
const from = (address: string) => ({ 'X-Forwarded-For': address })
const TEXT = 'Too many rooms, at most 3 from your address'

type Stage = Awaited<ReturnType<typeof globesStage>>

/** Says something in each of three rooms, so that they stay. */
async function fillRooms({ line }: Stage, name = 'ann'): Promise<LineClient> {
  const client = await line(name)
  for (const room of ['one', 'two', 'three']) client.send(`JOIN ${room}`, 'mine')
  await client.rest()
  return client
}

/** `start` gives the nodes, which are told apart where there are two. */
function limitedRooms(start: (options?: object) => Promise<readonly [Stage, Stage]>): void {
  test('at the line protocol, whatever room was made at another', async () => {
    const [here, there] = await start(PROXY)
    const ann = await here.line('ann')
    ann.send('JOIN one', 'mine', 'JOIN two', 'mine')
    await ann.rest()
    expect(
      (await there.api('POST', '/chats', { title: 'three', visibility: 'public' }, from('127.0.0.1'))).status,
    ).toBe(201)
    const bob = await there.line('bob')
    bob.send('JOIN three', 'mine', 'LEAVE')
    await bob.rest()
    expect(await ann.ask('JOIN four')).toMatchObject({ type: 'error', error: TEXT })
    // It is still where it was, and may go where there is a room.
    expect(await ann.ask('/who')).toMatchObject({ type: 'commandResult', members: ['ann'] })
    expect(await ann.ask('JOIN three')).toMatchObject({ result: 'Joined room three' })
  })

  test('at Globes: 429, and other addresses are free', async () => {
    const [here, there] = await start(PROXY)
    const make = (stage: Stage, title: string, address: string) =>
      stage.api('POST', '/chats', { title, visibility: 'public' }, from(address))
    const titles = async () => (await there.api('GET', '/chats/all')).text.match(/(?<="title":")room \w/g)
    for (const n of [1, 2, 3, 4]) expect((await make(here, `room ${n}`, '2001:db8::1')).status).toBe(201)
    // The oldest one was empty and silent.
    await expect.poll(titles).toEqual(['room 2', 'room 3', 'room 4'])
    for (const n of [2, 3, 4]) {
      const client = await there.connect(`/chats/room%20${n}/ws`)
      client.send({ event_type: 'join', name: `guest${n}` })
      await client.next()
    }
    expect(await make(here, 'room 5', '2001:db8::2')).toMatchObject({
      status: 429,
      body: failure(106, 'Room error: Too many rooms'),
    })
    expect((await make(here, 'room 6', '2001:db8:0:1::1')).status).toBe(201)
  })

  test('who makes one room after the other keeps the newest, and each that goes is one line of the log', async () => {
    const { log, logged } = keptLog()
    const [here] = await start({ log, 'max-rooms-per-address': 6 })
    const ann = await here.line('ann')
    ann.send(...Array.from({ length: 12 }, (_, n) => `JOIN room${n}`))
    const joined = (await ann.rest()).filter((line) => line.type === 'commandResult')
    expect(joined).toHaveLength(12)
    const { text } = await here.api('GET', '/chats/all')
    expect(text.match(/(?<="title":")room\d+/g)).toEqual(['room6', 'room7', 'room8', 'room9', 'room10', 'room11'])
    const lines = logged()
      .split('\n')
      .filter((line) => line.includes('room closed to make space'))
    expect(lines.map((line) => JSON.parse(line))).toMatchObject(
      [0, 1, 2, 3, 4, 5].map((n) => ({ level: 30, title: `room${n}` })),
    )
  })
}

/** `where` is the store of daemons that are started one after the other. */
async function expectExpiry(where: Parameters<typeof globesStage>[0]): Promise<void> {
  // One that closes rooms searches after a second, and then no other does so within half a minute.
  const first = await globesStage({ ...where, 'room-ttl': 0 })
  const ann = await first.line('ann')
  ann.send('JOIN gone', 'mine', 'JOIN owned', 'hers', 'LEAVE')
  await ann.rest()
  const bob = await first.line('bob')
  expect(await bob.ask('/register long secret of his')).toMatchObject({ type: 'commandResult' })
  bob.send('JOIN his', 'LEAVE')
  await bob.rest()
  await first.stop()
  const now = Date.now
  vi.spyOn(Date, 'now').mockImplementation(() => now() + 3 * 86_400_000)
  onTestFinished(() => void vi.restoreAllMocks())
  const { log, logged } = keptLog()
  const later = await globesStage({ ...where, 'room-ttl': 2 }, log)
  const closed = () =>
    Array.from(logged().matchAll(/"title":"(\w+)","msg":"room closed: empty, /g), ([, title]) => title)
  await eventually(() => expect(closed().toSorted()).toEqual(['gone', 'owned']))
  const { text } = await later.api('GET', '/chats/all')
  expect(text.match(/(?<="title":")\w+/g)).toEqual(['Public', 'his'])
}

describe('on one node', () => {
  limitedRooms(async ({ log, ...options }: { log?: Parameters<typeof globesStage>[1] } = {}) => {
    const stage = await globesStage({ ...LIMIT, ...options }, log)
    return [stage, stage]
  })

  test('--room-ttl closes rooms of guests, with a line of the log for each', async () => {
    await expectExpiry({ data: temporaryFolder() })
  })
})

withRedis('rooms of several nodes', () => {
  const server = RedisServer.forAll()
  let tests = 0
  describe('on two nodes', () => {
    limitedRooms(async ({ log, ...options }: { log?: Parameters<typeof globesStage>[1] } = {}) => {
      const shared = { ...LIMIT, ...options, redis: server.url, 'redis-prefix': `limit${++tests}` }
      return [await globesStage(shared, log), await globesStage(shared)]
    })

    test('--room-ttl closes rooms of guests, with a line of the log for each', async () => {
      await expectExpiry({ redis: server.url, 'redis-prefix': `limit${++tests}` })
    })
  })
})

test('a restart forgets neither who made a room nor whose words are in it', async () => {
  const options = { ...LIMIT, data: temporaryFolder() }
  const first = await globesStage(options)
  await fillRooms(first)
  await first.stop()
  const second = await globesStage(options)
  expect(await (await second.line('bob')).ask('JOIN four')).toMatchObject({ error: TEXT })
})

test('0 is no bound', async () => {
  const { line } = await globesStage({ 'max-rooms-per-address': 0, 'max-rooms': 0 })
  const ann = await line('ann')
  for (let n = 0; n < 120; n++) ann.send(`JOIN room${n}`, 'mine')
  expect((await ann.rest()).filter(({ type }) => type === 'error')).toEqual([])
})

test('the bound of all rooms is told with its number', async () => {
  const { line } = await globesStage({ 'max-rooms': 2 })
  const ann = await line('ann')
  await ann.ask('JOIN one')
  const bob = await line('bob')
  expect(await bob.ask('JOIN two')).toMatchObject({ error: 'Too many rooms, at most 2' })
})

test('at Chatroom', async () => {
  const stage = await globesStage({ ...LIMIT, chatroom: 0 })
  await fillRooms(stage)
  const client = await ChatroomClient.connect(stage.daemon.port('chatroom'))
  onTestFinished(() => void client.frames.socket.destroy())
  client.send(register('bob'), logIn('bob'), create('four'))
  expect(await client.until(({ type }) => type === 'create')).toEqual(error('create', TEXT))
})

test('accounts made within a day, at every protocol that makes some', async () => {
  const stage = await globesStage({ 'max-accounts-per-address': 1, chatroom: 0 })
  await stage.account('ann')
  const text = 'Too many accounts today, at most 1 from your address'
  expect(await (await stage.line('bob')).ask('/register a secret')).toMatchObject({ type: 'error', error: text })
  expect((await stage.api('POST', '/api/register', { username: 'eve' })).status).toBe(429)
  const client = await ChatroomClient.connect(stage.daemon.port('chatroom'))
  onTestFinished(() => void client.frames.socket.destroy())
  expect(await client.ask(register('joe'))).toEqual(error('register', text))
})
