import { expect, test, vi } from 'vitest'
import { Session, type Wire } from '../../src/chat/session.ts'
import type { Event } from '../../src/engine/event.ts'
import { eventually } from '../support/eventually.ts'
import { enter, HERE, lifeline, reasonOf, say, silent, stage } from './stage.ts'

/** Somebody who hears what happens, in words. */
function hearing() {
  const heard: string[] = []
  const wire: Wire = {
    protocol: 'test',
    carriesPrivate: true,
    announce: () => {},
    deliver: (_room, events) => void heard.push(...events.map(wordsOf)),
    putOut: (_room, session, why) => void heard.push(`${session.name} out: ${why}`),
  }
  return { heard, wire }
}

function wordsOf({ kind, from, to, body, details = {} }: Event): string {
  const { role, flag, on, value, guest } = details
  const said = [kind, from, to, role ?? flag, on === false ? 'off' : undefined, value, guest && 'guest', body]
  return said.filter((part) => part).join(' ')
}

/** A room with its owner, and a guest at another address. */
async function room() {
  const { chat, guest, owner, ...rest } = await stage()
  for (const name of ['ann', 'dan']) await chat.accounts.register(name, 'secret of hers', HERE)
  const ann = await owner('ann', 'secret of hers')
  await enter(chat, ann, 'ops')
  const by = ann.inRoom()
  return { chat, guest, owner, ann, by, moderation: chat.moderation, ...rest }
}

test('the account that makes a room owns it; a guest is operator until it leaves', async () => {
  const { chat, by, guest, moderation } = await room()
  expect(by.room.state.rankOf(by.session)).toBe('owner')
  const bob = await guest('bob', 'ops')
  expect(bob.inRoom().room.state.rankOf(bob)).toBe('member')
  expect(await reasonOf(moderation.settings.setTopic(bob.inRoom(), 'mine'))).toBe('not-permitted')
  const cat = await guest('cat', 'cats')
  expect(cat.inRoom().room.state.rankOf(cat)).toBe('operator')
  await moderation.settings.setTopic(cat.inRoom(), 'cats only')
  const dog = await guest('dog', 'cats')
  await chat.leave(cat.inRoom())
  await enter(chat, cat, 'cats')
  expect(cat.inRoom().room.state.rankOf(cat)).toBe('member')
  expect(dog.inRoom().room.state.topic).toMatchObject({ text: 'cats only', by: 'cat' })
  expect(await chat.rooms.find('cats')).toMatchObject({ description: 'cats only' })
})

test('a guest that registers owns the room that it has made, and keeps a role that it was given', async () => {
  const { chat, guest, moderation, owner } = await room()
  const register = async (name: string, which: string) => {
    const session = await guest(name, which, silent, HERE)
    return { session, by: session.inRoom(), own: () => chat.accounts.register(name, 'secret of his', HERE, session) }
  }
  const [bob, cat, dog, eve] = [
    await register('bob', 'theirs'),
    await register('cat', 'theirs'),
    await register('dog', 'theirs'),
    await register('eve', 'theirs'),
  ]
  await moderation.roles.grant(bob.by, 'operator', 'cat')
  await moderation.roles.grant(bob.by, 'voiced', 'dog')
  for (const { own } of [bob, cat, dog, eve]) await own()
  for (const { session } of [bob, cat, dog, eve]) await chat.close(session)
  for (const [name, rank] of Object.entries({ bob: 'owner', cat: 'operator', dog: 'voiced', eve: 'member' })) {
    const session = await owner(name, 'secret of his')
    await enter(chat, session, 'theirs')
    expect([name, session.inRoom().room.state.rankOf(session)]).toEqual([name, rank])
  }
})

test('a guest that has registered loses the role that it has kept when it is withdrawn', async () => {
  const { chat, by, guest, moderation } = await room()
  const cat = await guest('cat', 'ops', silent, HERE)
  await moderation.roles.grant(by, 'operator', 'cat')
  await chat.accounts.register('cat', 'secret of his', HERE, cat)
  const rank = () => cat.inRoom().room.state.rankOf(cat)
  expect(rank()).toBe('operator')
  await moderation.roles.withdraw(by, 'operator', 'cat')
  expect(rank()).toBe('member')
  expect(await reasonOf(moderation.settings.setTopic(cat.inRoom(), 'mine'))).toBe('not-permitted')
})

