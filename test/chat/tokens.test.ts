import { expect, test, vi } from 'vitest'
import type { Chat } from '../../src/chat/chat.ts'
import { digestOf } from '../../src/chat/secrets.ts'
import { Session } from '../../src/chat/session.ts'
import type { TokenRequest } from '../../src/chat/tokens.ts'
import { eventually } from '../support/eventually.ts'
import { enter, HERE, lifeline, reasonOf, recorder, say, silent, stage } from './stage.ts'

const SECRET = 'correct horse'

/** An account `ann` with a session, and sessions that its tokens open. */
async function annStage() {
  const { wire, toldTo } = recorder()
  const staged = await stage({ admins: ['ann'] })
  const { chat } = staged
  await chat.accounts.register('Ann', SECRET, HERE)
  const ann = await staged.owner('ann', SECRET)
  const open = async (value: string) => {
    const connection = lifeline('10.0.0.9')
    const session = new Session(wire, connection)
    await chat.login(session, (await chat.tokens.use(value))?.proof ?? expect.fail('no token'))
    return { session, ended: connection.ended }
  }
  const limited = async (request: Omit<TokenRequest, 'name'>) => {
    return (await open((await chat.tokens.create(ann, { name: 'limited', ...request })).value)).session
  }
  return { ...staged, ann, open, limited, toldTo }
}

const prove = (chat: Chat) => chat.accounts.authenticate('ann', SECRET, HERE)

test('a token opens its account until it is revoked, which ends the sessions that it has opened and no other', async () => {
  const { chat, ann, engine, open } = await annStage()
  const { value } = await chat.tokens.create(ann, { name: 'ci' })
  expect(value).toMatch(/^rd_[A-Za-z0-9]{36}$/)
  const other = await open((await chat.tokens.create(await prove(chat), { name: 'other' })).value)
  const { session, ended } = await open(value)
  expect([session.name, session.registered, session.byTicket, session.isAdmin]).toEqual(['Ann', true, false, true])
  const listed = (await chat.settings.sessions(ann)).sessions.map(({ token }) => token)
  expect(listed).toEqual([undefined, 'other', 'ci'])
  expect((await chat.tokens.list(ann)).map(({ name, rights }) => [name, rights])).toEqual([
    ['ci', ['read', 'write']],
    ['other', ['read', 'write']],
  ])
  // The store cannot tell it.
  expect(JSON.stringify(await Array.fromAsync(engine.records.list('token')))).not.toContain(value)
  await chat.tokens.revoke(ann, 'CI')
  expect([ended, other.ended, ann.closed]).toEqual([['token-ended'], [], false])
  expect(await chat.tokens.use(value)).toBeUndefined()
  expect(await reasonOf(chat.tokens.revoke(ann, 'ci'))).toBe('token-unknown')
  for (const text of ['', 'rd_', value.slice(0, -1), `${value}x`, value.toLowerCase()])
    expect(await chat.tokens.use(text)).toBeUndefined()
})

test('a token ends at its time, and one that it has made with it', async () => {
  const { chat, ann, open, engine } = await annStage()
  const until = Date.now() + 60_000
  const { value } = await chat.tokens.create(ann, { name: 'short', until })
  const { session } = await open(value)
  const { value: heir } = await chat.tokens.create(session, { name: 'heir' })
  expect((await chat.tokens.list(ann)).map((token) => token.until)).toEqual([until, until])
  vi.useFakeTimers({ toFake: ['Date'], now: until })
  try {
    expect([await chat.tokens.use(value), await chat.tokens.use(heir)]).toEqual([undefined, undefined])
    expect(await chat.tokens.list(ann)).toEqual([])
    expect(await engine.records.get('token', digestOf(value))).toBeUndefined()
    expect(await reasonOf(chat.tokens.create(ann, { name: 'short' }))).toBe('none')
  } finally {
    vi.useRealTimers()
  }
})

