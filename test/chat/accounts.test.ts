import { expect, test, vi } from 'vitest'
import { Chat, LOBBY } from '../../src/chat/chat.ts'
import { Proof } from '../../src/chat/credentials.ts'
import type { RefusalCode } from '../../src/chat/refusal.ts'
import { Session } from '../../src/chat/session.ts'
import { Unavailable } from '../../src/engine/errors.ts'
import type { Event } from '../../src/engine/event.ts'
import { blocksWith, createAccount } from '../support/records.ts'
import { enter, HERE, leave, reasonOf, say, silent, stage, tell } from './stage.ts'

const bodies = (events: readonly Event[]) => events.map(({ body }) => body)

test('what cannot be registered', async () => {
  const { chat } = await stage()
  const tries: [string, string, RefusalCode][] = [
    ['', 'x', 'name-invalid'],
    ['a\tb', 'x', 'name-invalid'],
    ['x'.repeat(33), 'x', 'name-invalid'],
    ['All', 'x', 'name-reserved'],
    ['public', 'x', 'name-reserved'],
    ['alice', '', 'secret-invalid'],
    ['alice', '7 chars', 'secret-invalid'],
    ['alice', 'x'.repeat(129), 'secret-invalid'],
  ]
  for (const [name, secret, reason] of tries)
    expect(await reasonOf(chat.accounts.register(name, secret, HERE)), name).toBe(reason)
  expect(await reasonOf(chat.accounts.register('alice', '😀'.repeat(128), HERE))).toBe('none')
})

test('one of 50 who register a name at once', async () => {
  const { chat } = await stage()
  const tries = Array.from({ length: 50 }, (_, n) =>
    reasonOf(chat.accounts.register(n % 2 ? 'alice' : 'ALICE', `secret ${n}`, HERE)),
  )
  const reasons = await Promise.all(tries)
  expect(reasons.filter((reason) => reason === 'none')).toHaveLength(1)
  expect(reasons.filter((reason) => reason === 'name-taken')).toHaveLength(49)
})

test('an account opens with its secret only', async () => {
  const { chat, guest, owner } = await stage()
  await chat.accounts.register('Alice', 'open sesame', HERE)
  expect(await reasonOf(guest('alice'))).toBe('name-reserved')
  expect(await reasonOf(owner('alice', 'Open sesame'))).toBe('secret-wrong')
  expect(await reasonOf(owner('bob', 'open sesame'))).toBe('name-unknown')
  const alice = await owner('aLICE', 'open sesame')
  expect(alice).toMatchObject({ name: 'Alice', registered: true })
  expect(await enter(chat, alice, LOBBY)).toMatchObject({ slug: 'lobby' })
  expect(await reasonOf(chat.accounts.register('ALICE', 'my own one', HERE))).toBe('name-taken')
})

test('an account whose name has become reserved since it was made still opens', async () => {
  const { chat, engine, guest, owner } = await stage()
  await chat.accounts.register('alice', 'open sesame', HERE)
  expect(await createAccount(engine, 'Server', (await engine.records.get('account', 'alice'))?.hash ?? '')).toBe(true)
  expect(await reasonOf(guest('server'))).toBe('name-reserved')
  const session = await owner('server', 'open sesame')
  expect(await enter(chat, session, LOBBY)).toMatchObject({ slug: 'lobby' })
})

test('a name that looks like an account’s is nobody’s but the owner’s', async () => {
  const { chat, guest, owner } = await stage()
  await chat.accounts.register('Admin', 'open sesame', HERE)
  for (const name of ['аdmin', 'АDMIN', 'adrnin', 'Αdmin', '𝐚𝐝𝐦𝐢𝐧']) {
    expect(await reasonOf(guest(name)), name).toBe('name-reserved')
    expect(await reasonOf(chat.accounts.register(name, 'long enough', HERE)), name).toMatch(/name-(reserved|taken)/)
    expect(await reasonOf(chat.accounts.registerWithKey(name, HERE)), name).toMatch(/name-(reserved|taken)/)
  }
  for (const name of ['admit', 'admin2', 'админ']) expect(await reasonOf(guest(name)), name).toBe('none')
  expect(await enter(chat, await owner('admin', 'open sesame'), LOBBY)).toMatchObject({ slug: 'lobby' })
})

