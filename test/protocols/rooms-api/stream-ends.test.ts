/** docs/protocols/rooms-api.md, section 2.6: who may follow, the ends of streams, and what comes from admins. */
import { expect, test } from 'vitest'
import { Session } from '../../../src/chat/session.ts'
import { HERE, silent } from '../../chat/stage.ts'
import { NDJSON, PLAIN, SSE } from '../../clients/stream.ts'
import { eventually } from '../../support/eventually.ts'
import { PASSWORD, streamStage } from './streams.ts'

const FORMATS = [SSE, NDJSON, PLAIN] as const

test('a caller that may not read is refused', async () => {
  const { stream, speaker, account, chat } = await streamStage({ publicRead: 'never' })
  await speaker('ann', 'ops')
  const bob = await account('bob', 'den')
  await chat.moderation.settings.lock(bob.inRoom(), PASSWORD)
  expect(await (await stream('/rooms/ops/stream')).refusal).toEqual([401, 'unauthorized'])
  expect(await (await stream('/inbox/stream')).refusal).toEqual([401, 'unauthorized'])
  expect(await (await stream('/rooms/ops/stream', { as: 'rd_nothing' })).refusal).toEqual([401, 'unauthorized'])
  await account('cat')
  const as = `cat:${PASSWORD}`
  expect(await (await stream('/rooms/nowhere/stream', { as })).refusal).toEqual([404, 'not-found'])
  expect(await (await stream('/rooms/den/stream', { as })).refusal).toEqual([404, 'not-found'])
  const locked = { as, headers: { 'Room-Password': PASSWORD } }
  expect((await stream('/rooms/den/stream', locked)).response.statusCode).toBe(200)
  const { value: token } = await chat.tokens.create(bob, { name: 'ci', rooms: ['ops'], rights: ['read'] })
  expect((await stream('/rooms/ops/stream', { as: token })).response.statusCode).toBe(200)
  for (const path of ['/rooms/den/stream', '/rooms/ops,den/stream', '/inbox/stream']) {
    expect(await (await stream(path, { as: token })).refusal).toEqual([403, 'token-scope'])
  }
  for (const path of ['/rooms/ops/stream', '/inbox/stream']) {
    const withBody = { as, headers: { 'Content-Length': '2' } }
    expect(await (await stream(path, withBody)).refusal).toEqual([400, 'invalid-request'])
  }
  const { value: writing } = await chat.tokens.create(bob, { name: 'writing', rights: ['write'] })
  expect(await (await stream('/rooms/ops/stream', { as: writing })).refusal).toEqual([403, 'token-scope'])
})

test.each(FORMATS)('a room that is closed ends its streams: %s', async (format) => {
  const { stream, speaker, account, chat } = await streamStage()
  const ann = await account('ann', 'ops')
  await speaker('bob', 'dev')
  const [one, many] = [await stream('/rooms/ops/stream', { format }), await stream('/rooms/ops,dev/stream', { format })]
  await eventually(() => expect(chat.users.counts().get('rooms-api')).toBe(2))
  await chat.moderation.settings.close(ann.inRoom())
  for (const client of [one, many]) {
    expect(await client.ended).toBe(true)
    expect(client.now().at(-1)).toEqual(
      endOf(format, { code: 'room-unknown', detail: 'The room has been closed', reconnect: false, room: 'ops' }),
    )
  }
  expect(await (await stream('/rooms/ops/stream')).refusal).toEqual([404, 'not-found'])
  await eventually(() => expect(chat.users.counts().get('rooms-api')).toBe(undefined))
})