test('a change of the password leaves tokens and their sessions; a removal of the account leaves none to the next owner', async () => {
  const { chat, ann, open, owner } = await annStage()
  const { value } = await chat.tokens.create(ann, { name: 'ci' })
  const { session, ended } = await open(value)
  await chat.settings.changePassword(ann, SECRET, 'another horse')
  expect([ended, (await chat.tokens.use(value))?.proof.name]).toEqual([[], 'Ann'])
  await chat.administration.removeAccount('ann')
  expect([ended, await chat.tokens.use(value)]).toEqual([['account-removed'], undefined])
  await chat.close(session)
  await chat.close(ann)
  await chat.accounts.register('ann', SECRET, HERE)
  expect(await chat.tokens.list(await owner('ann', SECRET))).toEqual([])
})

test('a token left over from an earlier account of the nickname opens nothing', async () => {
  const { chat, ann, engine, owner } = await annStage()
  const { value } = await chat.tokens.create(ann, { name: 'ci' })
  const kept = (await engine.records.get('token', digestOf(value))) ?? expect.fail()
  await chat.settings.unregister(ann, SECRET)
  await chat.close(ann)
  await chat.accounts.register('bob', SECRET, HERE)
  const bob = await owner('bob', SECRET)
  await engine.records.put('token', kept.digest, { ...kept, account: 'bob' })
  expect(await chat.tokens.use(value)).toBeUndefined()
  expect(await chat.tokens.list(bob)).toEqual([])
})

test('a token is limited to its rooms, in reading, speaking and moderating', async () => {
  const { chat, ann, limited, guest, toldTo } = await annStage()
  await enter(chat, ann, 'ops')
  const bob = await guest('bob', 'other')
  const session = await limited({ rooms: ['Ops', 'new'] })
  expect(session.isAdmin).toBe(false)
  expect(await reasonOf(enter(chat, session, 'other'))).toBe('token-scope')
  expect(await reasonOf(enter(chat, session, 'unheard-of'))).toBe('token-scope')
  expect(await chat.rooms.find('unheard-of')).toBeUndefined()
  const other = (await chat.rooms.find('other'))?.id ?? expect.fail()
  expect(await reasonOf(enter(chat, session, other))).toBe('token-scope')
  expect(await reasonOf(chat.access.readable(session, 'other'))).toBe('token-scope')
  await enter(chat, session, 'OPS')
  await say(chat, session, 'hello')
  expect(await reasonOf(chat.moderation.settings.setTopic(session.inRoom(), 'calm'))).toBe('none')
  expect(await reasonOf(chat.messages.send(session, 'bob', 'psst'))).toBe('token-scope')
  expect(await reasonOf(chat.inboxes.read(session, {}))).toBe('token-scope')
  await chat.messages.send(bob, 'ann', 'for the owner alone')
  await enter(chat, session, 'new')
  expect(toldTo(session)).not.toContain('private bob')
  expect((await chat.rooms.find('new'))?.maker?.name).toBe('Ann')
})

test('without the right to write a token says, moderates and makes nothing; without the right to read it joins no room', async () => {
  const { chat, ann, limited, toldTo } = await annStage()
  await enter(chat, ann, 'ops')
  const message = await say(chat, ann, 'one')
  const reader = await limited({ rights: ['read'] })
  expect(await reasonOf(enter(chat, reader, 'made-by-it'))).toBe('token-scope')
  expect(await chat.rooms.find('made-by-it')).toBeUndefined()
  await enter(chat, reader, 'ops')
  await say(chat, ann, 'two')
  await eventually(() => expect(toldTo(reader)).toContain('message Ann'))
  const { settings, redaction } = chat.moderation
  expect(await reasonOf(say(chat, reader, 'hello'))).toBe('token-scope')
  expect(await reasonOf(chat.messages.send(reader, 'ann', 'hello'))).toBe('token-scope')
  expect(await reasonOf(chat.messages.tell(reader.inRoom(), 'ann', 'hello'))).toBe('token-scope')
  expect(await reasonOf(settings.setTopic(reader.inRoom(), 'hello'))).toBe('token-scope')
  expect(await reasonOf(redaction.redact(reader.inRoom(), message.id))).toBe('token-scope')
  expect(await reasonOf(chat.inboxes.read(reader, {}))).toBe('none')
  await chat.tokens.revoke(ann, 'limited')
  const writer = await limited({ rights: ['write'] })
  expect(await reasonOf(enter(chat, writer, 'ops'))).toBe('token-scope')
  expect(await reasonOf(chat.inboxes.read(writer, {}))).toBe('token-scope')
  expect(await reasonOf(chat.messages.send(writer, 'ann', 'hello'))).toBe('none')
})

