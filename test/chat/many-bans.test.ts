/** What moderation costs those whom it does not concern. */
import { expect, onTestFinished, test, vi } from 'vitest'
import { RoomState } from '../../src/chat/room-state.ts'
import { Sanctions } from '../../src/chat/sanctions.ts'
import { Session } from '../../src/chat/session.ts'
import { REST_AFTER_MS } from '../../src/chat/state-reader.ts'
import type { EventDetails } from '../../src/engine/event.ts'
import { tickEnd } from '../../src/tick.ts'
import { eventually } from '../support/eventually.ts'
import { holdTimers } from '../support/timers.ts'
import { enter, leave, lifeline, reasonOf, say, silent, stage } from './stage.ts'

const MANY = 10_000
const digestOf = (number: number) => number.toString(16).padStart(32, '0')

test('a room with 10,000 bans: a join reads nothing more, and looks at no ban of others', async () => {
  const { chat, engine, guest } = await stage()
  const ann = await guest('ann', 'ops')
  const { room } = ann.inRoom()
  const ban = (number: number) => {
    const details = { role: 'banned', on: true, address: digestOf(number) } as const
    return engine.logs.append(room.log, {
      kind: 'role',
      room: room.record.id,
      from: 'ann',
      to: `raider${number}`,
      body: '',
      details,
    })
  }
  await Promise.all(Array.from({ length: MANY }, (_, number) => ban(number)))
  expect(room.state.banned.size).toBe(MANY)
  const read = vi.spyOn(engine.logs, 'state')
  await enter(chat, await guest('gentle'), 'ops')
  expect(await reasonOf(guest('raider9999', 'ops'))).toBe('banned')
  expect(read).not.toHaveBeenCalled()

  const looked = vi.spyOn(Map.prototype, 'get')
  let lookups: number
  try {
    room.state.checkEntry({ key: 'gentle', accountId: undefined, isAdmin: false, addressDigest: 'none' })
    lookups = looked.mock.calls.length
  } finally {
    looked.mockRestore()
  }
  expect(lookups).toBeLessThan(10)
})

/** A room with bans of many names and addresses, in which nobody is. */
async function deserted() {
  const { chat, engine, guest } = await stage()
  const { id } = await engine.rooms.create({ title: 'Raided', slug: 'raided', visibility: 'public' })
  const ban = (to: string, more: EventDetails = {}) => {
    const details = { role: 'banned', on: true, ...more } as const
    return engine.logs.append(`room:${id}`, { kind: 'role', room: id, from: 'op', to, body: '', details })
  }
  const many = Array.from({ length: 1_000 }, (_, number) => ban(`raider${number}`, { address: digestOf(number) }))
  await Promise.all([...many, ban('troll*')])
  return { chat, engine, guest, ban, id }
}

test('the first one who joins waits for no ban of others, and is refused for its own', async () => {
  const { chat, engine, guest, ban } = await deserted()
  const whole = vi.spyOn(engine.logs, 'state').mockImplementation(() => {
    throw new Error('the whole state is read')
  })
  const home = await guest('home', undefined, silent, '192.0.2.7')
  await ban('another', { address: home.addressDigest ?? expect.fail() })
  for (const name of ['raider7', 'RAIDER999', 'troll12'])
    expect(await reasonOf(guest(name, 'raided')), name).toBe('banned')
  expect(await reasonOf(enter(chat, home, 'raided'))).toBe('banned')
  const ann = await guest('ann', 'raided')
  expect(ann.inRoom().room.state.isWhole).toBe(false)
  expect(await reasonOf(say(chat, ann, 'hello'))).toBe('none')
  whole.mockRestore()
  // The next one waits for the rest, which is read then.
  expect(await reasonOf(guest('raider7', 'raided'))).toBe('banned')
  expect(ann.inRoom().room.state.banned.size).toBe(1_002)
})

