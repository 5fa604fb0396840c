/** Accounts at the line protocol (docs/protocols/line.md, section 8). */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { LineClient } from '../../support/client.ts'
import { temporaryFolder } from '../../support/folder.ts'
import { RoomdProcess } from '../../support/process.ts'
import { error, isReply, joined, left, ok, result, said, stage } from '../../support/stage.ts'

const WAY = { transport: 'TCP', mode: 'whole' } as const
const SECRET = 'correct horse  battery staple'

test('/register makes the nickname an account that only its password opens', async () => {
  const { connect, login } = await stage(WAY)
  expect(await (await connect()).ask('/register x')).toEqual(error('Login required'))
  const alice = await login('Alice')
  expect(await alice.ask('/register')).toEqual(error('Missing required parameter'))
  expect(await alice.ask(`/register ${'x'.repeat(129)}`)).toEqual(error('Invalid password'))
  expect(await alice.ask(`/register ${SECRET}`)).toEqual(result('Nickname Alice is registered'))
  expect(await alice.ask('/register again and again')).toEqual(error('Nickname is already registered'))
  const other = await connect()
  expect(await other.ask('LOGIN alice')).toEqual(error('Nickname is reserved'))
  expect(await other.ask(`LOGIN alice ${SECRET}r`)).toEqual(error('Password incorrect'))
  expect(await other.ask('/who lobby')).toEqual(error('Login required'))
  expect(await other.ask(`LOGIN alice ${SECRET}`)).toEqual(result('Username set to Alice'))
  expect(await other.ask('LOGIN alice x')).toEqual(error('User already logged in with name Alice'))
})

test('two words are an invalid nickname as long as the first is nobody’s, and no attempt', async () => {
  const client = await (await stage(WAY)).connect()
  for (let n = 0; n < 9; n++) expect(await client.ask('LOGIN alice ice')).toEqual(error('Invalid nickname'))
  expect(await client.ask('LOGIN alice')).toEqual(result('Username set to alice'))
})

test('after five wrong passwords the right one has to wait', async () => {
  const { connect, login } = await stage(WAY)
  await (await login('alice')).ask('/register right one')
  const client = await connect()
  client.send(...Array.from({ length: 5 }, () => 'LOGIN alice wrong'), 'LOGIN alice right one')
  const replies = await client.take(6)
  expect(replies.slice(0, 5)).toEqual(Array(5).fill(error('Password incorrect')))
  expect(replies[5]).toEqual(error('Too many attempts, wait a minute'))
  expect(await client.ask('LOGIN bob')).toEqual(result('Username set to bob'))
})

test('lines behind a check wait for it, and replies keep their order', async () => {
  const { connect, login } = await stage(WAY)
  await (await login('alice')).ask('/register right one')
  const client = await connect()
  client.send('LOGIN alice wrong', '/ping one', 'LOGIN alice right one', 'JOIN tech', 'hello', '/ping two')
  expect(await client.take(8)).toMatchObject([
    error('Password incorrect'),
    result('PONG one'),
    result('Username set to alice'),
    result('Joined room tech'),
    joined('alice'),
    ok,
    said('alice', 'hello'),
    result('PONG two'),
  ])
})

test('a login that had to be waited for ends the time to log in', async () => {
  const { connect, login } = await stage(WAY, { 'login-timeout': 1 })
  await (await login('alice')).ask('/register right one')
  const client = await connect()
  expect(await client.ask('LOGIN alice right one')).toEqual(result('Username set to alice'))
  await new Promise((next) => setTimeout(next, 1_200))
  expect(await client.ask('/ping')).toEqual(result('PONG'))
})

