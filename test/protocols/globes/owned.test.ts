/** docs/protocols/globes.md, section 2.5: who may change and delete public rooms. */
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { checkConfig } from '../../../src/config.ts'
import type { Fields } from '../../clients/json-socket.ts'
import { temporaryFolder } from '../../support/folder.ts'
import { bearer, failure, globesStage, joining, PASSWORD, saying } from '../../support/globes.ts'
import { keptLog } from '../../support/log.ts'
import { RedisServer, withRedis } from '../../support/redis.ts'

const FORBIDDEN = { status: 401, body: failure(104, 'Room error: Unauthorized operation') }
const CHANGE = { title: 'Open', description: 'new', visibility: 'public' }

/** Clients are told apart by what their proxy says. */
const PROXY = { 'http-trust-proxy': '127.0.0.1' }
const from = (address: string) => ({ 'X-Forwarded-For': address })
const CREATOR = from('10.0.0.1')
const OTHER = from('10.0.0.2')

type Stage = Awaited<ReturnType<typeof globesStage>>

/** A public room that the creator has made. */
async function openRoom({ api }: Stage): Promise<string> {
  const { status, body } = await api('POST', '/chats', { title: 'Open', visibility: 'public' }, CREATOR)
  expect(status).toBe(201)
  return `/chats/${body.id}`
}

/** Somebody at an address says something in a room. */
async function speak({ connect }: Stage, path: string, name: string, headers: Record<string, string>) {
  const client = await connect(`${path}/ws`, [], { headers })
  client.send(joining(name), saying(name, 'hello'))
  expect(await client.take(2)).toMatchObject([{ event_type: 'join' }, { event_type: 'send', name }])
  return client
}

/** Neither request is granted, and the room is as it was. */
async function expectGuarded({ api }: Stage, path: string, headers: Record<string, string> = CREATOR) {
  const before = (await api('GET', path)).body
  expect(await api('PUT', path, CHANGE, headers)).toMatchObject(FORBIDDEN)
  expect(await api('PUT', path, 'nojson', headers)).toMatchObject(FORBIDDEN)
  expect(await api('DELETE', path, undefined, headers)).toMatchObject(FORBIDDEN)
  expect((await api('GET', path)).body).toEqual(before)
}

/** `start` gives the node at which rooms are made, and the one at which they are changed and deleted. */
function ownedRooms(start: () => Promise<readonly [Stage, Stage]>): void {
  test("49. the creator's script works", async () => {
    const [here, there] = await start()
    const path = await openRoom(here)
    expect(await there.api('PUT', path, CHANGE, CREATOR)).toMatchObject({ status: 200, body: { description: 'new' } })
    const david = await speak(here, path, 'David', CREATOR)
    david.send(saying('David', 'and again'))
    await david.next()
    // Somebody who is silent keeps nobody from it.
    const silent = await there.connect(`${path}/ws`, [], { headers: OTHER })
    silent.send(joining('silent'))
    await silent.next()
    expect((await there.api('PUT', path, { ...CHANGE, title: 'Other' }, CREATOR)).status).toBe(200)
    expect(await there.api('DELETE', path, undefined, CREATOR)).toMatchObject({ status: 200, text: '{"status":true}' })
    expect((await there.api('GET', path)).status).toBe(404)
    expect((await david.closed)[0]).toBe(1000)
  })

  test('49. another address may not, nor is an address believed that no proxy vouches for', async () => {
    const [here, there] = await start()
    const path = await openRoom(here)
    await expectGuarded(there, path, OTHER)
    await expectGuarded(there, path, {})
    expect((await there.api('DELETE', path, undefined, CREATOR)).status).toBe(200)
  })

  test('49. nor the creator when others have spoken, at whatever protocol', async () => {
    const [here, there] = await start()
    const first = await openRoom(here)
    await speak(here, first, 'david', CREATOR)
    await speak(there, first, 'eve', OTHER)
    await expectGuarded(there, first)

    const { body } = await here.api('POST', '/chats', { title: 'Second', visibility: 'public' }, CREATOR)
    const guest = await there.line('guest')
    guest.send('JOIN second', 'hello')
    await guest.rest()
    await expectGuarded(here, `/chats/${body.id}`)
    // Also when they have gone.
    await guest.ask('LEAVE')
    await expectGuarded(there, `/chats/${body.id}`)
  })

  test('49. many may share an address: the first name from there is the creator', async () => {
    const [here, there] = await start()
    const path = await openRoom(here)
    await speak(here, path, 'david', CREATOR)
    await speak(there, path, 'eve', CREATOR)
    await expectGuarded(there, path)
  })

  test("49. the creator's name, taken up by somebody else, is somebody else", async () => {
    const [here, there] = await start()
    const path = await openRoom(here)
    const david = await speak(here, path, 'david', CREATOR)
    const watcher = await here.connect(`${path}/ws`)
    david.websocket.close()
    expect(await watcher.next()).toMatchObject({ event_type: 'leave', name: 'david' })
    expect((await there.api('PUT', path, CHANGE, CREATOR)).status).toBe(200)
    await speak(there, path, 'david', OTHER)
    await expectGuarded(there, path)
  })
}