test('a ban that is lifted, and one that is made, while the rest is read', async () => {
  const { chat, engine, guest, ban, id } = await deserted()
  const pages = await Array.fromAsync(engine.logs.state(id))
  const last = Promise.withResolvers<void>()
  vi.spyOn(engine.logs, 'state').mockImplementationOnce(async function* () {
    yield* pages
    await last.promise
  })
  const ann = await guest('ann', 'raided')
  await eventually(() => expect(engine.logs.state).toHaveBeenCalled())
  await ban('raider7', { on: false })
  await ban('eve')
  const { room } = ann.inRoom()
  expect(room.state.isWhole).toBe(false)
  const refused = reasonOf(guest('eve', 'raided'))
  last.resolve()
  expect(await refused).toBe('banned')
  expect(room.state.isWhole).toBe(true)
  expect(await reasonOf(guest('raider7', 'raided'))).toBe('none')
  expect(room.state.banned.size).toBe(1_001)
  await leave(chat, ann)
})

test('the rest follows by itself, and not for a room that is deserted meanwhile', async () => {
  const runOut = holdTimers(REST_AFTER_MS)
  const { chat, engine, guest } = await deserted()
  const ann = await guest('ann', 'raided')
  const { room } = ann.inRoom()
  expect(room.state.isWhole).toBe(false)
  runOut()
  await eventually(() => expect(room.state.isWhole).toBe(true))
  await leave(chat, ann)

  const read = vi.spyOn(engine.logs, 'state')
  await enter(chat, ann, 'raided')
  await leave(chat, ann)
  await enter(chat, ann, 'raided')
  const again = ann.inRoom().room
  // That of the room that was deserted is the first.
  runOut()
  await eventually(() => expect(again.state.isWhole).toBe(true))
  expect(read).toHaveBeenCalledOnce()
})

/** A room in which only `ann` is, with a read of the rest of its state that goes on after `resume`. */
async function waiting() {
  const { chat, engine, id } = await deserted()
  const pages = await Array.fromAsync(engine.logs.state(id))
  const { promise, resolve: resume } = Promise.withResolvers<void>()
  const read = vi.spyOn(engine.logs, 'state').mockImplementation(async function* () {
    await promise
    yield* pages
  })
  const ann = new Session(silent, lifeline(''))
  await chat.login(ann, 'ann', true)
  await enter(chat, ann, 'raided')
  const record = (await engine.rooms.find(id)) ?? expect.fail()
  await eventually(() => expect(read).toHaveBeenCalled())
  return { chat, engine, id, ann, room: ann.inRoom().room, record, resume }
}

test('requests that wait for the rest get it although the room is deserted meanwhile', async () => {
  const { chat, ann, room, record, resume } = await waiting()
  const reader = (key: string) => ({ key, accountId: undefined, isAdmin: false, addressDigest: undefined })
  const [banned, read] = ['raider7', 'bob'].map((key) => reasonOf(chat.access.check(reader(key), record)))
  await leave(chat, ann)
  const loaded = room.stateReader.load()
  resume()
  expect([await banned, await read]).toEqual(['banned', 'none'])
  await loaded
  expect([room.state.isWhole, room.state.banned.size]).toEqual([true, 1_001])
})

test('a guest who is kicked while its new nickname waits for the rest stays out', async () => {
  const { chat, engine, id, ann, room, resume } = await waiting()
  const renamed = reasonOf(chat.userChange.rename(ann, 'anna'))
  await tickEnd()
  await engine.logs.append(room.log, { kind: 'kicked', room: id, from: 'op', to: 'ann', body: '' })
  await eventually(() => expect(ann.memberships.size).toBe(0))
  resume()
  expect(await renamed).toBe('none')
  expect([ann.name, ann.memberships.size]).toEqual(['anna', 0])
})

test('the whole state is read once, behind the part for the first session, and replaces it', async () => {
  const { chat, engine, guest, id } = await deserted()
  const part = await engine.logs.stateFor(id, { key: 'ann' })
  const { promise, resolve } = Promise.withResolvers<typeof part>()
  const read = vi.spyOn(engine.logs, 'stateFor').mockReturnValueOnce(promise)
  const first = guest('ann', 'raided')
  await eventually(() => expect(read).toHaveBeenCalled())
  const whole = vi.spyOn(engine.logs, 'state')
  const others = ['bob', 'cid'].map((name) => guest(name, 'raided'))
  await Promise.all(['bob', 'cid'].map((name) => eventually(() => expect(chat.users.here(name)).toHaveLength(1))))
  expect(whole).not.toHaveBeenCalled()
  resolve(part)
  const [ann] = await Promise.all([first, ...others])
  expect(whole).toHaveBeenCalledTimes(1)
  const { state } = ann.inRoom().room
  expect([state.isWhole, state.banned.size]).toEqual([true, 1_001])
})