test('a guest who looks like an account that is made later enters no further room', async () => {
  const { chat, guest } = await stage()
  const [early, same] = [await guest('аdmin', 'tech'), await guest('bob', 'tech')]
  await chat.accounts.register('admin', 'long enough', HERE)
  expect(await reasonOf(enter(chat, early, 'other'))).toBe('name-reserved')
  expect(await reasonOf(chat.accounts.register('аdmin', 'long enough', HERE, early))).toBe('name-reserved')
  expect(await reasonOf(chat.accounts.register('bob', 'long enough', HERE, same))).toBe('none')
  expect(await reasonOf(enter(chat, same, 'other'))).toBe('none')
})

test('of those who register names that look alike at once one gets its name', async () => {
  const { chat } = await stage()
  const names = ['bob', 'ВОВ', 'b0b', 'Bоb', 'ｂｏｂ']
  const reasons = await Promise.all(names.map((name) => reasonOf(chat.accounts.register(name, 'long enough', HERE))))
  expect(reasons.filter((reason) => reason === 'none')).toHaveLength(1)
  expect(new Set(reasons.filter((reason) => reason !== 'none'))).toEqual(new Set(['name-reserved', 'name-taken']))
})

test('accounts of earlier versions, with invisible characters or looking alike, still open', async () => {
  const { chat, engine, guest, owner } = await stage()
  await chat.accounts.register('alice', 'open sesame', HERE)
  const hash = (await engine.records.get('account', 'alice'))?.hash ?? ''
  const hidden = 'car\u3164ol'
  expect(await createAccount(engine, hidden, hash)).toBe(true)
  expect(await reasonOf(guest(hidden))).toBe('name-invalid')
  const carol = await owner(hidden, 'open sesame')
  expect(await enter(chat, carol, LOBBY)).toMatchObject({ slug: 'lobby' })
})

test('events tell whether the owner of an account causes them', async () => {
  const { chat, engine, guest, owner } = await stage()
  const said = async (session: Session) => (await say(chat, session, 'x')).verified
  const bob = await guest('bob', LOBBY)
  expect(await said(bob)).toBeUndefined()
  await chat.accounts.register('alice', 'open sesame', HERE)
  const alice = await owner('alice', 'open sesame')
  await enter(chat, alice, LOBBY)
  expect(await said(alice)).toBe(true)
  await chat.close(alice)
  // Whoever registers its own name becomes its owner.
  await chat.accounts.register('bob', 'open sesame', HERE, bob)
  expect(await said(bob)).toBe(true)
  const pages = await Array.fromAsync(engine.logs.read('room:1', {}))
  const events = pages.flat().map(({ kind, from, verified }) => `${kind} ${from} ${verified}`)
  expect(events).toEqual([
    'joined bob undefined',
    'message bob undefined',
    'joined alice true',
    'message alice true',
    'left alice true',
    'message bob true',
  ])
})

test('failures are counted for an address, and nothing is checked beyond', async () => {
  const { chat, time } = await stage()
  await chat.accounts.register('alice', 'right one', HERE)
  const attempt = (name: string, secret: string) => reasonOf(chat.accounts.authenticate(name, secret, HERE))
  for (let n = 0; n < 9; n++) expect(await attempt('alice', 'right one')).toBe('none')
  const many = await Promise.all(Array.from({ length: 8 }, (_, n) => attempt(`nobody${n}`, 'x')))
  expect(many.toSorted()).toEqual([...Array(5).fill('name-unknown'), ...Array(3).fill('too-many-attempts')])
  expect(await attempt('alice', 'right one')).toBe('too-many-attempts')
  time.now = 59_999
  expect(await attempt('alice', 'right one')).toBe('too-many-attempts')
  time.now = 60_000
  expect(await attempt('alice', 'right one')).toBe('none')
})