describe('on one node', () => {
  ownedRooms(async () => {
    const stage = await globesStage(PROXY)
    return [stage, stage]
  })
})

withRedis('rooms on several nodes', () => {
  const server = RedisServer.forAll()
  let tests = 0
  describe('on two nodes', () => {
    ownedRooms(async () => {
      const options = { ...PROXY, redis: server.url, 'redis-prefix': `owned${++tests}` }
      return [await globesStage(options), await globesStage(options)]
    })
  })
})

test('49. nor in a later hour', async () => {
  const stage = await globesStage(PROXY)
  const path = await openRoom(stage)
  const { now } = Date
  const hour = vi.spyOn(Date, 'now').mockImplementation(() => now() + 3_600_001)
  onTestFinished(() => hour.mockRestore())
  await expectGuarded(stage, path)
  hour.mockImplementation(() => now() + 3_540_000)
  expect((await stage.api('DELETE', path, undefined, CREATOR)).status).toBe(200)
})

test('49. nor rooms that were made elsewhere, nor the lobby', async () => {
  const stage = await globesStage()
  const guest = await stage.line('guest')
  await guest.ask('JOIN ops')
  await expectGuarded(stage, '/chats/ops', {})
  await expectGuarded(stage, '/chats/1', {})
})

test('49. a restart keeps who made a room', async () => {
  const options = { ...PROXY, data: temporaryFolder() }
  const first = await globesStage(options)
  const path = await openRoom(first)
  await speak(first, path, 'david', CREATOR)
  await first.stop()
  const second = await globesStage(options)
  await expectGuarded(second, path, OTHER)
  expect((await second.api('DELETE', path, undefined, CREATOR)).status).toBe(200)
})

/** A stage with two accounts, of which Ann's is an admin's, and a room in use that nobody there has made. */
async function withAdmin(options: Fields = {}) {
  const { log, logged } = keptLog()
  const stage = await globesStage({ admins: 'ann,root', ...options }, log)
  await stage.account('Ann')
  await stage.account('bob')
  const guest = await stage.line('guest')
  await guest.ask('JOIN ops')
  guest.send('hello')
  await guest.rest()
  const path = `/chats/${(await stage.api('GET', '/chats/ops')).body.id}`
  const lines = () =>
    logged()
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Fields)
  return { ...stage, stage, path, deletions: () => lines().filter(({ msg }) => msg === 'room deleted'), lines }
}

const basic = (name: string, password: string) => ({
  Authorization: `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`,
})

test('49. an admin may, by password or by the token of the account', async () => {
  const { api, path, logIn, line } = await withAdmin()
  expect(await api('PUT', path, { ...CHANGE, title: 'ops' }, basic('ANN', PASSWORD))).toMatchObject({
    status: 200,
    body: { description: 'new' },
  })
  expect((await api('PUT', '/chats/1', { ...CHANGE, title: 'Public Chat' }, basic('ann', PASSWORD))).status).toBe(200)
  // The lobby is what other protocols speak in.
  expect(await api('DELETE', '/chats/1', undefined, basic('ann', PASSWORD))).toMatchObject(FORBIDDEN)
  const { token } = await logIn('ann')
  expect((await api('DELETE', path, undefined, bearer(token))).status).toBe(200)
  const guest = await line('other')
  guest.send('JOIN ops', 'hello')
  await guest.rest()
  expect((await api('DELETE', '/chats/ops', undefined, basic('ann', PASSWORD))).status).toBe(200)
})

