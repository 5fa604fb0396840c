/** Rooms that are closed as nobody has used them for a time. */
import { expect, test, vi } from 'vitest'
import { Chat } from '../../src/chat/chat.ts'
import { RoomExpiry } from '../../src/chat/room-expiry.ts'
import { Session } from '../../src/chat/session.ts'
import type { Engine } from '../../src/engine/engine.ts'
import { Stage } from '../engine/stage.ts'
import { withRedis } from '../support/redis.ts'
import { enter, HERE, leave, lifeline, reasonOf, say, silent, stage } from './stage.ts'

const DAY_MS = 86_400_000
const CHEAP = { ln: 4, r: 8, p: 1 }

/** A node whose clock is ahead by so many days, and the titles of the rooms that it closes. */
function expiryOn(engine: Engine, chat: Chat, days: number) {
  const closed: string[] = []
  const expiry = new RoomExpiry(engine, chat.rooms, {
    ttlMs: 30 * DAY_MS,
    onExpire: ({ title }) => closed.push(title),
    now: () => Date.now() + days * DAY_MS,
  })
  const sweep = async () => {
    await engine.records.delete('duty', 'room-expiry')
    await expiry.sweep()
    return closed.splice(0).toSorted()
  }
  return { expiry, sweep, closed }
}

/** Rooms of each kind, made 0 days ago. */
async function filled(engine: Engine) {
  const chat = new Chat(engine, { maxText: 4_000, cost: CHEAP })
  const guest = async (name: string, room: string) => {
    const session = new Session(silent, lifeline(HERE))
    await chat.login(session, name)
    await enter(chat, session, room)
    return session
  }
  const eve = await guest('eve', 'guests')
  await say(chat, eve, 'mine')
  await enter(chat, eve, 'empty')
  await leave(chat, eve)
  const owner = await guest('owner', 'owned')
  await say(chat, owner, 'kept')
  await enter(chat, owner, 'owned-and-silent')
  await chat.accounts.register('owner', 'long secret', HERE, owner)
  await leave(chat, owner)
  const { record } = await chat.rooms.open('handed-over', { address: HERE, name: 'somebody' })
  const { id } = record
  const details = { role: 'owner', on: true } as const
  await engine.logs.append(`room:${id}`, { kind: 'role', room: id, from: 'somebody', to: 'owner', body: '', details })
  await guest('bob', 'occupied')
  await chat.rooms.create({ title: 'By HTTP', visibility: 'public' }, { password: '', address: HERE })
  await chat.rooms.create({ title: 'Den', visibility: 'hidden' }, { password: 'correct horse', address: HERE })
  return chat
}

async function check(engine: Engine): Promise<void> {
  const chat = await filled(engine)
  const room = await chat.rooms.find('guests')
  expect(await expiryOn(engine, chat, 29).sweep()).toEqual([])
  const { sweep } = expiryOn(engine, chat, 31)
  expect(await sweep()).toEqual(['By HTTP', 'Den', 'empty', 'guests'])
  const left = ['Public Chat', 'owned', 'owned-and-silent', 'handed-over', 'occupied']
  expect((await chat.rooms.all()).map(({ title }) => title)).toEqual(left)
  expect(await reasonOf(chat.rooms.members('guests'))).toBe('room-unknown')
  expect(await sweep()).toEqual([])
  const { record: again } = await chat.rooms.open('guests')
  expect(again.id).toBeGreaterThan(room?.id ?? Number.NaN)
  // A room whose owner is gone is nobody's.
  await chat.administration.removeAccount('owner')
  expect(await sweep()).toEqual(['guests', 'handed-over', 'owned', 'owned-and-silent'])
  await chat.stop()
}

test("those that are empty, nobody's and silent are closed", async () => {
  const { engine } = await stage()
  await check(engine)
})

test('a message of which only the log tells keeps its room', async () => {
  const { engine, chat, guest } = await stage()
  const ann = await guest('ann', 'quiet')
  await leave(chat, ann)
  const { id } = (await chat.rooms.find('quiet')) ?? expect.fail()
  const read = vi.spyOn(engine.rooms, 'silentSince').mockImplementation(async function* () {
    const room = await engine.rooms.find(id)
    if (room) yield [room]
  })
  const { sweep } = expiryOn(engine, chat, 20)
  await engine.logs.append(`room:${id}`, { kind: 'message', room: id, from: 'ann', body: 'late' })
  expect(await sweep()).toEqual([])
  expect(await chat.rooms.find('quiet')).toBeDefined()
  expect(read).toHaveBeenCalledOnce()
})

test('nothing is closed where it is off, and nothing after a stop', async () => {
  const { engine, chat } = await stage()
  await chat.rooms.open('room')
  const { expiry, sweep, closed } = expiryOn(engine, chat, 31)
  expiry.stop()
  expect(await sweep()).toEqual([])
  expect(closed).toEqual([])
  expect(await chat.rooms.find('room')).toBeDefined()
})

withRedis('rooms that end on Redis', () => {
  const nodes = new Stage()

  test("those that are empty, nobody's and silent are closed on Redis", async () => {
    const { engine } = await nodes.node()
    await check(engine)
  })

  test('each is closed by one node, and one searches at a time', async () => {
    const [{ engine }, { engine: other }] = [await nodes.node(), await nodes.node()]
    const [chat, second] = [engine, other].map((each) => new Chat(each, { maxText: 4_000, cost: CHEAP }))
    if (!chat || !second) throw new Error('no chat')
    for (let n = 0; n < 20; n++) await chat.rooms.open(`room${n}`)
    const [one, two] = [expiryOn(engine, chat, 31), expiryOn(other, second, 31)]
    await Promise.all([one.expiry.sweep(), two.expiry.sweep()])
    expect([one.closed.length, two.closed.length].toSorted((a, b) => a - b)).toEqual([0, 20])
    for (const { closed } of [one, two]) closed.length = 0
    await chat.rooms.open('later')
    expect([...(await one.sweep()), ...(await two.sweep())]).toEqual(['later'])
  })
})