test('nobody locks an owner out from elsewhere, be it from a great many addresses', async () => {
  const { chat } = await stage()
  await chat.accounts.register('alice', 'right one', HERE)
  const attempt = (secret: string, address: string) => reasonOf(chat.accounts.authenticate('alice', secret, address))
  for (let n = 0; n < 7; n++) {
    expect(await attempt('wrong', '127.0.0.9')).toBe(n < 5 ? 'secret-wrong' : 'too-many-attempts')
  }
  for (let n = 0; n < 60; n++) expect(await attempt('wrong', `10.0.0.${n}`)).toBe('secret-wrong')
  expect(await attempt('right one', HERE)).toBe('none')
  expect(await attempt('right one', '127.0.0.9')).toBe('too-many-attempts')
})

test('an engine that is away is no failed attempt', async () => {
  const { chat, engine } = await stage()
  const asking = vi.spyOn(engine.records, 'get').mockRejectedValue(new Unavailable('away'))
  for (let n = 0; n < 9; n++)
    expect(await reasonOf(chat.accounts.authenticate('alice', 'long enough', HERE))).toBe('unavailable')
  expect(await reasonOf(chat.accounts.register('alice', 'long enough', HERE))).toBe('unavailable')
  asking.mockRestore()
  expect(await reasonOf(chat.accounts.authenticate('alice', 'long enough', HERE))).toBe('name-unknown')
  expect(await reasonOf(chat.accounts.register('alice', 'long enough', HERE))).toBe('none')
})

test('a name that somebody else is using is not registered under them', async () => {
  const { chat, guest } = await stage()
  const alice = await guest('alice', 'tech')
  expect(await reasonOf(chat.accounts.register('Alice', 'long enough', HERE))).toBe('name-in-use')
  const other = await guest('ALICE', 'other')
  expect(await reasonOf(chat.accounts.register('alice', 'long enough', HERE, alice))).toBe('name-in-use')
  expect(await reasonOf(chat.accounts.registerWithKey('alice', HERE))).toBe('name-in-use')
  await leave(chat, other)
  expect(await reasonOf(chat.accounts.register('alice', 'long enough', HERE, alice))).toBe('name-in-use')
  await chat.close(other)
  await enter(chat, alice, 'third')
  expect(await reasonOf(chat.accounts.register('alice', 'long enough', HERE, alice))).toBe('none')
  expect(alice.registered).toBe(true)
  await enter(chat, alice, 'tech')
})

test('a guest whose name somebody registers elsewhere can do nothing more in it', async () => {
  const { chat, engine, guest, owner } = await stage()
  const stale = await guest('alice')
  await new Chat(engine, { maxText: 4_000 }).accounts.register('alice', 'long enough', HERE)
  const alice = await owner('alice', 'long enough')
  await chat.block(alice, 'bob')
  expect(await reasonOf(enter(chat, stale, 'tech'))).toBe('name-reserved')
  expect(await reasonOf(chat.block(stale, 'carol'))).toBe('name-reserved')
  expect(await reasonOf(chat.unblock(stale, 'bob'))).toBe('name-reserved')
  await chat.close(alice)
  await chat.close(stale)
  const again = await owner('alice', 'long enough')
  expect(chat.blocked(again)).toEqual(['bob'])
  expect(await enter(chat, again, 'tech')).toMatchObject({ slug: 'tech' })
})

test('a guest does not enter while its name is being registered', async () => {
  const { chat, guest } = await stage()
  const [registered, entered] = await Promise.all([
    reasonOf(chat.accounts.register('alice', 'long enough', HERE)),
    reasonOf(guest('alice', 'tech')),
  ])
  expect([registered, entered]).toEqual(['none', 'name-reserved'])
})

