import { expect, test, vi } from 'vitest'
import type { ChatOptions } from '../../src/chat/chat-options.ts'
import { Session } from '../../src/chat/session.ts'
import { ConfigError } from '../../src/config.ts'
import type { ControlReply } from '../../src/control/operation.ts'
import { type ControlRequest, carryOut } from '../../src/control/operations.ts'
import { readRequest } from '../../src/control/request.ts'
import { tokenRequestOf } from '../../src/control/words.ts'
import { Unavailable } from '../../src/engine/errors.ts'
import { HERE, lifeline, silent, stage } from '../chat/stage.ts'

async function operated(options: Partial<ChatOptions> = {}) {
  const { chat, engine, guest } = await stage(options)
  const ask = (request: ControlRequest): Promise<ControlReply[]> => Array.fromAsync(carryOut(chat, request))
  return { chat, engine, guest, ask }
}

test('rooms are listed as a terminal may show them, with what is common to their makers', async () => {
  const { chat, ask } = await operated()
  const make = (title: string, address: string, name?: string) =>
    chat.rooms.create(
      { title, visibility: 'hidden' },
      { password: 'correct horse', address, ...(name !== undefined && { name }) },
    )
  await make('evil\u202eroom', HERE, 'ann')
  await make('second', HERE)
  await make('third', '10.0.0.9')
  const rows = (await ask({ action: 'room list' })).flatMap((reply) => ('row' in reply ? [reply.row] : []))
  const [, , first = [], second = [], third = []] = rows
  expect(rows[0]).toEqual(['NAME', 'MEMBERS', 'VISIBILITY', 'CREATED', 'MADE BY', 'TITLE'])
  expect([first[0], first[2], first[5]]).toEqual(['evilroom', 'hidden', 'evil\\u{202e}room'])
  expect(first[4]).toBe(`ann${second[4]}`)
  expect(third[4]).toMatch(/^@[0-9a-f]{8}$/)
  expect(third[4]).not.toBe(second[4])
})

test('a store that is away is told of; what nobody expects is not swallowed', async () => {
  const { engine, ask } = await operated()
  const away = [{ failed: 'the store cannot be used now; try again later' }]
  vi.spyOn(engine.rooms, 'list').mockRejectedValue(new Unavailable('away'))
  vi.spyOn(engine.records, 'get').mockRejectedValue(new Unavailable('away'))
  expect(await ask({ action: 'room list' })).toEqual(away)
  expect(await ask({ action: 'account remove', name: 'ann' })).toEqual(away)
  vi.spyOn(engine.rooms, 'list').mockRejectedValue(new Error('a fault'))
  await expect(ask({ action: 'room list' })).rejects.toThrow('a fault')
})

test('an account is added, and a room is given to it', async () => {
  const onAdministered = vi.fn()
  const { chat, engine, guest, ask } = await operated({ onAdministered })
  const bob = await guest('bob', 'ops')
  const add = (name: string, password = 'correct horse') => ask({ action: 'account add', name, password })
  expect(await add('Ann')).toEqual([{ done: 'added account Ann' }])
  expect(await add('ann')).toEqual([{ failed: 'there is an account ann already' }])
  expect(await add('bob')).toEqual([{ failed: 'a guest uses bob, or a name that looks like it, now' }])
  expect(await add('cat', 'short')).toEqual([{ failed: 'a password has 8 to 128 characters' }])
  expect(await add('a\tb')).toEqual([{ failed: expect.stringContaining('a nickname has') }])
  const give = (name: string, account: string) => ask({ action: 'room owner', name, account })
  expect(await give('nowhere', 'ann')).toEqual([{ failed: 'there is no room nowhere' }])
  expect(await give('ops', 'cat')).toEqual([{ failed: 'there is no account cat' }])
  expect(await give('lobby', 'ann')).toEqual([{ failed: 'the lobby has no owner' }])
  expect(await give('ops', 'ann')).toEqual([{ done: 'Ann owns room ops' }])
  const { room } = bob.inRoom()
  const ann = await chat.access.identify(await chat.accounts.authenticate('ann', 'correct horse', HERE), HERE)
  await vi.waitFor(() => expect(room.state.rankOf(ann)).toBe('owner'))
  await add('Cat')
  expect(await give('ops', 'cat')).toEqual([{ done: 'Cat owns room ops' }])
  await vi.waitFor(() => expect(room.state.rankOf(ann)).toBe('operator'))
  expect(await give('ops', 'cat')).toEqual([{ done: 'Cat owns room ops' }])
  const roles = (await Array.fromAsync(engine.logs.read(`room:${room.record.id}`, {})))
    .flat()
    .filter(({ kind }) => kind === 'role')
  expect(roles).toMatchObject([
    { from: 'roomd', verified: true, to: 'Ann', details: { role: 'owner' } },
    { from: 'roomd', to: 'Cat', details: { role: 'owner' } },
    { from: 'roomd', to: 'Ann', details: { role: 'operator' } },
  ])
  expect(onAdministered.mock.calls.map(([{ what, name }]) => [what, name])).toEqual([
    ['account-added', 'Ann'],
    ['room-given', 'Ann'],
    ['account-added', 'Cat'],
    ['room-given', 'Cat'],
  ])
})

test('an account is marked as an admin’s or a program’s, and the list shows it', async () => {
  const { chat, ask } = await operated()
  await chat.accounts.register('Ann', 'correct horse', HERE)
  const marks = async () =>
    (await ask({ action: 'account list' })).flatMap((reply) => ('row' in reply ? [reply.row.at(-1)] : []))
  expect(await marks()).toEqual(['MARKS', '-'])
  expect(await ask({ action: 'account mark', name: 'ann', admin: true })).toEqual([{ done: 'marked account Ann' }])
  expect(await ask({ action: 'account mark', name: 'ann', bot: true })).toEqual([{ done: 'marked account Ann' }])
  expect(await marks()).toEqual(['MARKS', 'admin bot'])
  expect(await ask({ action: 'account mark', name: 'ann', admin: false, bot: false })).toEqual([
    { done: 'marked account Ann' },
  ])
  expect(await marks()).toEqual(['MARKS', '-'])
  expect(await ask({ action: 'account mark', name: 'bob', bot: true })).toEqual([{ failed: 'there is no account bob' }])
})