test('accounts and their blocks survive kill -9; no password is in the log or on the disk', async () => {
  const folder = temporaryFolder()
  const args = ['--line', '0', '--data', folder, '--log-level', 'trace']
  const first = new RoomdProcess(args)
  onTestFinished(() => void first.child.kill('SIGKILL'))
  const dial = async (line: number) =>
    LineClient.connect({ line, lineTls: Number.NaN, port: () => Number.NaN, stop: async () => {} }, 'TCP', 'whole')
  const alice = await dial(await first.ready())
  await alice.ask('LOGIN alice')
  expect(await alice.ask('/block "bob"')).toEqual(result('Blocked bob'))
  expect(await alice.ask(`/register ${SECRET}`)).toEqual(result('Nickname alice is registered'))
  await alice.ask('/block carol')
  expect(await alice.ask('/unblock "bob"')).toEqual(result('Unblocked bob'))
  first.child.kill('SIGKILL')
  await first.exit

  const second = new RoomdProcess(args)
  onTestFinished(() => void second.child.kill('SIGKILL'))
  const again = await dial(await second.ready())
  expect(await again.ask('LOGIN alice')).toEqual(error('Nickname is reserved'))
  expect(await again.ask(`LOGIN alice ${SECRET}x`)).toEqual(error('Password incorrect'))
  expect(await again.ask(`LOGIN alice ${SECRET}`)).toEqual(result('Username set to alice'))
  expect(await again.ask('/blocked')).toMatchObject({ blocked: ['carol'] })

  const kept = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile())
  const files = kept.map(({ name }) => readFileSync(join(folder, name)))
  expect(Buffer.concat(files).includes('$scrypt$')).toBe(true)
  for (const bytes of [...files, ...[first, second].map(({ log }) => Buffer.from(JSON.stringify(log)))]) {
    expect(bytes.includes(SECRET)).toBe(false)
  }
  again.socket.destroy()
  second.child.kill('SIGTERM')
  expect(await second.exit).toMatchObject({ status: 0, stderr: '' })
})

test('an account is in one room through several sessions: one joined, one left', async () => {
  const { connect, login } = await stage(WAY)
  const [laptop, eve] = [await login('alice'), await login('eve')]
  await laptop.ask(`/register ${SECRET}`)
  await eve.ask('JOIN tech')
  const phone = await connect()
  await phone.ask(`LOGIN alice ${SECRET}`)
  laptop.send('JOIN tech')
  expect(await laptop.take(2)).toMatchObject([result('Joined room tech'), joined('alice')])
  expect(await phone.ask('JOIN tech')).toEqual(result('Joined room tech'))
  expect(await phone.ask('JOIN tech')).toMatchObject({
    type: 'error',
    error: expect.stringContaining('already present'),
  })
  expect(await phone.ask('/who')).toMatchObject({ members: ['eve', 'alice'] })
  laptop.send('from the laptop')
  for (const client of [laptop, phone]) await client.until((line) => line.type === 'message')
  const first = await eve.until((line) => line.type === 'message')
  expect(first.filter(({ type }) => type === 'userJoined')).toMatchObject([joined('eve'), joined('alice')])
  eve.send('/tell alice both')
  for (const client of [laptop, phone]) await client.until((line) => line.type === 'private')

  // The one leaves, the other moves: only the last one of a room is seen to leave.
  expect(await laptop.ask('LEAVE')).toEqual(ok)
  expect(await laptop.ask('JOIN tech')).toEqual(result('Joined room tech'))
  laptop.send('/quit')
  await laptop.closed
  phone.send('still here')
  await phone.until((line) => line.type === 'message')
  expect(await phone.ask('JOIN elsewhere')).toEqual(result('Joined room elsewhere'))
  const seen = await eve.until((line) => line.type === 'userLeft')
  const presence = seen.filter(({ type }) => type === 'userJoined' || type === 'userLeft')
  expect(presence).toMatchObject([left('alice')])
  expect(seen.filter(({ type }) => type === 'message')).toMatchObject([said('alice', 'still here')])
})

test('sessions of an account that enter and leave a room at the same moment lose neither presence nor lines', async () => {
  const { connect, login } = await stage(WAY)
  const [alice, eve] = [await login('alice'), await login('eve')]
  await alice.ask(`/register ${SECRET}`)
  await eve.ask('JOIN tech')
  const sessions = await Promise.all(Array.from({ length: 8 }, connect))
  await Promise.all(sessions.map((client) => client.ask(`LOGIN alice ${SECRET}`)))
  const visits = sessions.map(async (client, n) => {
    for (let round = 0; round < 10; round++) {
      client.send('JOIN tech')
      await client.until((line) => line.type === 'commandResult' && line.result === 'Joined room tech')
      client.send(`${n} ${round}`)
      await client.until((line) => line.type === 'message' && line.body === `${n} ${round}`)
      client.send('LEAVE')
      await client.until(isReply)
    }
  })
  await Promise.all(visits)
  const heard = await eve.rest()
  const presence = heard.filter(({ type }) => type === 'userJoined' || type === 'userLeft').slice(1)
  expect(presence.length).toBeGreaterThan(0)
  for (const [n, { type }] of presence.entries()) expect(type).toBe(n % 2 === 0 ? 'userJoined' : 'userLeft')
  expect(presence.at(-1)?.type).toBe('userLeft')
  expect(heard.filter(({ type }) => type === 'message')).toHaveLength(80)
})
