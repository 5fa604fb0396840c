/** `roomd audit`, beside an engine that is running. */
import { expect, test } from 'vitest'
import type { Engine } from '../../src/engine/engine.ts'
import type { Draft, Event } from '../../src/engine/event.ts'
import { LOBBY_ROOM } from '../../src/engine/lobby.ts'
import { auditText } from '../../src/transfer/audit.ts'
import { temporaryFolder } from '../support/folder.ts'
import { operate } from '../support/operator.ts'
import { RedisServer, withRedis } from '../support/redis.ts'
import { engineAt } from './world.ts'

/** Actions of moderators in two rooms, among more messages than a page has. Resolves with the time between them. */
async function moderate(engine: Engine): Promise<number> {
  const { id } = await engine.rooms.create({ title: 'Operation', slug: 'ops', visibility: 'public' })
  const append = (room: number, draft: Partial<Draft>): Promise<Event> =>
    engine.logs.append(`room:${room}`, { kind: 'message', from: 'bob', body: 'hello', room, ...draft })
  const say = (count: number) => Promise.all(Array.from({ length: count }, () => append(id, {})))
  await append(id, { kind: 'joined', body: '' })
  await append(id, { kind: 'topic', from: 'Ann', verified: true, body: 'deploys' })
  const [first] = await say(1_200)
  await append(id, {
    kind: 'redacted',
    from: 'Ann',
    verified: true,
    to: 'bob',
    body: 'spam',
    details: { target: first?.id ?? 0 },
  })
  await append(1, { kind: 'mode', from: 'dan', body: '', details: { flag: 'slow', on: true, value: '30' } })
  await new Promise((next) => setTimeout(next, 5))
  const middle = Date.now()
  await new Promise((next) => setTimeout(next, 5))
  await say(900)
  await append(id, { kind: 'kicked', from: 'dan', to: 'bob', body: '' })
  await append(id, {
    kind: 'role',
    from: 'Ann',
    verified: true,
    to: 'eve',
    body: '',
    details: { role: 'banned', on: true, until: 7e12, account: 'AtRpcqHPyy1W' },
  })
  return middle
}

async function audited(...args: readonly string[]) {
  const { stdout, ...rest } = await operate(['audit', ...args])
  expect(rest).toEqual({ status: 0, stderr: '' })
  return stdout.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Record<string, unknown>]))
}

async function expectAudit(engine: Engine, ...where: readonly string[]): Promise<void> {
  const middle = await moderate(engine)
  const time = expect.stringMatching(/^20\d\d-\d\d-\d\dT[\d:.]+Z$/)
  const common = { time, id: expect.any(Number) }
  const ann = { ...common, room: 'ops', actor: 'Ann', account: true }
  const slow = {
    ...common,
    room: 'lobby',
    kind: 'mode',
    actor: 'dan',
    account: false,
    flag: 'slow',
    on: true,
    value: '30',
  }
  const topic = { ...ann, kind: 'topic', text: 'deploys' }
  const deletion = { ...ann, kind: 'redacted', to: 'bob', text: 'spam', target: expect.any(Number) }
  const kick = { ...common, room: 'ops', kind: 'kicked', actor: 'dan', account: false, to: 'bob' }
  const ban = { ...ann, kind: 'role', to: 'eve', role: 'banned', on: true, until: 7e12 }
  const seconds = String(middle / 1_000)
  const [all, ofRoom, ofActor, late, early, none] = await Promise.all([
    audited(...where),
    audited(...where, '--room', 'operation'),
    audited(...where, '--actor', 'DAN'),
    audited(...where, '--since', seconds),
    audited(...where, '--until', seconds, '--actor', 'ann', '--json'),
    audited(...where, '--until', 'yesterday'),
  ])
  expect(all).toEqual([slow, topic, deletion, kick, ban])
  expect(ofRoom).toEqual([topic, deletion, kick, ban])
  expect(ofActor).toEqual([slow, kick])
  expect(late).toEqual([kick, ban])
  expect(early).toEqual([topic, deletion])
  expect(none).toEqual([])
  expect(await operate(['audit', ...where, '--room', 'nowhere'])).toMatchObject({ status: 2, stdout: '' })
  const wrong = await operate(['audit', ...where, '--since', 'whenever'])
  expect(wrong).toMatchObject({ status: 2, stderr: expect.stringMatching(/^roomd: --since whenever is not a time; /) })
}

test('the events of moderators in a folder that is in use', async () => {
  const data = temporaryFolder()
  const engine = await engineAt(data)
  await expectAudit(engine, '--data', data).finally(() => engine.stop())
})

withRedis('an audit', () => {
  const server = RedisServer.forAll()

  test('the events of moderators in Redis', async () => {
    const engine = await engineAt(server.url)
    await expectAudit(engine, '--redis', server.url).finally(() => engine.stop())
  })
})

test('a person reads one line for each event, and nothing that a terminal obeys', () => {
  const room = { ...LOBBY_ROOM, slug: 'ops', visibility: 'public', createdAt: 0, changedAt: 0 } as const
  const show = (draft: Partial<Event>) =>
    auditText({ id: 0, at: 1_795_000_000_000, room: 1, from: 'ann', kind: 'topic', body: '', ...draft }, room)
  const role = { role: 'muted', on: true, until: 1_796_000_000_000 } as const
  expect([
    show({ verified: true, body: 'say \u001b[31mred\u202e' }),
    show({}),
    show({ kind: 'kicked', from: 'ev\u001bil', to: 'b\u0007ob\u202e', body: 'spam' }),
    show({ kind: 'role', to: 'bob', details: role }),
    show({ kind: 'role', to: 'bob', details: { role: 'muted', on: false } }),
    show({ kind: 'mode', details: { flag: 'moderated', on: true } }),
    show({ kind: 'mode', details: { flag: 'keep', on: false } }),
    show({ kind: 'redacted', to: 'bob', details: { target: 7 } }),
  ]).toEqual(
    [
      'ann: topic "say \\u001b[31mred\\u{202e}"',
      'ann (guest): topic removed',
      'ev\\u{1b}il (guest): kicked b\\u{7}ob\\u{202e} "spam"',
      'ann (guest): bob muted until 2026-11-30T00:53:20.000Z',
      'ann (guest): bob no longer muted',
      'ann (guest): moderated on',
      'ann (guest): keep off',
      'ann (guest): deleted message 7 of bob',
    ].map((text) => `2026-11-18T11:06:40Z  ops  ${text}`),
  )
})