test('49. who is no admin may not, whatever is shown; attempts are limited', async () => {
  const { stage, path, logIn, den } = await withAdmin()
  const { tokenFor } = await den()
  const [ann, bob] = [await logIn('ann'), await logIn('bob')]
  const shown = [
    {},
    basic('bob', PASSWORD),
    bearer(bob.token),
    bearer(await tokenFor('ann')),
    // A page may send it unasked.
    ann.headers,
    { Authorization: 'Basic' },
    { Authorization: 'Basic %%%' },
    { Authorization: `Basic ${Buffer.from('ann').toString('base64')}` },
    { Authorization: 'Digest username="ann"' },
  ]
  for (const headers of shown) await expectGuarded(stage, path, headers)
  const guess = (n: number) => stage.api('DELETE', path, undefined, basic('ann', `wrong ${n}`))
  for (const answer of await Promise.all([1, 2, 3, 4, 5].map(guess))) expect(answer).toMatchObject(FORBIDDEN)
  const limited = { ...FORBIDDEN, status: 429 }
  expect(await stage.api('DELETE', path, undefined, basic('ann', PASSWORD))).toMatchObject(limited)
  expect((await stage.api('GET', path)).status).toBe(200)
})

test('49. rooms with a password may be changed and deleted by an admin, too', async () => {
  const { api, den, deletions } = await withAdmin()
  const { id, path } = await den()
  expect((await api('DELETE', path, undefined, basic('bob', PASSWORD))).status).toBe(403)
  expect((await api('DELETE', path, undefined, basic('ann', PASSWORD))).status).toBe(200)
  expect(deletions()).toMatchObject([{ room: id, by: 'admin Ann' }])
})

test('49. where nobody may, an admin may not either', async () => {
  const { stage, path } = await withAdmin({ 'globes-public-rooms': 'closed' })
  await expectGuarded(stage, path, basic('ann', PASSWORD))
})

test('49. each deletion is one line of the log', async () => {
  const { api, create, den, path, deletions } = await withAdmin()
  const own = await create({ title: 'Mine' })
  expect(await api('DELETE', path)).toMatchObject(FORBIDDEN)
  expect(deletions()).toEqual([])
  await api('DELETE', `/chats/${own.id}`)
  const { id, path: private_, tokenFor } = await den()
  await api('DELETE', private_, undefined, bearer(await tokenFor('david')))
  await api('DELETE', path, undefined, basic('ann', PASSWORD))
  const line = { level: 30, address: '127.0.0.1' }
  expect(deletions()).toMatchObject([
    { ...line, room: own.id, title: 'Mine', by: 'creator' },
    { ...line, room: id, title: 'Den', by: 'token of david' },
    { ...line, room: Number(path.slice('/chats/'.length)), title: 'ops', by: 'admin Ann' },
  ])

  const { log, logged } = keptLog()
  const open = await globesStage({ 'globes-public-rooms': 'open' }, log)
  await open.create({ title: 'Anyone' })
  await open.api('DELETE', '/chats/Anyone')
  expect(logged()).toMatch(/"title":"Anyone".*"by":"anybody".*"room deleted"/)
})

test('an admin whose name is not registered yet is named in the log', async () => {
  const { lines } = await withAdmin()
  expect(lines().filter(({ msg }) => String(msg).includes('--admins'))).toMatchObject([
    { level: 40, name: 'ann' },
    { level: 40, name: 'root' },
  ])
})

test('options that make no sense are refused with their name', () => {
  const check = (options: Fields) => () => checkConfig(options)
  expect(check({ 'globes-public-rooms': 'guarded' })).toThrow(
    '--globes-public-rooms is one of owned, open, closed, not guarded',
  )
  expect(check({ admins: 'ann,<b>' })).toThrow('--admins are names of accounts, not <b>')
  expect(checkConfig({ admins: 'ann,bob' }).admins).toEqual(['ann', 'bob'])
  expect(checkConfig({}).admins).toEqual([])
})
