/** docs/protocols/moderation.md, section 2, at Globes: locks, invitations, bans and ranks hold for reading and for changes, too. */
import { describe, expect, test } from 'vitest'
import type { LineClient } from '../../support/client.ts'
import { bearer, failure, globesStage, joined, joining, left, notice, PASSWORD, said } from '../../support/globes.ts'
import { RedisServer, withRedis } from '../../support/redis.ts'

type Stage = Awaited<ReturnType<typeof globesStage>>

const DENIED = { status: 401, body: failure(204, 'Client error: Unauthorized operation') }
const FORBIDDEN = { status: 401, body: failure(104, 'Room error: Unauthorized operation') }
const LOCKED = { status: 403, body: failure(403, 'Token error: Invalid token', 'token') }
const BARRED = 'You may not read this room any more'

/** Clients are told apart by what their proxy says. */
const PROXY = { 'http-trust-proxy': '127.0.0.1' }
const from = (address: string) => ({ 'X-Forwarded-For': address })
const ELSEWHERE = from('10.0.0.2')
const EVIL = from('10.0.0.9')
const basic = (name: string) => ({
  Authorization: `Basic ${Buffer.from(`${name}:${PASSWORD}`).toString('base64')}`,
})

/** Sends lines that the server takes. */
async function order(client: LineClient, ...lines: string[]): Promise<void> {
  client.send(...lines)
  expect((await client.rest()).filter(({ type }) => type === 'error')).toEqual([])
}

/** The room of the account ann, who is in it at the line protocol. */
async function opsOf({ account, line, api }: Stage) {
  await account('ann')
  const ann = await line(`ann ${PASSWORD}`)
  await order(ann, 'JOIN ops')
  const { id } = (await api('GET', '/chats/ops')).body as { id: number }
  return { ann, id, path: `/chats/${id}`, history: `/chats/events/${id}` }
}

test('a ban holds for the holder of the password, and a token gives no rank', async () => {
  const stage = await globesStage(PROXY)
  const { api, account, connect, refused, line } = stage
  const { ann, path, history } = await opsOf(stage)
  const tokenOf = async (name: string, headers: Record<string, string>) =>
    api('POST', `${path}/token`, { secret: PASSWORD, name }, headers)
  await order(ann, `/lock ${PASSWORD}`, 'hello')
  const eve = bearer(String((await tokenOf('eve', EVIL)).body.token))
  expect((await api('GET', history, undefined, { ...eve, ...EVIL })).status).toBe(200)
  await order(ann, '/ban eve')

  expect(await tokenOf('eve', ELSEWHERE)).toMatchObject(DENIED)
  for (const get of [history, `${path}/token/renew`]) {
    expect(await api('GET', get, undefined, { ...eve, ...ELSEWHERE })).toMatchObject(DENIED)
  }
  expect(await refused(`${path}/ws`, [], { headers: eve })).toMatchObject(DENIED)
  expect((await api('GET', path, undefined, eve)).body.users).toEqual([])

  const granted = await tokenOf('bob', ELSEWHERE)
  expect(granted.status).toBe(201)
  const bob = { ...bearer(String(granted.body.token)), ...ELSEWHERE }
  expect((await api('GET', history, undefined, bob)).text).toContain('hello')
  const socket = await connect(`${path}/ws`, [], { headers: bob })
  await order(ann, 'heard')
  expect(await socket.next()).toMatchObject({ event_type: 'send', msg: 'heard' })

  const change = { title: 'Mine', visibility: 'private' }
  await account('dan')
  await order(ann, '/op dan')
  for (const headers of [bob, eve, {}]) {
    expect(await api('PUT', path, change, headers)).toMatchObject(FORBIDDEN)
    expect(await api('DELETE', path, undefined, headers)).toMatchObject(FORBIDDEN)
  }
  expect(await api('PUT', path, change, basic('dan'))).toMatchObject({ status: 200, body: { title: 'Mine' } })
  expect(await api('DELETE', path, undefined, basic('dan'))).toMatchObject(FORBIDDEN)
  const { token } = await stage.logIn('ann')
  expect((await api('DELETE', path, undefined, bearer(token))).status).toBe(200)
  expect(await (await line('fay')).ask('JOIN Mine')).toMatchObject({ type: 'commandResult' })
})

test('what an operator changes is in the log of the room', async () => {
  const stage = await globesStage(PROXY)
  const { ann, path } = await opsOf(stage)
  const { api } = stage
  const change = { title: 'Mine', description: 'deploys', visibility: 'public' }
  expect(await api('PUT', path, change, basic('ann'))).toMatchObject({ status: 200, body: change })
  expect((await ann.until(({ type }) => type === 'topic')).slice(-2)).toMatchObject([
    { type: 'mode', from: 'ann', flag: 'title', on: true, value: 'Mine' },
    { type: 'topic', from: 'ann', body: 'deploys' },
  ])
  expect(await ann.ask('/topic')).toMatchObject({ result: 'deploys (ann)' })
  // Nothing that stays is told again.
  expect((await api('PUT', path, change, basic('ann'))).status).toBe(200)
  expect(await ann.rest()).toEqual([])
  await order(ann, `/lock ${PASSWORD}`)
  for (const visibility of ['hidden', 'private']) {
    expect((await api('PUT', path, { ...change, visibility }, basic('ann'))).status).toBe(200)
  }
  expect((await api('PUT', path, { title: 'Mine', visibility: 'private' }, basic('ann'))).status).toBe(200)
  expect((await ann.until(({ type }) => type === 'topic')).slice(-3)).toMatchObject([
    { type: 'mode', flag: 'visibility', on: true, value: 'hidden' },
    { type: 'mode', flag: 'visibility', on: false },
    { type: 'topic', from: 'ann', body: '' },
  ])
})

