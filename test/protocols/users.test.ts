/**
 * Accounts, names and admins at the line protocol, on both engines (docs/protocols/moderation.md, section 1; the numbers are those of its
 * checklist). On Redis who acts and who is acted on are on two nodes.
 */
import { once } from 'node:events'
import { connect } from 'node:net'
import split2 from 'split2'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { CommandResult, ServerLine } from '../../commands/replies.ts'
import { startNodesHere } from '../cluster/nodes.ts'
import { LineClient } from '../support/client.ts'
import { startTestDaemon, type TestDaemon } from '../support/daemon.ts'
import { eventually } from '../support/eventually.ts'
import { RedisServer, withRedis } from '../support/redis.ts'
import { error, history, isReply, ok, result } from '../support/stage.ts'

const OPTIONS = { admins: 'boss' }
const OLD = 'correct horse'
const NEW = 'battery staple'

type Where = readonly [here: TestDaemon, there: TestDaemon]

async function dial(daemon: TestDaemon, ...lines: readonly string[]): Promise<LineClient> {
  const client = await LineClient.connect(daemon)
  onTestFinished(() => {
    client.socket.destroy()
    if (client.failure) throw client.failure
  })
  for (const line of lines) expect([line, await reply(client, line)]).toMatchObject([line, { type: 'commandResult' }])
  return client
}

/** The reply to a line, behind the events that the client has not read. */
async function reply(client: LineClient, line: string): Promise<ServerLine> {
  client.send(line)
  return (await client.until(isReply)).at(-1) ?? expect.fail()
}

const account = (daemon: TestDaemon, name: string) => dial(daemon, `LOGIN ${name}`, `/register ${OLD}`)
const sessionsOf = (line: ServerLine) => (line as CommandResult).sessions ?? expect.fail(JSON.stringify(line))
const code = (line: ServerLine) => (line.type === 'error' ? line.code : line.type)

/** The first line to a client that connects from another address. */
async function from(address: string, daemon: TestDaemon, line: string): Promise<ServerLine> {
  const socket = connect({ port: daemon.line, host: '127.0.0.1', localAddress: address })
  onTestFinished(() => void socket.destroy())
  socket.write(`${line}\n`)
  const [first] = await once(socket.pipe(split2('\n', JSON.parse)), 'data')
  return first as ServerLine
}

