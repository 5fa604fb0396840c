/** docs/protocols/moderation.md, section 1.2: the sessions of a guest with one word are one user. */
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import type { ServerLine } from '../../../commands/replies.ts'
import { LineClient } from '../../support/client.ts'
import { startTestDaemon, type TestDaemon } from '../../support/daemon.ts'
import { history, isReply, ok, result } from '../../support/stage.ts'

const WORD = 'a-secret-of-this-client'
const PRESENT = 'User with such nickname is already present in the requested room'

let daemon: TestDaemon
beforeAll(async () => void (daemon = await startTestDaemon()))
afterAll(() => daemon.stop())

/** A client that has logged in; its socket stays open whatever comes. */
async function login(name: string, { word = WORD, from }: { word?: string; from?: string } = {}): Promise<LineClient> {
  const client = await LineClient.connect(daemon, 'TCP', 'whole', from)
  onTestFinished(() => void client.socket.destroy())
  expect(await client.ask(`LOGIN ${name}${word && ` session=${word}`}`)).toEqual(result(`Username set to ${name}`))
  return client
}

/** The reply to a line, behind whatever the client has not read. */
async function reply(client: LineClient, line: string): Promise<ServerLine | undefined> {
  client.send(line)
  return (await client.until(isReply)).at(-1)
}

async function enter(client: LineClient, room: string): Promise<LineClient> {
  expect(await reply(client, `JOIN ${room}`)).toEqual(result(`Joined room ${room}`))
  return client
}

const kindsOf = (lines: readonly ServerLine[], name: string) =>
  lines.flatMap((line) => (line.type.startsWith('user') && 'from' in line && line.from === name ? [line.type] : []))
const told = (body: string) => (line: ServerLine) => line.type === 'private' && line.body === body
const heard = (body: string) => (line: ServerLine) => line.type === 'message' && line.body === body

/** The records of /inbox, as `from to body`. */
async function inbox(client: LineClient): Promise<string[]> {
  client.send('/inbox')
  return (await client.rest()).flatMap(({ type, ...line }) =>
    type === 'history' && 'body' in line && typeof line.body === 'object' && line.body.type === 'private'
      ? [`${line.body.from} ${line.body.to} ${line.body.body}`]
      : [],
  )
}

test('a guest that comes back is beside the connection that was lost, in the room once', async () => {
  const eve = await enter(await login('eve'), 'ops')
  const lost = await enter(await login('ann'), 'ops')
  lost.socket.pause()
  const back = await enter(await login('ann'), 'ops')
  const third = await enter(await login('ann'), 'ops')
  expect(await reply(third, '/who')).toMatchObject({ members: ['eve', 'ann'] })
  back.send('from ann')
  for (const client of [eve, back, third]) await client.until(heard('from ann'))
  lost.socket.resume()
  await lost.until(heard('from ann'))

  expect(await reply(back, 'JOIN ops')).toMatchObject({ error: PRESENT })
  const listed = await reply(back, '/sessions')
  expect(listed).toMatchObject({ sessions: [{ account: false }, { current: true }, {}] })
  const [first] = listed?.type === 'commandResult' ? (listed.sessions ?? []) : []
  expect(await reply(back, `/logout ${first?.id}`)).toEqual(result(`Logged out ${first?.id}`))
  expect((await lost.until(({ type }) => type === 'error')).at(-1)).toMatchObject({ code: 'logged-out' })
  await lost.closed
  expect(await reply(third, 'LEAVE')).toEqual(ok)
  back.send('/quit')
  await eve.until((line) => line.type === 'userLeft' && line.from === 'ann')
  expect(kindsOf((await history(eve)) as ServerLine[], 'ann')).toEqual(['userJoined', 'userLeft'])
})

test.each([
  { name: 'another word', options: { word: 'the-secret-of-another' } },
  { name: 'no word', options: { word: '' } },
  { name: 'another address', options: { from: '127.0.0.2' } },
])('a guest with $name is refused', async ({ options }) => {
  const holder = await enter(await login('bob'), 'ops')
  await holder.until(({ type }) => type === 'userJoined')
  const other = await login('bob', options)
  expect(await other.ask('JOIN ops')).toMatchObject({ type: 'error', error: PRESENT })
  expect(await reply(other, '/sessions')).toMatchObject({ sessions: [{ current: true }] })
  expect(await holder.rest()).toEqual([])
})

test('a word that is too short is none, and an account needs none', async () => {
  const holder = await login('carol')
  await holder.ask('/register correct horse')
  const owner = await LineClient.connect(daemon)
  onTestFinished(() => void owner.socket.destroy())
  expect(await owner.ask(`LOGIN carol correct horse session=${WORD}`)).toEqual(result('Username set to carol'))
  expect(await holder.rest()).toEqual([])
  const short = await LineClient.connect(daemon)
  onTestFinished(() => void short.socket.destroy())
  expect(await short.ask('LOGIN dora session=short')).toMatchObject({ error: 'Invalid nickname' })
})

