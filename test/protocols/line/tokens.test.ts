/** Access tokens at the line protocol (docs/protocols/line.md, sections 2.3 and 8). */
import { expect, test } from 'vitest'
import type { LineClient } from '../../support/client.ts'
import { error, isReply, ok, result, stage } from '../../support/stage.ts'

const WAY = { transport: 'TCP', mode: 'whole' } as const
const PASSWORD = 'correct horse battery'

/** Sends a line and finds its reply among the events. */
async function reply(client: LineClient, line: string) {
  client.send(line)
  return (await client.until(isReply)).at(-1) ?? expect.fail()
}

async function withAccount() {
  const staged = await stage(WAY)
  const ann = await staged.login('Ann')
  expect(await ann.ask(`/register ${PASSWORD}`)).toMatchObject({ type: 'commandResult' })
  const create = async (words: string) => {
    const made = await reply(ann, `/token create ${words}`)
    const { token } = made as { token?: { value?: string } }
    return token?.value ?? expect.fail(JSON.stringify(made))
  }
  const open = async (token: string) => {
    const client = await staged.connect()
    expect(await client.ask(`LOGIN ann ${token}`)).toEqual(result('Username set to Ann'))
    return client
  }
  return { ...staged, ann, create, open }
}

test('/token create shows a token once, which opens its account until /token revoke ends its sessions', async () => {
  const { ann, connect, open } = await withAccount()
  const made = await ann.ask('/token create ci')
  const value = /rd_[A-Za-z0-9]{36}$/.exec(String((made as { result?: unknown }).result))?.[0] ?? expect.fail()
  const time = expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}$/)
  const entry = { name: 'ci', may: ['read', 'write'], utctimestamp: time }
  expect(made).toEqual({ ...result(`Token ci, shown only this once: ${value}`), token: { ...entry, value } })
  expect(await ann.ask('/token list')).toEqual({ ...result('ci: may read, write'), tokens: [entry] })
  const bot = await open(value)
  expect(await ann.ask('/sessions')).toMatchObject({
    sessions: [
      { account: true, current: true },
      { account: true, token: 'ci' },
    ],
    result: expect.stringContaining('Ann, token ci, line from 127.0.0.1'),
  })
  expect(await ann.ask('/token REVOKE CI')).toEqual(result('Token CI is revoked'))
  const [last] = (await bot.until(({ type }) => type === 'error')).slice(-1)
  expect(last).toMatchObject({ code: 'token-ended', reconnect: false })
  await bot.closed
  expect(await ann.ask('/token list')).toEqual({ ...result('You have no tokens'), tokens: [] })
  expect(await (await connect()).ask(`LOGIN ann ${value}`)).toEqual(error('Password incorrect'))
})

test('a token opens its own account only, and the password goes on doing so', async () => {
  const { create, connect, login } = await withAccount()
  const value = await create('ci')
  await (await login('bob')).ask(`/register ${PASSWORD}`)
  const client = await connect()
  expect(await client.ask(`LOGIN bob ${value}`)).toEqual(error('Password incorrect'))
  expect(await client.ask(`LOGIN nobody ${value}`)).toMatchObject(error('Invalid nickname'))
  expect(await client.ask(`LOGIN bob ${PASSWORD}`)).toEqual(result('Username set to bob'))
  expect(await (await connect()).ask(`LOGIN ann   ${value}`)).toEqual(result('Username set to Ann'))
})

test('a token with limits names them, and is held to them', async () => {
  const { ann, create, open } = await withAccount()
  await reply(ann, 'JOIN ops')
  const reader = await open(await create('reader rooms=ops,Dev may=read until=2h'))
  expect(await reply(ann, '/token list')).toMatchObject({
    result: expect.stringMatching(/^reader: may read in ops, dev, until 20\d\d-\d\d-\d\d \d\d:\d\d UTC$/),
    tokens: [{ name: 'reader', rooms: ['ops', 'dev'], may: ['read'], until: expect.any(String) }],
  })
  const refused = error('Not with this access token', { code: 'token-scope' })
  expect(await reply(reader, 'JOIN other')).toMatchObject(refused)
  expect(await reply(reader, 'JOIN OPS')).toEqual(result('Joined room ops'))
  await reply(ann, 'hello')
  await reader.until((line) => line.type === 'message' && line.body === 'hello')
  for (const line of [
    'me too',
    '/me too',
    '/tell ann psst',
    '/topic mine',
    '/block bob',
    '/token list',
    '/token create more',
    `/passwd ${PASSWORD} another one`,
    `/unregister ${PASSWORD}`,
    '/whois ann',
  ])
    expect([line, await reply(reader, line)]).toEqual([line, refused])
  expect(await reply(reader, 'HISTORY limit=1')).toMatchObject({ result: null })
  const writer = await open(await create('writer may=write rooms=ops'))
  expect(await reply(writer, 'JOIN ops')).toMatchObject(refused)
})

test('a line about tokens that makes no sense is told so', async () => {
  const { ann, login } = await withAccount()
  expect(await (await login('guest')).ask('/token create ci')).toMatchObject({ code: 'account-required' })
  expect(await reply(ann, '/token')).toMatchObject({ code: 'missing-parameter' })
  expect(await reply(ann, '/token create')).toMatchObject({ code: 'missing-parameter' })
  for (const [line, subject] of [
    ['/token sell ci', 'sell'],
    ['/token create -ci', '-ci'],
    ['/token create ci may=admin', 'may=admin'],
    ['/token create ci may=', 'may='],
    ['/token create ci until=soon', 'until=soon'],
    ['/token create ci until=0s', 'ci'],
    ['/token create ci colour=red', 'colour=red'],
  ])
    expect(await reply(ann, line ?? '')).toMatchObject(error(`Invalid token: ${subject}`, { code: 'token-invalid' }))
  expect(await reply(ann, '/token sell')).toMatchObject({ hint: 'The actions are list, create and revoke' })
  expect(await reply(ann, '/token create ci rooms=a,,b')).toMatchObject({ code: 'room-name-invalid' })
  expect(await reply(ann, '/token revoke ci')).toMatchObject(error('No such token: ci', { code: 'token-unknown' }))
  expect(await reply(ann, '/token create ci')).toMatchObject({ token: { name: 'ci' } })
  expect(await reply(ann, '/token create CI')).toMatchObject(
    error('There is a token CI already', { code: 'token-taken' }),
  )
})

test('a session ends when its token does', async () => {
  const { create, open } = await withAccount()
  const bot = await open(await create('short until=1s'))
  expect(await reply(bot, 'JOIN ops')).toEqual(result('Joined room ops'))
  expect(await reply(bot, 'hello')).toEqual(ok)
  const [last] = (await bot.until(({ type }) => type === 'error')).slice(-1)
  expect(last).toMatchObject({ code: 'token-ended', reconnect: false })
  await bot.closed
})