test('correct logins at once are no failures, however many', async () => {
  const { chat } = await stage()
  const names = Array.from({ length: 12 }, (_, n) => `user${n}`)
  for (const name of names) await chat.accounts.register(name, 'right one', HERE)
  const attempts = await Promise.all(names.map((name) => reasonOf(chat.accounts.authenticate(name, 'right one', HERE))))
  expect(new Set(attempts)).toEqual(new Set(['none']))
})

test('so many accounts are made from one address within a minute', async () => {
  const { chat, time } = await stage({ maxRegistrations: 3 })
  const register = (name: string, address: string) => reasonOf(chat.accounts.register(name, 'long enough', address))
  for (const name of ['a', 'b', 'c']) expect(await register(name, HERE)).toBe('none')
  expect(await register('d', HERE)).toBe('too-many-attempts')
  expect(await reasonOf(chat.accounts.registerWithKey('d', HERE))).toBe('too-many-attempts')
  expect(await register('d', '10.0.0.9')).toBe('none')
  time.now += 60_000
  expect(await register('e', HERE)).toBe('none')
})

test('so many accounts are made from one address within a day; attempts that make none do not count', async () => {
  const { chat, time } = await stage({ maxAccountsPerAddress: 3 })
  const register = (name: string, address = HERE) =>
    reasonOf(chat.accounts.register(name, name === 'bad' ? '' : 'long enough', address))
  for (let n = 0; n < 5; n++) expect(await register('bad')).toBe('secret-invalid')
  const many = await Promise.all(['a', 'b', 'c', 'd', 'e'].map((name) => register(name)))
  expect(many.toSorted()).toEqual(['none', 'none', 'none', 'too-many-accounts', 'too-many-accounts'])
  const refused = await chat.accounts.registerWithKey('f', HERE).catch((error: unknown) => error)
  expect(refused).toMatchObject({ code: 'too-many-accounts', limit: 3, bound: '3 from your address' })
  expect(await register('f', '10.0.0.9')).toBe('none')
  time.now += 86_399_000
  expect(await register('g')).toBe('too-many-accounts')
  time.now += 1_000
  expect(await register('g')).toBe('none')
})

test('what a guest has blocked is not inherited by who registers the name', async () => {
  const { chat, engine } = await stage()
  const wire = { ...silent, keepsBlocks: true }
  const guest = new Session(wire)
  await chat.login(guest, 'harper')
  await chat.block(guest, 'bobby')
  await chat.close(guest)
  expect(await blocksWith(engine, 'harper')).toHaveLength(1)
  await chat.accounts.register('harper', 'long enough', HERE)
  expect(await blocksWith(engine, 'harper')).toEqual([])
  const owner = new Session(silent)
  await chat.login(owner, await chat.accounts.authenticate('harper', 'long enough', HERE))
  expect(chat.blocked(owner)).toEqual([])
})

test('a name blocks a thousand others, however many are asked for at once', async () => {
  const { chat, guest } = await stage()
  const ann = await guest('ann', 'tech')
  const blocked = await Promise.all(Array.from({ length: 1_500 }, (_, n) => reasonOf(chat.block(ann, `user ${n}`))))
  expect(blocked.filter((reason) => reason === 'none')).toHaveLength(1_000)
  expect(chat.blocked(ann)).toHaveLength(1_000)
})

test('blocks of accounts outlive the session, those of guests do not', async () => {
  const { chat, engine, guest, owner } = await stage()
  const alice = await guest('alice', 'tech')
  await chat.block(alice, 'Bob')
  await chat.accounts.register('alice', 'long enough', HERE, alice)
  await chat.block(alice, 'carol')
  await chat.close(alice)
  const dave = await guest('dave', 'tech')
  await chat.block(dave, 'bob')
  await chat.close(dave)
  expect(chat.blocked(await guest('dave'))).toEqual([])
  // Another one on the same data, as after a restart.
  const later = new Chat(engine, { maxText: 4_000 })
  const again = new Session(silent)
  await later.login(again, new Proof('alice'))
  expect(later.blocked(again)).toEqual(['Bob', 'carol'])
  expect(await later.unblock(again, 'bob')).toBe(true)
  expect(await later.unblock(again, 'bob')).toBe(false)
  expect(chat.blocked(await owner('alice', 'long enough'))).toContain('carol')
  expect(await blocksWith(engine, 'alice')).toEqual([{ owner: 'alice', name: 'carol' }])
})