test('a guest operator that takes the nickname of the maker who has left does not own the room', async () => {
  const { chat, guest, moderation } = await room()
  const bob = await guest('bob', 'theirs', silent, HERE)
  const eve = new Session(silent, lifeline('192.0.2.1'))
  await chat.login(eve, 'eve', true)
  await enter(chat, eve, 'theirs')
  await moderation.roles.grant(bob.inRoom(), 'operator', 'eve')
  await chat.close(bob)
  await chat.userChange.rename(eve, 'bob')
  await chat.accounts.register('bob', 'secret of hers', HERE, eve)
  const { state } = eve.inRoom().room
  expect([state.rankOf(eve), state.owner]).toEqual(['operator', undefined])
})

test('a role is kept once for all sessions of a guest, and not if it ends while the room is read', async () => {
  const { chat, engine, guest, moderation } = await room()
  const client = async (name: string) => {
    const session = new Session(silent, lifeline(HERE))
    session.client = `client of ${name}`
    await chat.login(session, name)
    await enter(chat, session, 'theirs')
    return session
  }
  const [bob] = [await client('bob'), await client('bob')]
  const cat = await guest('cat', 'theirs', silent, HERE)
  await moderation.roles.grant(bob.inRoom(), 'operator', 'cat')
  await chat.accounts.register('bob', 'secret of his', HERE, bob)
  const { room: theirs } = bob.inRoom()
  const load = vi.spyOn(theirs.stateReader, 'load').mockImplementationOnce(async () => {
    await moderation.expulsion.kick(bob.inRoom(), 'cat')
    return theirs.state
  })
  await chat.accounts.register('cat', 'secret of his', HERE, cat)
  expect(load).toHaveBeenCalled()
  const roles: string[] = []
  for await (const page of engine.logs.read(theirs.log, {}))
    for (const event of page) if (event.kind === 'role' && !event.details?.guest) roles.push(wordsOf(event))
  expect(roles).toEqual(['role bob bob owner'])
})

test('the maker of a room that an account governs already is its operator', async () => {
  const { chat, ann, guest, moderation } = await room()
  const bob = await guest('bob', 'theirs', silent, HERE)
  await enter(chat, ann, 'theirs')
  await moderation.roles.grant(bob.inRoom(), 'operator', 'ann')
  await chat.accounts.register('bob', 'secret of his', HERE, bob)
  const { state } = bob.inRoom().room
  expect([state.rankOf(ann), state.rankOf(bob), state.owner]).toEqual(['operator', 'operator', undefined])
})

test('a user who is kicked is out of the room, told, and may come back; who is banned may not', async () => {
  const { chat, by, guest, moderation } = await room()
  const { heard, wire } = hearing()
  const eve = await guest('Eve', 'ops', wire, '192.0.2.1')
  await moderation.expulsion.kick(by, 'eve', 'spam')
  await eventually(() => expect(heard.slice(-2)).toEqual(['kicked ann Eve spam', 'Eve out: kicked']))
  expect(eve.memberships.size).toBe(0)
  expect(await reasonOf(moderation.expulsion.kick(by, 'eve'))).toBe('nobody-here')
  await eventually(async () => expect(await chat.rooms.inside(by.room.record.id)).toEqual(['ann']))
  await enter(chat, eve, 'ops')
  await moderation.expulsion.sanction(by, 'banned', 'EVE', { why: 'again' })
  await eventually(() => expect(heard.at(-1)).toBe('Eve out: kicked'))
  expect(heard.slice(-3, -1)).toEqual(['role ann Eve banned again', 'kicked ann Eve again'])
  expect(await reasonOf(chat.join(eve, 'ops'))).toBe('banned')
  // Under another nickname from the same address, but nobody else, and no account.
  expect(await reasonOf(chat.join(await guest('evil', undefined, silent, '192.0.2.1'), 'ops'))).toBe('banned')
  await enter(chat, await guest('fay', undefined, silent, '192.0.2.2'), 'ops')
  expect(await moderation.expulsion.list(by, 'banned')).toMatchObject([{ to: 'Eve', by: 'ann', why: 'again' }])
  await moderation.expulsion.lift(by, 'banned', 'eve')
  await enter(chat, eve, 'ops')
  expect([...(await chat.rooms.inside(by.room.record.id))].sort()).toEqual(['Eve', 'ann', 'fay'])
})