test('bans of addresses are listed, and one is lifted by its network', async () => {
  const onAudit = vi.fn()
  const { chat, ask } = await operated({ admins: ['boss'], onAudit })
  await chat.accounts.register('boss', 'correct horse', HERE)
  const boss = new Session(silent, lifeline(HERE))
  await chat.login(boss, await chat.accounts.authenticate('boss', 'correct horse', HERE))
  await chat.addressBans.ban(boss, '10.1.2.3/16', { why: 'evil\u202ereason' })
  await chat.addressBans.ban(boss, '2001:db8::/32', { until: Date.now() + 60_000 })
  const time = expect.stringMatching(/^20.*Z$/)
  const rows = (await ask({ action: 'address list' })).flatMap((reply) => ('row' in reply ? [reply.row] : []))
  expect(rows[0]).toEqual(['NETWORK', 'BANNED', 'UNTIL', 'BY', 'REASON'])
  expect(rows.slice(1).toSorted()).toEqual([
    ['10.1.0.0/16', time, '-', 'boss', 'evil\\u{202e}reason'],
    ['2001:db8::/32', time, time, 'boss', '-'],
  ])
  const remove = (name: string) => ask({ action: 'address remove', name })
  expect(chat.addressBans.find('10.1.99.99')).toMatchObject({ network: '10.1.0.0/16' })
  expect(await remove('10.1.2.3')).toEqual([{ failed: '10.1.2.3 is not banned' }])
  expect(await remove('nobody')).toEqual([{ failed: 'nobody is no address and no network' }])
  onAudit.mockClear()
  expect(await remove('10.1.2.3/16')).toEqual([{ done: 'no longer banned: 10.1.0.0/16' }])
  expect(onAudit.mock.calls).toEqual([[{ what: 'address-unbanned', address: '10.1.0.0/16' }]])
  expect(chat.addressBans.find('10.1.99.99')).toBeUndefined()
})

test('tokens of an account are made, listed and ended, and a mistake is told', async () => {
  const { chat, ask } = await operated()
  await chat.accounts.register('Ann', 'correct horse', HERE)
  const until = Date.parse('2099-01-02T03:04:05Z')
  const ci = { action: 'token create', name: 'ann', token: 'ci' } as const
  const [made] = await ask({ ...ci, rooms: ['ops', 'Dev'], rights: ['write'], until })
  const value = made && 'done' in made ? made.done : expect.fail()
  expect((await chat.tokens.use(value))?.scope).toEqual({ rooms: ['ops', 'dev'], rights: ['write'] })
  const rows = (await ask({ action: 'token list', name: 'ANN' })).flatMap((reply) =>
    'row' in reply ? [reply.row] : [],
  )
  expect(rows[0]).toEqual(['NAME', 'MAY', 'ROOMS', 'CREATED', 'UNTIL'])
  expect(rows.slice(1).map(([name, may, rooms, , end]) => [name, may, rooms, end])).toEqual([
    ['ci', 'write', 'ops,dev', '2099-01-02T03:04:05Z'],
  ])
  expect(await ask(ci)).toEqual([{ failed: 'ann has a token ci already' }])
  expect(await ask({ ...ci, token: 'other', rooms: ['no room'] })).toEqual([
    { failed: expect.stringMatching(/^a room name has 1 to 64 of /) },
  ])
  expect(await ask({ ...ci, token: '-' })).toEqual([{ failed: expect.stringContaining('a token has a name') }])
  expect(await ask({ ...ci, name: 'bob' })).toEqual([{ failed: 'there is no account bob' }])
  const revoke = { action: 'token revoke', name: 'ann', token: 'ci' } as const
  expect(await ask(revoke)).toEqual([{ done: 'revoked token ci of Ann' }])
  expect(await ask(revoke)).toEqual([{ failed: 'ann has no token ci' }])
  expect(await chat.tokens.use(value)).toBeUndefined()
})

test('the words of roomd token are checked before anything is asked, and requests of other processes when they come', () => {
  const words = { action: 'create', account: 'ann', name: 'ci' }
  const request = { action: 'token create', name: 'ann', token: 'ci' }
  expect(tokenRequestOf({ ...words, rooms: 'a,b', may: 'read' })).toEqual({
    ...request,
    rooms: ['a', 'b'],
    rights: ['read'],
  })
  expect(tokenRequestOf({ ...words, until: '1h' })).toMatchObject({ until: expect.any(Number) })
  for (const wrong of [
    { ...words, action: 'sell' },
    { ...words, name: undefined },
    { ...words, account: '' },
    { ...words, may: 'rule' },
    { ...words, until: 'soon' },
    { ...words, action: 'list' },
    { ...words, action: 'revoke', rooms: 'a' },
  ])
    expect(() => tokenRequestOf(wrong)).toThrow(ConfigError)
  expect(readRequest({ ...request, until: 7, more: true })).toEqual({ ...request, until: 7 })
  for (const wrong of [
    { ...request, action: 'token sell' },
    { ...request, name: 7 },
    { ...request, token: undefined },
    { ...request, rooms: 'a' },
    { ...request, rooms: [7] },
    { ...request, rights: ['rule'] },
    { ...request, until: 'soon' },
  ])
    expect(readRequest(wrong)).toBeUndefined()
})