test('a message in a room without mutes and modes looks at none', async () => {
  const { guest, chat } = await stage()
  const ann = await guest('ann', 'ops')
  const looked = [vi.spyOn(RoomState.prototype, 'rankOf'), vi.spyOn(Sanctions.prototype, 'find')]
  try {
    await say(chat, ann, 'hello')
    for (const spy of looked) expect(spy).not.toHaveBeenCalled()
    ann.inRoom().room.state.restrictsSpeech = true
    await say(chat, ann, 'hello')
    expect(looked[0]).toHaveBeenCalled()
  } finally {
    for (const spy of looked) spy.mockRestore()
  }
})

test('a member who is muted, slowed or not voiced is refused without a question to the engine', async () => {
  const { guest, chat, engine } = await stage()
  const ann = await guest('ann', 'ops')
  const bob = await guest('bob', 'ops')
  const { expulsion, settings } = chat.moderation
  const asked: string[] = []
  for (const [facet, methods] of Object.entries({
    logs: ['append', 'appendAll', 'state', 'stateFor', 'stateOfKey', 'withNonce', 'extent', 'read'],
    memberships: ['member', 'members', 'resembles', 'heldIn'],
    records: ['get', 'isTaken', 'listBy'],
    rooms: ['find'],
  })) {
    for (const method of methods) {
      // Each is a method of the facet.
      const target = engine[facet as 'logs'] as unknown as Record<string, (...args: unknown[]) => unknown>
      const original = target[method]?.bind(target) ?? expect.fail(method)
      vi.spyOn(target, method).mockImplementation((...args) => {
        asked.push(`${facet}.${method}`)
        return original(...args)
      })
    }
  }
  const refused = async (code: string) => {
    await tickEnd()
    asked.length = 0
    for (let n = 0; n < 3; n++) expect(await reasonOf(say(chat, bob, 'hello'))).toBe(code)
    expect(asked).toEqual([])
  }
  await expulsion.sanction(ann.inRoom(), 'muted', 'bob')
  await refused('muted')
  await expulsion.lift(ann.inRoom(), 'muted', 'bob')
  await settings.setMode(ann.inRoom(), 'moderated', '')
  await refused('moderated')
  await settings.setMode(ann.inRoom(), 'moderated', undefined)
  await settings.setMode(ann.inRoom(), 'slow', '60')
  await say(chat, bob, 'once')
  await refused('slow-mode')
})

test('a ban concerns those listeners only whom it covers', async () => {
  const { chat, guest } = await stage()
  const ann = await guest('ann', 'ops')
  const { record } = ann.inRoom().room
  const listeners = await Promise.all(Array.from({ length: 20 }, (_, number) => guest(`listener${number}`)))
  listeners.push(await guest('neighbour', undefined, silent, '192.0.2.7'))
  for (const listener of listeners) chat.subscribe(listener, record, listener)
  const looked = vi.spyOn(RoomState.prototype, 'admits')
  onTestFinished(() => looked.mockRestore())
  const { expulsion } = chat.moderation
  await expulsion.sanction(ann.inRoom(), 'banned', 'listener1*')
  await expulsion.sanction(ann.inRoom(), 'banned', 'LISTENER2')
  await enter(chat, await guest('raider', undefined, silent, '192.0.2.7'), 'ops')
  await expulsion.sanction(ann.inRoom(), 'banned', 'raider')
  await tickEnd()
  const masked = Array.from({ length: 10 }, (_, number) => `listener1${number}`)
  const barred = ['listener1', ...masked, 'listener2', 'neighbour']
  expect(looked.mock.calls.map(([{ key }]) => key).toSorted()).toEqual(barred.toSorted())
  expect(looked.mock.results.map(({ value }) => value)).toEqual(barred.map(() => false))
})
