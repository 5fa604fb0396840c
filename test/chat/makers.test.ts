import { expect, onTestFinished, test, vi } from 'vitest'
import { HERE, say, stage } from './stage.ts'

const THERE = '10.0.0.9'

async function withRoom() {
  const { chat, engine, guest } = await stage()
  const room = await chat.rooms.create({ title: 'new', visibility: 'public' }, { password: '', address: HERE })
  return { chat, engine, guest, room, mayUndo: (address = HERE) => chat.makers.mayUndo(room, address) }
}

test('the address that made a room may undo it, and no other', async () => {
  const { chat, engine, room, mayUndo } = await withRoom()
  expect([await mayUndo(), await mayUndo(THERE), await mayUndo('')]).toEqual([true, false, false])
  // Nothing tells the address to whoever reads the store.
  expect(JSON.stringify(await engine.rooms.find(room.id))).not.toContain(HERE)
  const unmade = await chat.rooms.create({ title: 'other', visibility: 'public' })
  expect(await chat.makers.mayUndo(unmade, HERE)).toBe(false)
  // A room that a session made is nobody else's at its address.
  const by = { password: '', address: HERE, name: 'ann' }
  const ofSession = await chat.rooms.create({ title: 'third', visibility: 'public' }, by)
  expect(await chat.makers.mayUndo(ofSession, HERE)).toBe(false)
})

test('what somebody else says ends that, what the maker says does not', async () => {
  const { chat, guest, room, mayUndo } = await withRoom()
  const ann = await guest('Ann', room.id)
  await chat.makers.entered(room, 'Ann', HERE)
  await say(chat, ann, 'mine')
  const bob = await guest('bob', room.id)
  // Neither another address nor a second name from the same one is the maker.
  await chat.makers.entered(room, 'bob', THERE)
  await chat.makers.entered(room, 'bob', HERE)
  expect(await mayUndo()).toBe(true)
  await say(chat, bob, 'not mine')
  expect(await mayUndo()).toBe(false)
})

test('words of a name that nobody is known to have entered under are those of somebody else', async () => {
  const { chat, guest, room, mayUndo } = await withRoom()
  await say(chat, await guest('ann', room.id), 'from elsewhere')
  expect(await mayUndo()).toBe(false)
})

test('a room in which very much has happened is not searched', async () => {
  const { chat, guest, room, mayUndo } = await withRoom()
  const ann = await guest('ann', room.id)
  await chat.makers.entered(room, 'ann', HERE)
  await Promise.all(Array.from({ length: 999 }, () => say(chat, ann, 'x')))
  expect(await mayUndo()).toBe(true)
  await say(chat, ann, 'one more')
  expect(await mayUndo()).toBe(false)
})

test('after an hour it is over', async () => {
  const { mayUndo } = await withRoom()
  const { now } = Date
  const later = vi.spyOn(Date, 'now').mockImplementation(() => now() + 3_600_001)
  onTestFinished(() => later.mockRestore())
  expect(await mayUndo()).toBe(false)
})