test('a reader that is banned, and one that does not know the new password, is ended; a reader that may read on goes on', async () => {
  const { stream, account, speaker, chat } = await streamStage()
  const ann = await account('ann', 'ops')
  await account('bob')
  await account('eve')
  const { settings, expulsion } = chat.moderation
  const [bob, eve, nobody] = [
    await stream('/rooms/ops/stream', { as: `bob:${PASSWORD}` }),
    await stream('/rooms/ops,lobby/stream', { as: `eve:${PASSWORD}` }),
    await stream('/rooms/ops/stream', { format: NDJSON }),
  ]
  for (const client of [bob, eve]) await client.next()
  await eventually(() => expect(chat.users.counts().get('rooms-api')).toBe(3))
  await chat.messages.say(ann.inRoom(), 'hello')
  for (const client of [bob, eve, nobody]) await client.bodies(1)
  await expulsion.sanction(ann.inRoom(), 'banned', 'eve', { why: 'spam' })
  expect(await eve.ended).toBe(true)
  expect(eve.now()).toEqual([
    endOf(SSE, { code: 'banned', detail: 'You are banned from this room', reconnect: false, room: 'ops' }),
  ])
  expect(await (await stream('/rooms/ops/stream', { as: `eve:${PASSWORD}` })).refusal).toEqual([403, 'banned'])
  expect((await bob.next()).event).toBe('role')
  await settings.setMode(ann.inRoom(), 'invite-only', '')
  const out = { code: 'invite-only', detail: 'The room is invite-only', reconnect: false, room: 'ops' }
  expect((await nobody.until(({ data }) => data.type === 'end')).at(-1)).toEqual(endOf(NDJSON, out))
  await settings.setMode(ann.inRoom(), 'invite-only', undefined)
  expect(await bob.ended).toBe(true)
  const own = await stream('/rooms/ops/stream', { as: `ann:${PASSWORD}` })
  const ops = await stream('/rooms/ops/stream', { as: `bob:${PASSWORD}` })
  for (const client of [own, ops]) await client.next()
  await settings.lock(ann.inRoom(), PASSWORD)
  const code = { code: 'room-private', detail: 'The room needs a password', reconnect: false, room: 'ops' }
  expect((await ops.until(({ event }) => event === 'end')).at(-1)).toEqual(endOf(SSE, code))
  const again = await stream('/rooms/ops/stream', { as: `ann:${PASSWORD}` })
  await again.next()
  await speaker('cat', 'lobby')
  await chat.messages.say(ann.inRoom(), 'still here')
  expect(await again.bodies(1)).toEqual(['still here'])
  // Whoever has locked the room needs no password, and has missed nothing.
  const [mode, message] = await own.until(({ event }) => event === 'message')
  expect([mode?.data.flag, message?.data.body]).toEqual(['password', 'still here'])
  expect(own.response.complete).toBe(false)
})

test('a reader whose role stood for the password of the room is ended with the role, unless it knows the password', async () => {
  const { stream, account, chat } = await streamStage()
  const ann = await account('ann', 'den')
  const bob = await account('bob', 'den')
  await account('root')
  await chat.administration.markAccount('root', { admin: true })
  const { settings, roles } = chat.moderation
  await roles.grant(ann.inRoom(), 'operator', 'bob')
  await settings.lock(ann.inRoom(), PASSWORD)
  const headers = { 'Room-Password': PASSWORD }
  const [byRole, byPassword, root] = [
    await stream('/rooms/den/stream', { as: `bob:${PASSWORD}` }),
    await stream('/rooms/den/stream', { as: `bob:${PASSWORD}`, headers }),
    await stream('/rooms/den/stream', { as: `root:${PASSWORD}` }),
  ]
  await eventually(() => expect(chat.users.counts().get('rooms-api')).toBe(3))
  await chat.messages.say(ann.inRoom(), 'together')
  for (const client of [byRole, byPassword, root]) expect(await client.bodies(1)).toEqual(['together'])
  await roles.withdraw(ann.inRoom(), 'operator', 'bob')
  const end = { code: 'room-private', detail: 'The room needs a password', reconnect: false, room: 'den' }
  expect((await byRole.until(({ event }) => event === 'end')).at(-1)).toEqual(endOf(SSE, end))
  expect(await byRole.ended).toBe(true)
  await chat.administration.markAccount('root', { admin: false })
  expect((await root.until(({ event }) => event === 'end')).at(-1)).toEqual(endOf(SSE, end))
  // A member stays one.
  await chat.messages.say(bob.inRoom(), 'still here')
  expect((await byPassword.take(2)).map(({ event }) => event)).toEqual(['role', 'message'])
  expect(byPassword.response.complete).toBe(false)
})