test('an operator governs a public room, with every --globes-public-rooms', async () => {
  const stage = await globesStage({ 'globes-public-rooms': 'open' })
  const { api, create, line } = stage
  const { path } = await opsOf(stage)
  const change = { title: 'Mine', visibility: 'public' }
  const guest = await line('guest')
  await order(guest, 'JOIN hers')
  for (const room of [path, '/chats/hers']) {
    expect(await api('PUT', room, change)).toMatchObject(FORBIDDEN)
    expect(await api('DELETE', room)).toMatchObject(FORBIDDEN)
  }
  // Nobody's rooms are as published: when the guest has left, and where nobody ever was.
  await order(guest, 'JOIN lobby')
  const { id } = await create({ title: 'open' })
  for (const room of ['/chats/hers', `/chats/${id}`]) expect((await api('DELETE', room)).status).toBe(200)
})

test('an invite-only room is read by those who are invited', async () => {
  const stage = await globesStage(PROXY)
  const { api, connect, refused } = stage
  const { ann, id, path, history } = await opsOf(stage)
  await order(ann, 'secret', '/invite-only on')
  expect(await api('GET', history)).toMatchObject(DENIED)
  expect(await refused(`${path}/ws`)).toMatchObject(DENIED)
  const ask = (name: string) => api('POST', `${path}/token`, { name })
  for (const name of ['eve', 'bob']) expect(await ask(name)).toMatchObject(DENIED)
  expect(await api('POST', `${path}/token`)).toMatchObject(DENIED)

  await order(ann, '/invite bob')
  const { status, body } = await ask('bob')
  expect([status, body]).toEqual([201, { status: true, name: 'bob', room_id: id, token: expect.any(String) }])
  const token = String(body.token)
  expect((await api('GET', history, undefined, bearer(token))).text).toContain('secret')
  expect((await api('GET', `${path}/token/renew`, undefined, bearer(token))).status).toBe(201)
  const bob = await connect(`${path}/ws`, [token])
  bob.send(joining('bob'))
  expect(await bob.next()).toEqual(joined('bob', id))
  expect(await ask('eve')).toMatchObject(DENIED)

  const login = await stage.logIn('ann')
  expect((await api('GET', history, undefined, bearer(login.token))).status).toBe(200)
  await connect(`${path}/ws`, [login.token])
})

test('a token from before gives no right to read under the nickname of a guest who is in the room', async () => {
  const stage = await globesStage(PROXY)
  const { api, line } = stage
  const { ann, path, history } = await opsOf(stage)
  await order(ann, `/lock ${PASSWORD}`, 'secret')
  const headersOf = async (name: string, headers: Record<string, string>) => {
    const { body } = await api('POST', `${path}/token`, { secret: PASSWORD, name }, headers)
    return { ...bearer(String(body.token)), ...headers }
  }
  const [asBob, asFay] = [await headersOf('bob', EVIL), await headersOf('fay', EVIL)]
  const [bob, fay] = [await line('bob'), await line('fay')]
  for (const guest of [bob, fay]) await order(guest, `JOIN ops ${PASSWORD}`)
  await order(ann, '/op fay', '/invite bob', '/invite-only on')
  for (const headers of [asBob, asFay]) {
    for (const get of [history, `${path}/token/renew`])
      expect(await api('GET', get, undefined, headers)).toMatchObject(DENIED)
    expect(await stage.refused(`${path}/ws`, [], { headers })).toMatchObject(DENIED)
  }
  // Whoever is invited reads on its way in.
  await order(bob, 'LEAVE')
  expect((await api('GET', history, undefined, asBob)).status).toBe(200)
})