function suite(start: () => Promise<Where>): void {
  test('8. a name that looks like an account’s, or like that of somebody in a room, is refused', async () => {
    const [here, there] = await start()
    await account(there, 'admin')
    const bob = await dial(there, 'LOGIN bob', 'JOIN tech')
    const client = await dial(here)
    for (const name of ['аdmin', 'adrnin', 'ADMIN'])
      expect(code(await reply(client, `LOGIN ${name}`))).toBe('name-reserved')
    for (const name of ['bоb', 'B0b']) expect(code(await reply(client, `LOGIN ${name}`))).toBe('name-in-use')
    for (const name of ['roomd', 'rооmd', 'pub|ic'])
      expect(code(await reply(client, `LOGIN ${name}`))).toBe('name-reserved')
    // The same name is in use in its room only.
    const same = await dial(here, 'LOGIN BOB', 'JOIN other', 'LEAVE')
    expect(code(await reply(same, 'JOIN tech'))).toBe('name-in-room')
    await reply(bob, 'LEAVE')
    await eventually(async () => expect(await reply(client, 'LOGIN b0b')).toEqual(result('Username set to b0b')))
  })

  test('8. of two that look alike and come at the same moment one is in', async () => {
    const [here, there] = await start()
    const two = [await dial(here, 'LOGIN carol'), await dial(there, 'LOGIN car0l')]
    const replies = await Promise.all(two.map((client) => reply(client, 'JOIN tech')))
    expect(replies.map(code).toSorted()).toEqual(['commandResult', 'name-in-use'])
    const loser = two[replies.findIndex((line) => code(line) === 'name-in-use')] ?? expect.fail()
    await reply(two.find((client) => client !== loser) ?? loser, '/quit')
    await eventually(async () => expect(code(await reply(loser, 'JOIN tech'))).toBe('commandResult'))
  })

  test('9. an account with several sessions comes once, and goes once; it sees them and ends one', async () => {
    const [here, there] = await start()
    const eve = await dial(there, 'LOGIN eve', 'JOIN tech')
    const laptop = await account(here, 'ann')
    const phone = await dial(there, `LOGIN ann ${OLD}`, 'JOIN tech')
    await reply(laptop, 'JOIN tech')
    const list = await reply(laptop, '/sessions')
    const [first, second] = sessionsOf(list)
    expect(sessionsOf(list)).toMatchObject([
      { nickname: 'ann', protocol: 'line', address: '127.0.0.1', account: true, current: true },
      { nickname: 'ann', protocol: 'line', address: '127.0.0.1', account: true },
    ])
    expect(Date.now() - Date.parse(`${first?.since}Z`)).toBeLessThan(60_000)
    expect(first?.id).not.toBe(second?.id)
    // A guest of the name in another room would be somebody else; eve sees herself.
    expect(sessionsOf(await reply(eve, '/sessions'))).toMatchObject([{ nickname: 'eve', account: false }])
    for (const asking of [eve, laptop]) {
      expect(await reply(asking, '/logout nothing')).toEqual(
        error('No such session: nothing', { code: 'session-unknown' }),
      )
    }
    expect(code(await reply(eve, `/logout ${second?.id}`))).toBe('session-unknown')
    expect(await reply(laptop, `/logout ${second?.id}`)).toEqual(result(`Logged out ${second?.id}`))
    const [last] = (await phone.until(({ type }) => type === 'error')).slice(-1)
    expect(last).toMatchObject({ code: 'logged-out', reconnect: false })
    await phone.closed
    laptop.send(`/logout ${first?.id}`)
    await laptop.closed
    await eve.until((line) => line.type === 'userLeft' && line.from === 'ann')
    const seen = (await history(eve)).filter(({ from }) => from === 'ann')
    expect(seen.map(({ type }) => type)).toEqual(['userJoined', 'userLeft'])
  })

  test('14. a password is changed with the old one only, by the owner or an admin', async () => {
    const [here, there] = await start()
    const [ann, boss] = [await account(here, 'ann'), await account(there, 'boss')]
    const guest = await dial(here, 'LOGIN guest')
    const other = await dial(there, `LOGIN ann ${OLD}`)
    expect(await reply(guest, '/whoami')).toMatchObject({ user: { nickname: 'guest', account: false, admin: false } })
    expect(await reply(ann, '/whoami')).toMatchObject({ user: { nickname: 'ann', account: true, admin: false } })
    expect(await reply(boss, '/whoami')).toMatchObject({ user: { nickname: 'boss', account: true, admin: true } })
    for (const line of [`/passwd "${OLD}" ${NEW}`, `/passwd ann ${NEW}`, `/unregister ${OLD}`]) {
      expect([line, code(await reply(guest, line))]).toEqual([line, 'account-required'])
    }
    // Who is no admin sets nobody's password: the word counts as the old one.
    expect(code(await reply(ann, `/passwd boss ${NEW}`))).toBe('secret-wrong')
    expect(code(await reply(ann, `/passwd "wrong" ${NEW}`))).toBe('secret-wrong')
    expect(code(await reply(ann, '/unregister wrong'))).toBe('secret-wrong')
    expect(code(await reply(ann, `/passwd "${OLD}" 7 chars`))).toBe('secret-invalid')
    expect(code(await reply(ann, '/passwd "quoted"'))).toBe('missing-parameter')
    expect(await reply(ann, `/passwd "${OLD}" ${NEW}`)).toEqual(result('Password changed'))
    expect((await other.next()).type).toBe('error')
    await other.closed
    expect(await reply(ann, '/ping still here')).toEqual(result('PONG still here'))
    expect(code(await reply(await dial(there), `LOGIN ann ${OLD}`))).toBe('secret-wrong')
    await dial(there, `LOGIN ann ${NEW}`)
    expect(await reply(boss, '/passwd ann by the admin')).toEqual(result('Password of ann changed'))
    expect(await ann.next()).toMatchObject({ code: 'password-changed' })
    await dial(here, 'LOGIN ann by the admin')
  })

  test('14. an account is removed with its password only, and its name stays nobody’s', async () => {
    const [here, there] = await start()
    const ann = await account(here, 'ann')
    const other = await dial(there, `LOGIN ann ${OLD}`, 'JOIN tech')
    expect(await reply(ann, `/unregister ${OLD}`)).toMatchObject({
      result: expect.stringMatching(/free from \d{4}-\d\d-\d\d on$/),
    })
    await ann.closed
    expect((await other.until(({ type }) => type === 'error')).at(-1)).toMatchObject({ code: 'account-removed' })
    for (const daemon of [here, there]) {
      const client = await dial(daemon)
      for (const name of ['ann', 'Ann', 'аnn']) expect(code(await reply(client, `LOGIN ${name}`))).toBe('name-reserved')
      expect(code(await reply(client, `LOGIN ann ${OLD}`))).toBe('name-invalid')
    }
  })

  test('14. what admins may do is refused to others', async () => {
    const [here, there] = await start()
    await account(there, 'boss')
    // A guest who is called like an admin's account cannot be; the owner of another account is none.
    const ann = await account(here, 'ann')
    for (const line of ['/whois boss', '/disconnect boss because', '/announce hello']) {
      expect([line, await reply(ann, line)]).toEqual([line, error('Only for admins', { code: 'admin-required' })])
    }
  })

  test('the members of a hidden room are shown to admins, and to nobody else outside', async () => {
    const [here, there] = await start()
    const boss = await account(here, 'boss')
    const ann = await account(here, 'ann')
    const eve = await account(there, 'eve')
    eve.send('JOIN den')
    await eve.until(({ type }) => type === 'userJoined')
    expect(await reply(eve, '/hidden on')).toEqual(ok)
    await eventually(async () => expect(code(await reply(ann, '/who den'))).toBe('room-private'))
    expect(await reply(boss, '/who den')).toMatchObject({ room: 'den', members: ['eve'] })
  })

  test('an admin sees the sessions of a user, ends them with a reason, and addresses everybody', async () => {
    const [here, there] = await start()
    const boss = await account(here, 'boss')
    const eve = await dial(there, 'LOGIN eve', 'JOIN tech')
    const alsoEve = await dial(here, 'LOGIN Eve')
    expect(await reply(boss, '/whois nobody')).toEqual(error('No such user: nobody', { code: 'user-unknown' }))
    expect(await reply(boss, '/disconnect nobody for nothing')).toEqual(
      error('No such user: nobody', { code: 'user-unknown' }),
    )
    expect(await reply(boss, '/disconnect "no body" for nothing')).toMatchObject({ error: 'No such user: no body' })
    expect(sessionsOf(await reply(boss, '/whois "EVE"'))).toMatchObject([{ nickname: 'eve' }, { nickname: 'Eve' }])
    expect(sessionsOf(await reply(boss, '/whois EVE'))).toMatchObject([
      { nickname: 'eve', protocol: 'line', address: '127.0.0.1', account: false },
      { nickname: 'Eve', protocol: 'line', address: '127.0.0.1', account: false },
    ])
    boss.send('/announce maintenance at noon')
    expect(await boss.take(2)).toEqual([ok, { type: 'notice', notice: 'maintenance at noon' }])
    for (const client of [eve, alsoEve]) {
      const [notice] = (await client.until(({ type }) => type === 'notice')).slice(-1)
      expect(notice).toEqual({ type: 'notice', notice: 'maintenance at noon' })
    }
    expect(code(await reply(boss, `/announce ${'x'.repeat(4_001)}`))).toBe('text-too-long')
    expect(code(await reply(boss, '/announce \u0007'))).toBe('text-empty')
    expect(code(await reply(boss, `/disconnect eve ${'x'.repeat(101)}`))).toBe('text-too-long')
    expect(await reply(boss, '/disconnect eve spam, spam')).toEqual(result('Disconnected eve: 2 sessions'))
    for (const client of [eve, alsoEve]) {
      const text = 'Disconnected by an admin: spam, spam'
      expect((await client.until(isReply)).at(-1)).toEqual({
        type: 'error',
        error: text,
        code: 'disconnected',
        reconnect: false,
      })
      await client.closed
    }
  })

  test('15. failed passwords from one address lock nobody out at another one', async () => {
    const [here, there] = await start()
    await account(here, 'ann')
    for (const daemon of new Set([here, there])) {
      for (let n = 0; n < 6; n++) {
        const tried = await from('127.0.0.9', daemon, `LOGIN ann guess ${n}`)
        expect(code(tried)).toBe(n < 5 ? 'secret-wrong' : 'too-many-attempts')
      }
      expect(code(await from('127.0.0.9', daemon, `LOGIN ann ${OLD}`))).toBe('too-many-attempts')
      await dial(daemon, `LOGIN ann ${OLD}`)
    }
  })
}

describe('on the local engine', () => {
  suite(async () => {
    const daemon = await startTestDaemon(OPTIONS)
    onTestFinished(() => daemon.stop())
    return [daemon, daemon]
  })
})

withRedis('users on two nodes', () => {
  const server = RedisServer.forAll()
  describe('on two nodes of Redis', () => {
    suite(async () => {
      const [here, there] = await startNodesHere([server.url, server.url], OPTIONS)
      return [here?.daemon ?? expect.fail(), there?.daemon ?? expect.fail()]
    })
  })
})