test('an operator who reads an invite-only room without an invitation is ended with the role', async () => {
  const { stream, account, chat } = await streamStage()
  const ann = await account('ann', 'den')
  const { settings, roles } = chat.moderation
  await account('bob')
  await roles.grant(ann.inRoom(), 'operator', 'bob')
  await settings.setMode(ann.inRoom(), 'invite-only', '')
  const client = await stream('/rooms/den/stream', { as: `bob:${PASSWORD}` })
  await eventually(() => expect(chat.users.counts().get('rooms-api')).toBe(1))
  await roles.withdraw(ann.inRoom(), 'operator', 'bob')
  const end = { code: 'invite-only', detail: 'The room is invite-only', reconnect: false, room: 'den' }
  expect((await client.until(({ event }) => event === 'end')).at(-1)).toEqual(endOf(SSE, end))
})

test('a guest reads nothing under its nickname, which anybody may give', async () => {
  const { stream, speaker, chat } = await streamStage()
  const { session } = await speaker('ann', 'den')
  await chat.moderation.settings.setMode(session.inRoom(), 'invite-only', '')
  for (const path of ['stream', 'messages']) {
    expect(await (await stream(`/rooms/den/${path}?as=ann`)).refusal).toEqual([400, 'invalid-request'])
    expect(await (await stream(`/rooms/den/${path}`)).refusal).toEqual([403, 'invite-only'])
  }
})

test('a token that is revoked, a password that is changed and an account that is removed end their streams', async () => {
  const { stream, account, chat } = await streamStage()
  const ann = await account('ann', 'ops')
  await account('bob')
  const { value: ci } = await chat.tokens.create(ann, { name: 'ci' })
  const { value: short } = await chat.tokens.create(ann, { name: 'short', until: Date.now() + 500 })
  const [byToken, byShort, byPassword, gone] = [
    await stream('/rooms/ops/stream', { as: ci }),
    await stream('/rooms/ops/stream', { as: short }),
    await stream('/inbox/stream', { as: `ann:${PASSWORD}` }),
    await stream('/inbox/stream', { as: `bob:${PASSWORD}` }),
  ]
  for (const client of [byToken, byShort, byPassword, gone]) await client.next()
  const lastOf = async (client: typeof gone) => {
    expect(await client.ended).toBe(true)
    return client.now().at(-1)?.data
  }
  await chat.tokens.revoke(ann, 'ci')
  expect(await lastOf(byToken)).toMatchObject({ code: 'token-ended', reconnect: false })
  expect(await (await stream('/rooms/ops/stream', { as: ci })).refusal).toEqual([401, 'unauthorized'])
  await chat.settings.changePassword(ann, PASSWORD, 'another of hers')
  expect(await lastOf(byPassword)).toMatchObject({ code: 'password-changed', reconnect: false })
  await chat.administration.removeAccount('bob')
  expect(await lastOf(gone)).toMatchObject({ code: 'account-removed', reconnect: false })
  expect(await lastOf(byShort)).toMatchObject({ code: 'token-ended', reconnect: false })
})

test.each(FORMATS)('an announcement, and the stop of the server: %s', async (format) => {
  const { stream, speaker, account, chat, http } = await streamStage()
  await speaker('cat', 'ops')
  const ann = await account('ann', 'ops')
  await chat.administration.markAccount('ann', { admin: true })
  const clients = [
    await stream('/rooms/ops/stream', { format, as: `ann:${PASSWORD}` }),
    await stream('/rooms/ops/stream', { format }),
    await stream('/inbox/stream', { format, as: `ann:${PASSWORD}` }),
  ]
  await eventually(() => expect(chat.users.counts().get('rooms-api')).toBe(3))
  await chat.supervision.announce(ann, 'Down\u0007time')
  const data = { type: 'notice', body: expect.stringMatching(/^Down.*time$/) }
  const line = expect.stringMatching(/^-!- Down.*time$/)
  const isNotice = (each: object) => 'line' in each || JSON.stringify(each).includes('notice')
  for (const client of clients) {
    const notice = { [SSE]: { event: 'notice', data }, [NDJSON]: { data }, [PLAIN]: { line } }[format]
    expect((await client.until(isNotice)).at(-1)).toEqual(notice)
    expect(client.text).not.toContain('\u0007')
  }
  const stopped = http.stop()
  for (const client of clients) {
    expect(await client.ended).toBe(true)
    const detail = 'Server is stopping, come back in a moment'
    expect(client.now().at(-1)).toEqual(endOf(format, { code: 'stopping', detail, reconnect: true }))
  }
  await stopped
})