test('a mask bans all whose nickname matches, and kicks them, but no operator', async () => {
  const { chat, by, guest, moderation } = await room()
  const trolls = await Promise.all(['troll1', 'Troll2', 'trolley'].map((name) => guest(name, 'ops')))
  await moderation.roles.grant(by, 'operator', 'trolley')
  await moderation.expulsion.sanction(by, 'banned', 'troll*')
  await eventually(async () =>
    expect([...(await chat.rooms.inside(by.room.record.id))].sort()).toEqual(['ann', 'trolley']),
  )
  const log = (await Array.fromAsync(chat.messages.history(by, {}))).flat()
  expect(log.flatMap(({ kind, to }) => (kind === 'kicked' ? [to] : []))).toEqual(['troll1', 'Troll2'])
  expect(await reasonOf(chat.join(trolls[0] ?? expect.fail(), 'ops'))).toBe('banned')
  expect(await reasonOf(guest('TROLL9', 'ops'))).toBe('banned')
})

test('a moderator who has lost the role while other nodes are asked for an address neither bans nor mutes', async () => {
  const { by, engine, guest, moderation } = await room()
  const mod = await guest('mod', 'ops')
  const peers = vi.spyOn(engine.broadcast, 'peers')
  for (const role of ['banned', 'muted'] as const) {
    await moderation.roles.grant(by, 'operator', 'mod')
    await eventually(() => expect(mod.inRoom().room.state.rankOf(mod)).toBe('operator'))
    peers.mockImplementationOnce(async () => {
      await moderation.roles.withdraw(by, 'operator', 'mod')
      await eventually(() => expect(mod.inRoom().room.state.rankOf(mod)).toBe('member'))
      return 0
    })
    expect(await reasonOf(moderation.expulsion.sanction(mod.inRoom(), role, 'spk'))).toBe('not-permitted')
  }
  expect(peers).toHaveBeenCalledTimes(2)
  expect([
    ...(await moderation.expulsion.list(by, 'banned')),
    ...(await moderation.expulsion.list(by, 'muted')),
  ]).toEqual([])
})

test('mute, moderated and slow mode refuse messages; voiced users and operators are free of them', async () => {
  const { chat, ann, by, guest, moderation } = await room()
  const bob = await guest('bob', 'ops')
  await moderation.expulsion.sanction(by, 'muted', 'bob', { until: Date.now() + 60_000 })
  expect(await reasonOf(say(chat, bob, 'hm'))).toBe('muted')
  await moderation.expulsion.lift(by, 'muted', 'bob')
  await say(chat, bob, 'ah')
  await moderation.settings.setMode(by, 'moderated', '')
  expect(await reasonOf(say(chat, bob, 'hm'))).toBe('moderated')
  await moderation.roles.grant(by, 'voiced', 'bob')
  await say(chat, bob, 'one')
  await moderation.roles.withdraw(by, 'voiced', 'bob')
  await moderation.settings.setMode(by, 'moderated', undefined)
  await moderation.settings.setMode(by, 'slow', '60')
  await say(chat, bob, 'two')
  await expect(say(chat, bob, 'three')).rejects.toMatchObject({ code: 'slow-mode', limit: 60 })
  await say(chat, ann, 'four')
  await say(chat, ann, 'five')
  await moderation.settings.setMode(by, 'slow', undefined)
  await say(chat, bob, 'six')
})

test('a room keeps its events for as long as its operators say', async () => {
  const { by, guest, moderation } = await room()
  const bob = await guest('bob', 'ops')
  expect(await reasonOf(moderation.settings.keep(bob.inRoom(), 1))).toBe('not-permitted')
  await moderation.settings.keep(by, 30)
  expect(by.room.state.mode('keep')).toBe('30')
  await moderation.settings.keep(by, undefined)
  expect(by.room.state.mode('keep')).toBeUndefined()
})

test('a mute that has ended by the clock holds nobody', async () => {
  const { chat, by, guest, moderation } = await room()
  const bob = await guest('bob', 'ops')
  await moderation.expulsion.sanction(by, 'muted', 'bob', { until: Date.now() - 1 })
  await say(chat, bob, 'free')
  expect(by.room.state.muted.list(Date.now())).toEqual([])
})

