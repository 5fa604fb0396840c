/** How many rooms one address may have made, and which of them go first. */
import { expect, onTestFinished, test, vi } from 'vitest'
import type { ChatOptions } from '../../src/chat/chat-options.ts'
import type { Refusal } from '../../src/chat/refusal.ts'
import type { Session } from '../../src/chat/session.ts'
import type { RoomRecord } from '../../src/engine/engine.ts'
import { eventually } from '../support/eventually.ts'
import { enter, HERE, leave, reasonOf, say, silent, stage } from './stage.ts'

const THERE = '10.0.0.9'
const DAY_MS = 86_400_000

/** Guests at addresses, and which rooms there are and were discarded. */
async function withLimits(options: Partial<ChatOptions> = {}) {
  const discarded: string[] = []
  const onDiscard = ({ title }: RoomRecord) => discarded.push(title)
  const { chat, guest } = await stage({ maxRoomsPerAddress: 3, onDiscard, ...options })
  const at = (name: string, address = HERE, room?: string) => guest(name, room, silent, address)
  const titles = async () => (await chat.rooms.all()).map(({ title }) => title).slice(1)
  /** Resolves when the room that the session comes from knows that it has left. */
  const move = async (session: Session, room: string) => {
    const before = session.membership?.room.record.id
    await enter(chat, session, room)
    if (before !== undefined)
      await eventually(async () => expect(await chat.rooms.inside(before)).not.toContain(session.name))
  }
  return { chat, at, move, titles, discarded }
}

/** Sets the clock forward, by so much in all. */
function later(): (ms: number) => void {
  const { now } = Date
  let ahead = 0
  const clock = vi.spyOn(Date, 'now').mockImplementation(() => now() + ahead)
  onTestFinished(() => clock.mockRestore())
  return (ms) => {
    ahead = ms
  }
}

test('at the bound the oldest of the empty and silent rooms go, and only of the same address', async () => {
  const { at, move, titles, discarded } = await withLimits()
  const bob = await at('bob', THERE)
  for (const room of ['b1', 'b2']) await move(bob, room)
  const ann = await at('ann')
  for (const room of ['a1', 'a2', 'a3', 'a4', 'a5']) await move(ann, room)
  expect(await titles()).toEqual(['b1', 'b2', 'a3', 'a4', 'a5'])
  expect(discarded).toEqual(['a1', 'a2'])
  await move(bob, 'b3')
  expect(discarded).toHaveLength(2)
})

test('a room with somebody in it stays, and one in which something was said', async () => {
  const { chat, at, move, titles, discarded } = await withLimits()
  const ann = await at('ann')
  await move(ann, 'occupied')
  await at('bob', THERE, 'occupied')
  await move(ann, 'said')
  await say(chat, ann, 'mine')
  await move(ann, 'silent')
  await move(ann, 'lobby')
  await move(ann, 'new')
  expect(discarded).toEqual(['silent'])
  const refused = move(ann, 'other').catch((error: Refusal) => error)
  expect(await refused).toMatchObject({ code: 'too-many-rooms', limit: 3, bound: '3 from your address' })
  expect(ann.membership?.room.record.title).toBe('new')
  expect(await titles()).toEqual(['occupied', 'said', 'new'])
  // Rooms that there are may be entered, and others make theirs.
  expect(await reasonOf(move(ann, 'said'))).toBe('none')
  expect(await reasonOf(at('eve', THERE, 'more'))).toBe('none')
})