test('private messages are kept for their addressee, without those of the blocked', async () => {
  const { chat, guest } = await stage()
  const [alice, bob, carol] = [await guest('Alice', 1), await guest('bob', 1), await guest('carol', 1)]
  for (let n = 0; n < 6; n++) await tell(chat, n % 2 ? bob : carol, 'ALICE', `psst ${n}`)
  expect(bodies(await chat.inboxes.newest(alice, 4))).toEqual(['psst 2', 'psst 3', 'psst 4', 'psst 5'])
  expect(await chat.inboxes.newest(bob, 9)).toEqual([])
  await chat.block(alice, 'bob')
  expect(bodies(await chat.inboxes.newest(alice, 2))).toEqual(['psst 2', 'psst 4'])
  expect(await reasonOf(tell(chat, bob, 'nobody', 'x'))).toBe('nobody-here')
})

test('telling tells apart what is dropped, who is absent, and who cannot be told', async () => {
  const { chat, guest } = await stage()
  const [alice, bob] = [await guest('alice', 1), await guest('bob', 1)]
  await guest('deaf', 1, { ...silent, carriesPrivate: false })
  expect(await tell(chat, alice, 'BOB', 'x')).toBe(true)
  await chat.block(bob, 'alice')
  expect(chat.messages.isBlocked(alice, 'BOB')).toBe(true)
  expect(await tell(chat, alice, 'BOB', 'x')).toBe(false)
  expect(await reasonOf(tell(chat, alice, 'deaf', 'x'))).toBe('no-private-messages')
  expect(await reasonOf(tell(chat, alice, 'nobody', 'x'))).toBe('nobody-here')
})

test('the newest messages of a room, however much came and went since', async () => {
  const { chat, guest } = await stage()
  const alice = await guest('alice', LOBBY)
  const bob = await guest('bob', LOBBY)
  for (const text of ['one', 'two', 'three']) await say(chat, text === 'two' ? bob : alice, text)
  for (let n = 0; n < 60; n++) {
    await leave(chat, bob)
    await enter(chat, bob, LOBBY)
  }
  const carol = await guest('carol')
  expect(bodies(await chat.messages.recentMessages(LOBBY, carol, 2))).toEqual(['two', 'three'])
  expect(bodies(await chat.messages.recentMessages(LOBBY, carol, 100))).toEqual(['one', 'two', 'three'])
  expect(await chat.messages.recentMessages(LOBBY, carol, 0)).toEqual([])
  await chat.block(carol, 'bob')
  expect(bodies(await chat.messages.recentMessages(LOBBY, carol, 2))).toEqual(['one', 'three'])
})

test('who is live, and who was ever seen', async () => {
  const { chat, guest } = await stage()
  expect(await chat.names.isFree('alice')).toBe(true)
  const alice = await guest('Alice')
  expect(await chat.names.isFree('ALICE')).toBe(false)
  expect(await chat.users.seen('alice')).toBeUndefined()
  await enter(chat, alice, LOBBY)
  await chat.close(alice)
  expect(await chat.names.isFree('alice')).toBe(true)
  await chat.accounts.register('bob', 'long enough', HERE)
  expect(await chat.names.isFree('bob')).toBe(true)
  expect(await chat.users.seen('ALICE')).toBe('Alice')
  expect(await chat.users.everybody(9)).toEqual(['Alice', 'bob'])
  expect(await reasonOf(enter(chat, await guest('carol'), 99))).toBe('room-unknown')
})