test('a limited token changes nothing of its account, and is no admin’s', async () => {
  const { chat, ann, open, owner } = await annStage()
  const { session, ended } = await open((await chat.tokens.create(ann, { name: 'limited', rights: ['read'] })).value)
  const other = await owner('ann', SECRET)
  const refused = [
    chat.settings.changePassword(session, SECRET, 'another horse'),
    chat.settings.unregister(session, SECRET),
    chat.settings.logout(session, other.id),
    chat.settings.resetPassword(session, 'ann', 'another horse').then((done) => expect(done).toBe(false)),
    chat.supervision.whois(session, 'ann'),
    chat.addressBans.list(session),
    chat.block(session, 'bob'),
    chat.unblock(session, 'bob'),
    chat.tokens.create(session, { name: 'more' }),
    chat.tokens.list(session),
    chat.tokens.revoke(session, 'limited'),
  ]
  const codes = await Promise.all(refused.map(reasonOf))
  expect(codes.map((code, index) => (index === 3 ? 'token-scope' : code))).toEqual(codes.map(() => 'token-scope'))
  await chat.administration.markAccount('ann', { admin: true })
  expect([session.isAdmin, ann.isAdmin]).toEqual([false, true])
  expect(await reasonOf(chat.settings.logout(session, session.id))).toBe('none')
  expect(ended).toEqual(['logged-out'])
})

test('a token needs an account, a name of its own, a right and rooms that can be', async () => {
  const { chat, ann, guest } = await annStage()
  const refusal = (request: TokenRequest) => reasonOf(chat.tokens.create(ann, request))
  expect(await reasonOf(chat.tokens.create(await guest('bob'), { name: 'ci' }))).toBe('account-required')
  for (const name of ['', 'a b', '-a', 'x'.repeat(65)]) expect(await refusal({ name })).toBe('token-invalid')
  expect(await refusal({ name: 'ci', rights: [] })).toBe('token-invalid')
  expect(await refusal({ name: 'ci', rooms: [] })).toBe('token-invalid')
  expect(await refusal({ name: 'ci', rooms: Array.from({ length: 101 }, (_, index) => `r${index}`) })).toBe(
    'token-invalid',
  )
  expect(await refusal({ name: 'ci', rooms: ['a b'] })).toBe('room-name-invalid')
  for (const until of [Date.now(), Number.NaN]) expect(await refusal({ name: 'ci', until })).toBe('token-invalid')
  expect(await refusal({ name: 'ci' })).toBe('none')
  expect(await refusal({ name: 'Ci' })).toBe('token-taken')
  for (let index = 1; index < 100; index++) await chat.tokens.create(ann, { name: `t${index}` })
  expect(await refusal({ name: 'one-more' })).toBe('too-many-tokens')
  await chat.tokens.revoke(ann, 't1')
  expect(await refusal({ name: 'one-more' })).toBe('none')
})

test('two requests for one name at the same time make one token', async () => {
  const { chat, ann } = await annStage()
  const codes = await Promise.all([1, 2].map(() => reasonOf(chat.tokens.create(ann, { name: 'ci' }))))
  expect(codes.sort()).toEqual(['none', 'token-taken'])
})

test('a proof of a token that is revoked before the login opens nothing', async () => {
  const { chat, ann } = await annStage()
  const { value } = await chat.tokens.create(ann, { name: 'ci' })
  const { proof } = (await chat.tokens.use(value)) ?? expect.fail()
  await chat.tokens.revoke(ann, 'ci')
  expect(await reasonOf(chat.login(new Session(silent), proof))).toBe('secret-wrong')
})

test('a proof of a token whose account is removed before the login opens nothing', async () => {
  const { chat, ann } = await annStage()
  const { value } = await chat.tokens.create(ann, { name: 'ci' })
  const { proof } = (await chat.tokens.use(value)) ?? expect.fail()
  await chat.administration.removeAccount('ann')
  await chat.close(ann)
  await chat.accounts.register('ann', SECRET, HERE)
  expect(await reasonOf(chat.login(new Session(silent), proof))).toBe('secret-wrong')
})