test("the maker's own words protect a room for 30 days, those of others for good", async () => {
  const set = later()
  const { chat, at, move, discarded } = await withLimits()
  const ann = await at('ann')
  await move(ann, 'own')
  await say(chat, ann, 'mine')
  await move(ann, 'shared')
  const bob = await at('bob', THERE, 'shared')
  await say(chat, bob, 'not mine')
  await leave(chat, bob)
  await move(ann, 'third')
  await say(chat, ann, 'mine')
  const refused = () => reasonOf(move(ann, 'fourth'))
  expect(await refused()).toBe('too-many-rooms')
  set(29 * DAY_MS)
  expect(await refused()).toBe('too-many-rooms')
  set(31 * DAY_MS)
  expect(await refused()).toBe('none')
  expect(discarded).toEqual(['own'])
  set(400 * DAY_MS)
  expect(await reasonOf(move(ann, 'fifth'))).toBe('none')
  expect(await reasonOf(move(ann, 'sixth'))).toBe('none')
  expect(discarded).toEqual(['own', 'third', 'fourth'])
})

test("words of the maker's nickname are somebody else's once it has been given up", async () => {
  const set = later()
  const { chat, at, move, discarded } = await withLimits({ maxRoomsPerAddress: 1 })
  const ann = await at('ann', HERE, 'room')
  await chat.close(ann)
  const other = await at('ann', THERE, 'room')
  await say(chat, other, 'not mine')
  await chat.close(other)
  set(400 * DAY_MS)
  expect(await reasonOf(move(await at('eve'), 'more'))).toBe('too-many-rooms')
  expect(discarded).toEqual([])
})

test('many who ask at once get no more than one after the other', async () => {
  const { at, move, titles } = await withLimits()
  const guests = await Promise.all(Array.from({ length: 20 }, (_, n) => at(`guest${n}`)))
  const reasons = await Promise.all(guests.map((guest, n) => reasonOf(move(guest, `room${n}`))))
  const made = await titles()
  expect(made.length).toBeLessThanOrEqual(3)
  expect(reasons.filter((reason) => reason === 'none').length).toBeGreaterThanOrEqual(made.length)
  expect(new Set(reasons)).not.toContain('room-taken')
})

test('where all rooms are taken, an address makes space among its own only', async () => {
  const { at, move, discarded } = await withLimits({ maxRooms: 3, maxRoomsPerAddress: 0 })
  const [ann, bob] = [await at('ann', HERE, 'a1'), await at('bob', THERE, 'b1')]
  const refused = await move(bob, 'b2').catch((error: Refusal) => error)
  expect(refused).toMatchObject({ code: 'too-many-rooms', limit: 3, bound: '3' })
  await move(ann, 'lobby')
  expect(await reasonOf(move(bob, 'b2'))).toBe('too-many-rooms')
  expect(await reasonOf(move(ann, 'a2'))).toBe('none')
  expect(discarded).toEqual(['a1'])
})

test('nothing is discarded where no room could be made anyway', async () => {
  const { chat, at, move, titles, discarded } = await withLimits()
  const ann = await at('ann')
  for (const room of ['a1', 'a2', 'a3']) await move(ann, room)
  await move(ann, 'lobby')
  const by = { password: 'short', address: HERE }
  const create = (title: string) => reasonOf(chat.rooms.create({ title, visibility: 'public' }, by))
  expect(await create('A1')).toBe('room-taken')
  expect(await create(' a')).toBe('room-name-invalid')
  expect(await titles()).toEqual(['a1', 'a2', 'a3'])
  expect(discarded).toEqual([])
})

test('rooms of a password count too, and those made without an address do not', async () => {
  const { chat, discarded } = await withLimits()
  const create = (title: string, address: string) =>
    reasonOf(chat.rooms.create({ title, visibility: 'private' }, { password: 'correct horse', address }))
  for (const title of ['a', 'b', 'c', 'd']) expect(await create(title, HERE)).toBe('none')
  expect(discarded).toEqual(['a'])
  for (const title of ['e', 'f', 'g', 'h']) expect(await create(title, '')).toBe('none')
  expect(discarded).toEqual(['a'])
})

test('a crowd of one address that enters a new room at once makes one room', async () => {
  const { at, move, titles } = await withLimits()
  const crowd = await Promise.all(Array.from({ length: 100 }, (_, n) => at(`guest${n}`)))
  await Promise.all(crowd.map((session) => move(session, 'new')))
  expect(await titles()).toEqual(['new'])
})