test('operators do not act on those of the same or a higher rank, and the owner hands over', async () => {
  const { chat, by, owner, guest, moderation } = await room()
  const dan = await owner('dan', 'secret of hers')
  await enter(chat, dan, 'ops')
  await moderation.roles.grant(by, 'operator', 'dan')
  await guest('eve', 'ops')
  await moderation.roles.grant(by, 'operator', 'eve')
  for (const name of ['ann', 'eve']) {
    expect(await reasonOf(moderation.expulsion.kick(dan.inRoom(), name))).toBe('not-permitted')
    expect(await reasonOf(moderation.expulsion.sanction(dan.inRoom(), 'banned', name))).toBe('not-permitted')
    expect(await reasonOf(moderation.roles.withdraw(dan.inRoom(), 'operator', name))).toBe('not-permitted')
  }
  expect(await reasonOf(moderation.roles.handOver(dan.inRoom(), 'dan'))).toBe('not-permitted')
  expect(await reasonOf(moderation.settings.close(dan.inRoom()))).toBe('not-permitted')
  expect(await reasonOf(moderation.roles.handOver(by, 'eve'))).toBe('name-unknown')
  await moderation.roles.handOver(by, 'dan')
  expect(by.room.state.rankOf(dan)).toBe('owner')
  expect(by.room.state.rankOf(by.session)).toBe('operator')
  await moderation.roles.withdraw(by, 'operator', 'ann')
  expect(by.room.state.rankOf(by.session)).toBe('member')
  await moderation.settings.close(dan.inRoom())
  await eventually(() => expect(by.session.memberships.size).toBe(0))
})

test('an invite-only room lets in the invited, a locked one those who know the password', async () => {
  const { chat, by, guest, moderation } = await room()
  await moderation.settings.setMode(by, 'invite-only', '')
  const bob = await guest('bob')
  expect(await reasonOf(chat.join(bob, 'ops'))).toBe('invite-only')
  await moderation.roles.invite(by, 'bob')
  await enter(chat, bob, 'ops')
  await moderation.settings.setMode(by, 'invite-only', undefined)
  await moderation.settings.lock(by, 'open sesame')
  const cat = await guest('cat')
  expect(await reasonOf(chat.join(cat, 'ops'))).toBe('room-private')
  const record = (await chat.rooms.find('ops')) ?? expect.fail()
  expect(await reasonOf(chat.passwords.check(record, 'wrong', HERE))).toBe('password-wrong')
  await chat.passwords.check(record, 'open sesame', HERE)
  await enter(chat, cat, 'ops', true)
  await moderation.settings.hide(by, true)
  await moderation.settings.lock(by, undefined)
  expect((await chat.rooms.public()).map(({ slug }) => slug)).toEqual(['lobby'])
  await enter(chat, await guest('dog'), 'ops')
})

test('a guest that changes its nickname keeps its place in a full room', async () => {
  const { chat, by, moderation } = await room()
  const bob = new Session(silent)
  await chat.login(bob, 'bob', true)
  const { room: ops } = await chat.join(bob, 'ops')
  await moderation.settings.setMode(by, 'limit', '1')
  await chat.userChange.rename(bob, 'rob')
  expect(await chat.rooms.inside(ops.record.id)).toEqual(['ann', 'rob'])
})

test('a message is deleted by its author within an hour, and by an operator', async () => {
  const { chat, ann, by, guest, moderation } = await room()
  const bob = await guest('bob', 'ops')
  const [first, second] = [await say(chat, bob, 'oops'), await say(chat, ann, 'mine')]
  expect(await reasonOf(moderation.redaction.redact(bob.inRoom(), second.id))).toBe('not-permitted')
  await moderation.redaction.redact(bob.inRoom(), first.id)
  expect(await reasonOf(moderation.redaction.redact(by, first.id))).toBe('message-unknown')
  const third = await say(chat, bob, 'spam')
  await moderation.redaction.redact(by, third.id, 'spam')
  // The nickname may be somebody else's by now.
  const fourth = await say(chat, bob, 'stays')
  await chat.leave(bob.inRoom())
  await enter(chat, bob, 'ops')
  expect(await reasonOf(moderation.redaction.redact(bob.inRoom(), fourth.id))).toBe('not-permitted')
  const log = (await Array.fromAsync(chat.messages.history(by, {}))).flat()
  expect(log.flatMap(({ kind, body }) => (kind === 'message' ? [body] : []))).toEqual(['mine', 'stays'])
})

test("the lobby is nobody's, and is never locked", async () => {
  const { chat, ann, moderation } = await room()
  await enter(chat, ann, 'lobby')
  expect(await reasonOf(moderation.settings.setTopic(ann.inRoom(), 'mine'))).toBe('not-permitted')
  ann.isAdmin = true
  await moderation.settings.setTopic(ann.inRoom(), 'welcome')
  expect(await reasonOf(moderation.settings.lock(ann.inRoom(), 'secret'))).toBe('not-permitted')
})
