import { expect, test, vi } from 'vitest'
import { RecentStates } from '../../src/chat/recent-states.ts'
import { NOBODY } from '../../src/chat/room-state.ts'
import { enter, stage } from './stage.ts'

async function rooms(count: number) {
  const { engine, guest, chat } = await stage()
  const ann = await guest('ann')
  const made = Array.from({ length: count }, (_, n) =>
    engine.rooms.create({ title: `Room ${n}`, slug: `room${n}`, visibility: 'public' }),
  )
  const time = { now: 0 }
  return {
    engine,
    guest,
    chat,
    ann,
    time,
    records: await Promise.all(made),
    states: new RecentStates(engine, () => time.now),
    read: vi.spyOn(engine.logs, 'stateFor'),
  }
}

test('a state is read once in two seconds, and again when its room changes', async () => {
  const { engine, time, records, states, read } = await rooms(1)
  const [room] = records
  if (!room) return expect.fail()
  const [one, other] = await Promise.all([states.of(room, NOBODY), states.of(room, NOBODY)])
  expect(other).toBe(one)
  time.now = 1_999
  expect(await states.of(room, NOBODY)).toBe(one)
  expect(read).toHaveBeenCalledTimes(1)
  await engine.logs.append(`room:${room.id}`, { kind: 'topic', room: room.id, from: 'op', body: 'about' })
  time.now = 2_000
  expect((await states.of(room, NOBODY)).topic?.text).toBe('about')
  await engine.rooms.change(room.id, { title: 'Another' })
  await states.of(room, NOBODY)
  expect(read).toHaveBeenCalledTimes(3)
})

test('a state that could not be read is not kept, and no more than 64 are', async () => {
  const { records, states, read } = await rooms(65)
  const [room] = records
  if (!room) return expect.fail()
  read.mockImplementationOnce(() => {
    throw new Error('away')
  })
  await expect(states.of(room, NOBODY)).rejects.toThrow('away')
  for (const record of records) await states.of(record, NOBODY)
  expect(read).toHaveBeenCalledTimes(66)
  for (const record of records.slice(1)) await states.of(record, NOBODY)
  expect(read).toHaveBeenCalledTimes(66)
  await states.of(room, NOBODY)
  expect(read).toHaveBeenCalledTimes(67)
})

test('/who and searches in other rooms read a state once, lists one key', async () => {
  const { chat, engine, ann, guest, records, read } = await rooms(1)
  const [room] = records
  if (!room) return expect.fail()
  for (let n = 0; n < 3; n++) {
    await chat.users.ranks(room.id, ['bob'])
    await chat.access.readable(ann, room.slug)
  }
  expect(read.mock.calls).toEqual([[room.id, { key: '' }]])
  const readKey = vi.spyOn(engine.logs, 'stateOfKey')
  await enter(chat, await guest('bob'), room.id)
  read.mockClear()
  await chat.rooms.lists.alive()
  expect(readKey.mock.calls).toContainEqual([room.id, 'topic'])
  expect(readKey.mock.calls.every(([, key]) => key === 'topic')).toBe(true)
  expect(read).not.toHaveBeenCalled()
})
