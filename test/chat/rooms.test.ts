import { expect, test } from 'vitest'
import { LOBBY } from '../../src/chat/chat.ts'
import { Session } from '../../src/chat/session.ts'
import type { RoomRecord } from '../../src/engine/engine.ts'
import { tickEnd } from '../../src/tick.ts'
import { enter, HERE, leave, lifeline, reasonOf, recorder, say, silent, stage, tell } from './stage.ts'

const SECRET = 'correct horse'

test('a room is made, found, changed and closed', async () => {
  const { chat } = await stage()
  const { rooms: directory } = chat
  const room = await directory.create({ title: 'Tech Talk', description: 'ab\u0007out', visibility: 'public' })
  expect(room).toMatchObject({ title: 'Tech Talk', slug: 'TechTalk', description: 'about' })
  expect(room.hash).toBeUndefined()
  for (const title of ['tech talk', 'TECHTALK', 'lobby', 'Public Chat']) {
    expect(await reasonOf(directory.create({ title, visibility: 'public' }))).toBe('room-taken')
    expect(await reasonOf(directory.change(room.id, { title, visibility: 'public' }))).toBe(
      title.startsWith('tech') || title === 'TECHTALK' ? 'none' : 'room-taken',
    )
  }
  await directory.change(room.id, { title: 'Other', visibility: 'public' })
  expect(await directory.find('tech talk')).toBeUndefined()
  expect(await directory.find('other')).toMatchObject({ id: room.id, description: '' })
  await directory.close(room.id)
  expect(await reasonOf(directory.close(room.id))).toBe('room-unknown')
  expect(await reasonOf(directory.change(room.id, { title: 'x', visibility: 'public' }))).toBe('room-unknown')
  for (const title of ['', ' x', 'a\nb', 'x'.repeat(71)]) {
    expect(await reasonOf(directory.create({ title, visibility: 'public' }))).toBe('room-name-invalid')
    expect(await reasonOf(directory.change(LOBBY, { title, visibility: 'public' }))).toBe('room-name-invalid')
  }
})

test('a room with a password opens with it only, is listed nowhere, and a right one costs once', async () => {
  const { chat, guest, time } = await stage()
  const { rooms: directory } = chat
  for (const password of [undefined, '', '1234567', 'x'.repeat(73), '€'.repeat(25)]) {
    const made = directory.create({ title: 'Den', visibility: 'private' }, { password: password ?? '', address: HERE })
    expect(await reasonOf(made)).toBe('password-invalid')
  }
  const room = await directory.create({ title: 'Den', visibility: 'private' }, { password: SECRET, address: HERE })
  await directory.create({ title: 'Cave', visibility: 'hidden' }, { password: SECRET, address: HERE })
  expect((await directory.public()).map(({ id }) => id)).toEqual([LOBBY])
  expect((await directory.lists.presence()).map(({ title }) => title)).toEqual(['Public Chat'])
  expect((await directory.lists.alive()).map(({ name }) => name)).toEqual(['lobby'])
  const eve = await guest('eve')
  expect(await reasonOf(enter(chat, eve, 'den'))).toBe('room-private')
  expect(await reasonOf(enter(chat, eve, room.id))).toBe('room-private')
  expect(await reasonOf(directory.members('den'))).toBe('room-private')
  await chat.passwords.check(room, SECRET, HERE)
  const check = (password: string, address = HERE) => reasonOf(chat.passwords.check(room, password, address))
  for (let n = 0; n < 5; n++) expect(await check(`wrong ${n}`)).toBe('password-wrong')
  expect(await check('wrong')).toBe('too-many-attempts')
  expect(await check('wrong', '10.0.0.9')).toBe('password-wrong')
  // The right one is known by now, but nobody is to find it out by trying on.
  expect(await check(SECRET)).toBe('too-many-attempts')
  expect(await check(SECRET, '10.0.0.9')).toBe('none')
  time.now += 60_000
  expect(await check('wrong')).toBe('password-wrong')
  expect(await reasonOf(chat.passwords.check(await lobby(chat.rooms.find(LOBBY)), SECRET, HERE))).toBe('password-wrong')
  await enter(chat, eve, room.id, true)
  expect(await chat.people.list(room.id)).toEqual([{ name: 'eve', last: { at: expect.any(Number), color: undefined } }])
})