/** `start` gives the node of the moderator, and that of the sockets. */
function sockets(start: () => Promise<readonly [Stage, Stage]>): void {
  test('a lock puts out those who only listen, and members when they leave', async () => {
    const [here, there] = await start()
    const { ann, id, path } = await opsOf(here)
    const [watcher, david] = [await there.connect(`${path}/ws`), await there.connect(`${path}/ws`)]
    david.send(joining('david'))
    for (const client of [watcher, david]) expect(await client.next()).toEqual(joined('david', id))
    await order(ann, `/lock ${PASSWORD}`)
    expect(await watcher.closed).toEqual([1008, BARRED])
    expect(watcher.now()).toEqual([notice(BARRED)])
    await order(ann, 'inside')
    expect(await david.next()).toMatchObject({ event_type: 'send', name: 'ann', msg: 'inside' })
    david.send({ event_type: 'leave', name: 'david', msg: '' })
    expect(await david.closed).toEqual([1008, BARRED])
    expect(david.now()).toEqual([left('david', id), notice(BARRED)])
    expect(await there.refused(`${path}/ws`)).toMatchObject(LOCKED)
    // A token is for the password that it was given for.
    const { body } = await there.api('POST', `${path}/token`, { secret: PASSWORD, name: 'mark' })
    const mark = await there.connect(`${path}/ws`, [String(body.token)])
    await order(ann, `/lock ${PASSWORD}!`)
    expect(await mark.closed).toEqual([1008, BARRED])
  })

  test('so does an invite-only room, but not those who are invited', async () => {
    const [here, there] = await start()
    const { ann, path } = await opsOf(here)
    const watcher = await there.connect(`${path}/ws`)
    const { token } = await there.logIn('ann')
    const reader = await there.connect(`${path}/ws`, [token])
    await order(ann, '/invite-only on', 'inside')
    expect(await watcher.closed).toEqual([1008, BARRED])
    expect(watcher.now()).toEqual([notice(BARRED)])
    expect(await reader.next()).toMatchObject({ event_type: 'send', msg: 'inside' })
  })

  test('a ban puts out the user, and others at the address of a guest', async () => {
    const [here, there] = await start()
    const { ann, id, path } = await opsOf(here)
    const open = (headers: Record<string, string>) => there.connect(`${path}/ws`, [], { headers })
    const eve = await open(EVIL)
    eve.send(joining('eve'))
    expect(await eve.next()).toEqual(joined('eve', id))
    const gone = await open(ELSEWHERE)
    gone.send(joining('fay'), { event_type: 'leave', name: 'fay', msg: '' })
    expect(await gone.take(2)).toEqual([joined('fay', id), left('fay', id)])
    const [alike, watcher] = [await open(EVIL), await open(ELSEWHERE)]
    await order(ann, '/ban eve')
    expect((await eve.closed)[0]).toBe(1008)
    expect(await alike.closed).toEqual([1008, BARRED])
    await order(ann, '/ban fay')
    expect(await gone.closed).toEqual([1008, BARRED])
    await order(ann, 'inside')
    const heard = await watcher.until(({ msg }) => msg === 'inside')
    expect(heard.slice(0, -1)).toEqual([left('eve', id)])
    expect(heard.at(-1)).toMatchObject({ ...said('ann', 'inside', id), verified: true })
    expect(await there.refused(`${path}/ws`, [], { headers: EVIL })).toMatchObject(DENIED)
    expect(await there.api('GET', `/chats/events/${id}`, undefined, EVIL)).toMatchObject(DENIED)
  })
}

describe('sockets on one node', () => {
  sockets(async () => {
    const stage = await globesStage(PROXY)
    return [stage, stage]
  })
})

withRedis('sockets on another node', () => {
  const server = RedisServer.forAll()
  let tests = 0
  describe('on two nodes', () => {
    sockets(async () => {
      const options = { ...PROXY, redis: server.url, 'redis-prefix': `moderation${++tests}` }
      return [await globesStage(options), await globesStage(options)]
    })
  })
})

test('a topic is short, shorter in lists, and for readers only', async () => {
  const stage = await globesStage()
  const { api, create } = stage
  const { ann, path } = await opsOf(stage)
  const topic = `${'я'.repeat(295)} end.`
  expect(await ann.ask(`/topic ${topic}.`)).toMatchObject({ error: 'Message too long, at most 300 characters' })
  await order(ann, `/topic ${topic}`)
  expect(await ann.ask('/topic')).toMatchObject({ result: `${topic} (ann)` })
  const listed = { room: 'ops', members: 1, topic: `${'я'.repeat(79)}…` }
  for (const asked of ['/rooms', '/rooms END.']) {
    const { rooms, result } = (await ann.ask(asked)) as { rooms?: unknown; result?: string }
    expect(rooms).toContainEqual(listed)
    expect(result).toContain(`ops (1: ${listed.topic})`)
  }
  const description = `${'я'.repeat(33)}…`
  expect((await api('GET', path)).body).toMatchObject({ description })

  const json = { Accept: 'application/json' }
  const published = await create({ title: 'Den', visibility: 'private', password: PASSWORD, description: 'dark' })
  await order(ann, `/lock ${PASSWORD}`)
  expect((await api('GET', path)).body).not.toHaveProperty('description')
  expect((await api('GET', '/chats', undefined, json)).text).not.toContain('я')
  const { body } = await api('POST', `${path}/token`, { secret: PASSWORD, name: 'bob' })
  expect((await api('GET', path, undefined, bearer(String(body.token)))).body).toMatchObject({ description })
  await order(ann, '/unlock', '/hidden on')
  expect((await api('GET', path)).body).not.toHaveProperty('description')
  expect((await api('GET', `/chats/${published.id}`)).body).toMatchObject({ description: 'dark' })
})