test('private messages reach all sessions of the guest, and stand in the inbox of the next ones', async () => {
  const ann = await enter(await login('ann'), 'inbox-a')
  const elsewhere = await enter(await login('ann'), 'inbox-b')
  const nowhere = await login('ann')
  const stranger = await enter(await login('ann', { word: '' }), 'inbox-c')
  const bob = await enter(await login('bob', { word: '' }), 'inbox-a')
  expect(await reply(bob, '/tell ann to all of you')).toEqual(ok)
  for (const client of [ann, elsewhere, nowhere]) await client.until(told('to all of you'))
  expect(await reply(elsewhere, '/tell bob from b')).toEqual(ok)
  for (const client of [ann, elsewhere, nowhere, bob]) await client.until(told('from b'))
  expect(await reply(nowhere, '/tell bob from nowhere')).toMatchObject({ code: 'not-in-room' })
  const all = ['bob ann to all of you', 'ann bob from b']
  for (const client of [ann, elsewhere, nowhere, bob]) expect(await inbox(client)).toEqual(all)
  expect(await inbox(stranger)).toEqual([])

  // From another room: only while nobody else has the nickname.
  const dan = await enter(await login('dan', { word: '' }), 'inbox-d')
  expect(await reply(dan, '/tell ann who of you?')).toMatchObject({ code: 'nobody-here' })
  expect(await reply(stranger, 'LEAVE')).toEqual(ok)
  expect(await reply(dan, '/tell ann you')).toEqual(ok)
  for (const client of [ann, elsewhere, nowhere]) await client.until(told('you'))
  for (const client of [ann, elsewhere, nowhere]) client.send('/quit')
  await Promise.all([ann.closed, elsewhere.closed, nowhere.closed])
  expect(await inbox(await login('ann'))).toEqual([...all, 'dan ann you'])
  const other = await enter(await login('ann', { word: 'the-secret-of-another' }), 'inbox-a')
  expect(await inbox(other)).toEqual([])
})

test('a guest deletes what another of its sessions has said, and the next guest of the nickname does not', async () => {
  const ann = await enter(await login('ann'), 'delete')
  const eve = await enter(await login('eve', { word: '' }), 'delete')
  const said = await reply(ann, 'MESSAGE nonce=1 one')
  const second = await enter(await login('ann'), 'delete')
  const { id } = said?.type === 'commandResult' ? said : {}
  const kept = await reply(ann, 'MESSAGE nonce=2 two')
  expect(await reply(second, `/delete ${id}`)).toEqual(ok)
  for (const client of [ann, second]) expect(await reply(client, 'LEAVE')).toEqual(ok)
  await eve.until(({ type }) => type === 'userLeft')
  const next = await enter(await login('ann'), 'delete')
  expect(await reply(next, `/delete ${kept?.type === 'commandResult' ? kept.id : ''}`)).toMatchObject({
    code: 'not-permitted',
  })
})

test('a nonce that another guest of the nickname has used is new', async () => {
  const eve = await enter(await login('eve', { word: '' }), 'nonces')
  for (const word of [WORD, 'the-secret-of-another', WORD]) {
    const ann = await enter(await login('ann', { word }), 'nonces')
    expect(await reply(ann, `MESSAGE nonce=1 with ${word}`)).toMatchObject(ok)
    expect(await reply(ann, `/tell eve nonce=1 with ${word}`)).toEqual(ok)
    expect(await reply(ann, 'LEAVE')).toEqual(ok)
  }
  const bodies = (lines: readonly ServerLine[], type: string) =>
    lines.flatMap((line) => (line.type === type && 'body' in line ? [line.body] : []))
  const lines = await eve.rest()
  for (const type of ['message', 'private'])
    expect(bodies(lines, type)).toEqual([`with ${WORD}`, 'with the-secret-of-another'])
})

test('what the guest registers is the account of all of its sessions', async () => {
  const [one, two] = [await enter(await login('gus'), 'reg-a'), await enter(await login('gus'), 'reg-b')]
  const idle = await login('gus')
  const eve = await enter(await login('eve', { word: '' }), 'reg-b')
  expect(await reply(one, '/register correct horse')).toEqual(result('Nickname gus is registered'))
  for (const client of [one, two, idle]) {
    expect(await reply(client, '/whoami')).toMatchObject({ user: { nickname: 'gus', account: true } })
  }
  expect(await reply(eve, '/tell gus account')).toEqual(ok)
  for (const client of [one, two, idle]) await client.until(told('account'))
  const owner = await LineClient.connect(daemon)
  onTestFinished(() => void owner.socket.destroy())
  await owner.ask('LOGIN gus correct horse')
  await enter(owner, 'reg-b')
  expect(await reply(owner, '/who')).toMatchObject({ members: ['gus', 'eve'] })
  const stranger = await LineClient.connect(daemon)
  onTestFinished(() => void stranger.socket.destroy())
  expect(await stranger.ask(`LOGIN gus session=${WORD}`)).toMatchObject({ code: 'name-reserved' })
})

test('is not registered while another guest has the nickname', async () => {
  const own = await enter(await login('hal'), 'reg-c')
  await enter(await login('hal', { word: '' }), 'reg-d')
  expect(await reply(own, '/register correct horse')).toMatchObject({ code: 'name-in-use' })
})