test('a password is hashed for a room that can be made only, and so many from one address', async () => {
  const { chat, time } = await stage({ maxRegistrations: 2 })
  const make = (title: string, address = HERE) =>
    reasonOf(chat.rooms.create({ title, visibility: 'private' }, { password: SECRET, address }))
  expect(await make('lobby')).toBe('room-taken')
  expect([await make('one'), await make('two'), await make('three')]).toEqual(['none', 'none', 'too-many-attempts'])
  expect(await make('three', '10.0.0.9')).toBe('none')
  time.now += 60_000
  expect(await make('four')).toBe('none')
})

test('whoever watches a room is told everything once and in order, member or not', async () => {
  const { chat, guest } = await stage()
  const { wire, toldTo } = recorder()
  const room = await lobby(chat.rooms.find(LOBBY))
  const ann = await guest('ann', LOBBY)
  const bob = new Session(wire)
  await say(chat, ann, 'before')
  const unwatch = chat.subscribe(bob, room, bob)
  await say(chat, ann, 'one')
  await chat.login(bob, 'bob')
  await enter(chat, bob, LOBBY)
  await say(chat, ann, 'two')
  await say(chat, bob, 'three')
  await leave(chat, bob)
  await say(chat, ann, 'four')
  await enter(chat, bob, LOBBY)
  await tickEnd()
  const everything = [
    'message ann',
    'joined bob',
    'message ann',
    'message bob',
    'left bob',
    'message ann',
    'joined bob',
  ]
  expect(toldTo(bob)).toEqual(everything)
  unwatch()
  await chat.close(bob)
  await say(chat, ann, 'five')
  await tickEnd()
  expect(toldTo(bob)).toEqual(everything)
  expect(await chat.rooms.inside(LOBBY)).toEqual(['ann'])
})

test('the end of a room puts out its members and those who watch it, each once', async () => {
  const { chat, guest } = await stage()
  const { wire, toldTo } = recorder()
  const room = await chat.rooms.create({ title: 'short', visibility: 'public' })
  const ann = await guest('ann', 'short', wire)
  const bob = await guest('bob', undefined, wire)
  const eve = new Session(wire)
  chat.subscribe(bob, room, bob)
  await enter(chat, bob, room.id)
  chat.subscribe(eve, room, eve)
  const last = say(chat, ann, 'last')
  await Promise.all([last, chat.rooms.close(room.id)])
  await tickEnd()
  expect(toldTo(ann)).toEqual(['joined ann', 'joined bob', 'message ann', 'left ann', 'room-closed'])
  expect(toldTo(bob)).toEqual(['joined bob', 'message ann', 'left ann', 'left bob', 'room-closed'])
  expect(toldTo(eve)).toEqual(['message ann', 'left ann', 'left bob', 'room-closed'])
  expect(ann.membership).toBeUndefined()
  expect(await reasonOf(Promise.resolve().then(() => say(chat, ann, 'anybody?')))).toBe('not-in-room')
  await leave(chat, ann)
  await enter(chat, ann, LOBBY)
  await Promise.all([ann, bob, eve].map((session) => chat.close(session)))
  await chat.stop()
})

test('a session that moves twice at once is where it was sent last', async () => {
  const { chat, engine, guest } = await stage()
  const ann = await guest('ann', 'one')
  await Promise.all([enter(chat, ann, 'two'), leave(chat, ann), enter(chat, ann, 'three')])
  expect(ann.membership?.room.record.slug).toBe('three')
  await chat.close(ann)
  await chat.stop()
  for (const title of ['one', 'two', 'three']) {
    const { id = 0 } = (await chat.rooms.find(title)) ?? {}
    const events = (await Array.fromAsync(engine.logs.read(`room:${id}`, {}))).flat()
    expect(events.map(({ kind }) => kind)).toEqual(['joined', 'left'])
    expect(await engine.memberships.members(id)).toEqual([])
  }
})