test('private messages, missed ones first, to the account only', async () => {
  const { stream, account, speaker, chat } = await streamStage()
  const [ann, bob] = [await account('ann', 'ops'), await account('bob', 'dev')]
  const eve = await speaker('eve', 'ops')
  await chat.messages.send(bob, 'ann', 'while away')
  const [json, room, plain, other] = [
    await stream('/inbox/stream?since=all', { format: NDJSON, as: `ann:${PASSWORD}` }),
    await stream('/rooms/ops/stream', { format: NDJSON, as: `ann:${PASSWORD}` }),
    await stream('/inbox/stream?since=-1m', { format: PLAIN, as: `ann:${PASSWORD}` }),
    await stream('/inbox/stream', { as: `bob:${PASSWORD}` }),
  ]
  const [{ data: first }] = (await json.take(1)) as [{ data: { id: string } }]
  expect(first).toEqual({
    id: expect.stringMatching(/^\d+$/),
    type: 'private',
    from: 'bob',
    verified: true,
    to: 'ann',
    body: 'while away',
    at: expect.any(String),
  })
  expect((await plain.next()).line).toMatch(/^\[\d{4}-\d\d-\d\d \d\d:\d\d\] <bob -> ann> while away$/)
  expect(await other.next()).toMatchObject({ id: expect.stringMatching(/^\d+$/) })
  await eventually(() => expect(chat.users.counts().get('rooms-api')).toBe(4))
  await chat.messages.send(bob, 'ann', 'now')
  await chat.messages.send(ann, 'bob', 'answer')
  await eve.say('in the room')
  expect((await json.take(2)).map(({ data }) => data.body)).toEqual(['now', 'answer'])
  expect((await plain.take(2)).map(({ line }) => line?.slice(7))).toEqual([' <bob -> ann> now', ' <ann -> bob> answer'])
  expect((await other.take(2)).map(({ event, data }) => [event, data.body])).toEqual([
    ['private', 'now'],
    ['private', 'answer'],
  ])
  expect((await room.next()).data).toMatchObject({ type: 'message', body: 'in the room' })
  await chat.block(ann, 'bob')
  const resumed = await stream('/inbox/stream', { lastId: first.id, as: `ann:${PASSWORD}` })
  expect((await resumed.take(2))[1]?.data.body).toBe('answer')
})

test('a stream keeps its nickname from nobody, and is among the sessions of its account', async () => {
  const { stream, account, chat, owner } = await streamStage()
  const ann = await account('ann')
  await chat.close(ann)
  const client = await stream('/inbox/stream', { as: `ann:${PASSWORD}` })
  await client.next()
  expect(await chat.names.isFree('ann')).toBe(true)
  const alone = new Session(silent)
  await chat.login(alone, await chat.accounts.authenticate('ann', PASSWORD, HERE), true)
  await chat.close(alone)
  const again = await owner('ann', PASSWORD)
  const { sessions } = await chat.settings.sessions(again)
  const streaming = sessions.find(({ protocol }) => protocol === 'rooms-api')
  await chat.settings.logout(again, streaming?.id ?? '')
  expect(await client.ended).toBe(true)
  expect(client.now().at(-1)?.data).toMatchObject({ code: 'logged-out' })
})

test('the messages of somebody who is blocked are not shown', async () => {
  const { stream, account, speaker, chat } = await streamStage()
  const ann = await account('ann', 'lobby')
  const [bob, cat] = [await speaker('bob', 'ops'), await speaker('cat', 'ops')]
  await chat.block(ann, 'bob')
  await bob.say('past')
  await cat.say('hello')
  const client = await stream('/rooms/ops/stream?since=all', { as: `ann:${PASSWORD}` })
  expect(await client.bodies(1)).toEqual(['hello'])
  await bob.say('live')
  await cat.say('goodbye')
  expect(await client.bodies(1)).toEqual(['goodbye'])
})

/** The last event of a stream that the server ends. */
function endOf(
  format: (typeof FORMATS)[number],
  end: { detail: string; reconnect: boolean; code: string; room?: string },
) {
  const data = { type: 'end', ...end }
  if (format === PLAIN) return { line: `-!- ${end.room ? `${end.room}: ` : ''}${end.detail}` }
  if (format === NDJSON) return { data }
  return { event: 'end', ...(end.reconnect && { retry: '1000' }), data }
}