test('who leaves or enters while a room ends does so once, and is in no room', async () => {
  const { chat, guest } = await stage()
  const { wire, toldTo } = recorder()
  const room = await chat.rooms.create({ title: 'short', visibility: 'public' })
  const ann = await guest('ann', 'short', wire)
  const bob = await guest('bob', 'short', wire)
  const eve = await guest('eve', undefined, wire)
  const [, , entered] = await Promise.all([
    chat.rooms.close(room.id),
    leave(chat, ann),
    reasonOf(enter(chat, eve, room.id)),
    chat.close(bob),
  ])
  await tickEnd()
  expect(toldTo(ann).filter((text) => text === 'left ann')).toHaveLength(1)
  expect(['room-unknown', 'none']).toContain(entered)
  expect([ann.membership, eve.membership]).toEqual([undefined, undefined])
  expect(await chat.rooms.find(room.id)).toBeUndefined()
  for (const session of [ann, eve]) await enter(chat, session, 'short')
  expect(await chat.rooms.members('short')).toMatchObject({ members: ['ann', 'eve'] })
})

test('there are only so many rooms', async () => {
  const { chat, guest } = await stage({ maxRooms: 2 })
  const ann = await guest('ann', 'one')
  expect(await reasonOf(enter(chat, ann, 'two'))).toBe('too-many-rooms')
  expect(await reasonOf(enter(chat, ann, LOBBY))).toBe('none')
  await chat.rooms.close((await lobby(chat.rooms.find('one'))).id)
  expect(await reasonOf(enter(chat, ann, 'two'))).toBe('none')
})

test('private and other messages reach a member in the order in which they were said', async () => {
  const { chat, guest } = await stage()
  const { wire, toldTo } = recorder()
  const ann = await guest('ann', LOBBY, wire)
  const bob = await guest('bob', LOBBY, wire)
  const eve = await guest('eve', LOBBY, wire)
  await Promise.all([
    say(chat, ann, 'one'),
    tell(chat, ann, 'bob', 'two'),
    say(chat, ann, 'three'),
    tell(chat, bob, 'ann', 'four'),
  ])
  await tickEnd()
  const told = ['message ann', 'private ann', 'message ann', 'private bob']
  expect(toldTo(ann).slice(-4)).toEqual(told)
  expect(toldTo(bob).slice(-4)).toEqual(told)
  expect(toldTo(eve).slice(-2)).toEqual(['message ann', 'message ann'])
  await Promise.all([tell(chat, ann, 'bob', 'last'), leave(chat, bob)])
  await tickEnd()
  expect(toldTo(bob).slice(-2)).toEqual(['private ann', 'left bob'])
})

test('members see their room by its new name', async () => {
  const { chat, guest } = await stage()
  const room = await chat.rooms.create({ title: 'old', visibility: 'public' })
  const ann = await guest('ann', room.id)
  await chat.rooms.change(room.id, { title: 'new', visibility: 'public' })
  await tickEnd()
  await tickEnd()
  expect(ann.membership?.room.record).toMatchObject({ title: 'new', slug: 'new' })
})

test('events have the colour of who causes them, or of the moment', async () => {
  const { chat, guest } = await stage()
  const ann = await guest('ann')
  ann.color = 'red'
  await enter(chat, ann, LOBBY)
  expect(await say(chat, ann, 'one')).toMatchObject({ color: 'red' })
  expect(await say(chat, ann, 'two', { color: 'blue' })).toMatchObject({ color: 'blue' })
  expect((await chat.people.list(LOBBY))[0]?.last).toMatchObject({ color: 'blue' })
  const bob = await guest('bob', LOBBY)
  expect(await say(chat, bob, 'plain')).not.toHaveProperty('color')
})

async function lobby(found: Promise<RoomRecord | undefined>): Promise<RoomRecord> {
  const room = await found
  if (!room) throw new Error('there is no lobby')
  return room
}

test('who enters the room that it is in is refused at once, whatever else it has said', async () => {
  const { chat } = await stage()
  const ann = new Session(silent, { ...lifeline(HERE), mayBeEnding: true })
  await chat.login(ann, 'ann')
  await enter(chat, ann, 'ops')
  const started = performance.now()
  expect(await reasonOf(enter(chat, ann, 'ops'))).toBe('name-in-room')
  expect(performance.now() - started).toBeLessThan(3_000)
  await enter(chat, ann, 'den')
  await enter(chat, ann, 'ops')
})
