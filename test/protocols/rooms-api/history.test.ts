/** docs/protocols/rooms-api.md, section 3, points 7, 8, 14 and 15: rooms and what was said in them. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { Overrides } from '../../support/daemon.ts'
import { eventually } from '../../support/eventually.ts'
import { temporaryFolder } from '../../support/folder.ts'
import { RedisServer, Wire, withRedis } from '../../support/redis.ts'
import { exported } from '../../transfer/world.ts'
import { apiStage, problem } from './stage.ts'

const pathOf = (link: string | null) => /^<([^>]+)>; rel="next"$/.exec(link ?? '')?.[1]

test('pages without the messages of somebody who is blocked lead back, too', async () => {
  const { post, api, account, line } = await apiStage()
  const headers = await account('ann')
  await post('ops', 'before', '?as=cat')
  await post('OPS', 'hidden', '?as=bob').then(({ body }) => expect(body.room).toBe('ops'))
  const ann = await line('ann')
  expect(await ann.ask('/block bob')).toHaveProperty('result')
  const read = (path: string) => api('GET', path, { headers })
  const newest = await read('/rooms/ops/messages?limit=1')
  expect(newest.body).toMatchObject([{ body: 'before' }])
  const rest = []
  for (let path = pathOf(newest.headers.get('link')); path !== undefined; ) {
    const page = await read(path)
    rest.push(...page.body)
    path = pathOf(page.headers.get('link'))
  }
  expect(rest).toEqual([])
})

test('pages lead back to the first event', async () => {
  const { post, line, api } = await apiStage()
  const ann = await line('ann', 'ops')
  await post(
    'ops',
    Array.from({ length: 256 }, (_, n) => ({ text: `text ${n}` })),
  )
  ann.send('LEAVE')
  await ann.until(({ type }) => type === 'userLeft')
  const pages: number[] = []
  const ids: string[] = []
  for (let path: string | undefined = '/rooms/ops/messages'; path !== undefined; ) {
    const { body, headers } = await api('GET', path)
    pages.push(body.length)
    ids.unshift(...body.map(({ id }: { id: string }) => id))
    path = pathOf(headers.get('link'))
  }
  expect(pages).toEqual([100, 100, 58])
  expect(new Set(ids).size).toBe(258)
  const [first] = ids
  const after = (await api('GET', `/rooms/ops/messages?after=${first}&before=${ids[3]}`)).body
  expect(after.map(({ id }: { id: string }) => id)).toEqual(ids.slice(1, 3))
  expect((await api('GET', `/rooms/ops/messages?limit=2&after=${first}`)).body).toHaveLength(2)
  const kinds = await api('GET', '/rooms/ops/messages?kinds=joined,left')
  expect(kinds.body).toMatchObject([
    { type: 'joined', from: 'ann', body: '' },
    { type: 'left', from: 'ann', body: '' },
  ])
  expect((await api('GET', '/rooms/ops/messages?from=-1h&to=today')).body).toEqual([])
  expect((await api('GET', '/rooms/ops/messages?from=-1h')).body).toHaveLength(100)
  for (const query of [
    'limit=0',
    'limit=1001',
    'limit=x',
    'before=x',
    'kinds=private',
    'from=soon',
    'x=1',
    'q=a&kinds=message',
  ])
    expect([query, await api('GET', `/rooms/ops/messages?${query}`)]).toMatchObject([
      query,
      problem(400, 'invalid-request'),
    ])
  expect(await api('GET', '/rooms/ops/messages?after=5')).toMatchObject(problem(410, 'history-gone'))
  const whole = (await api('GET', '/rooms/ops/messages?after=0&limit=1000')).body
  expect(whole.map(({ id }: { id: string }) => id)).toEqual(ids)
})

test('events are JSON, lines of JSON, or lines for people', async () => {
  const { post, api } = await apiStage()
  await post('ops', 'one\ntwo\u202e')
  await post('ops', { text: 'waves', action: true })
  const as = (Accept: string) => api('GET', '/rooms/ops/messages', { headers: { Accept } })
  const lines = (await as('application/x-ndjson')).text.trimEnd().split('\n')
  expect(lines.map((line) => JSON.parse(line))).toEqual((await as('application/json')).body)
  expect((await as('*/*')).text).not.toContain('\u202e')
  const plain = (await as('text/plain')).text
  expect(plain.replace(/\[[^\]]+\]/g, '[time]')).toBe('[time] <ci> one\n  two\\u202e\n[time] ** ci waves\n')
  expect((await api('HEAD', '/rooms/ops/messages')).status).toBe(200)
})

test('words are found in any case and accents, in rooms that one may read', async () => {
  const { post, api, line, account } = await apiStage()
  await post('ops', [{ text: 'Déploiement done' }, { text: 'nothing' }, { text: 'DEPLOIEMENT again' }])
  const found = await api('GET', '/rooms/ops/messages?q=deploiement')
  expect(found.body).toMatchObject([{ body: 'Déploiement done' }, { body: 'DEPLOIEMENT again' }])
  const one = await api('GET', '/rooms/ops/messages?q=deploi*&limit=1')
  expect(one.body).toMatchObject([{ body: 'DEPLOIEMENT again' }])
  expect((await api('GET', pathOf(one.headers.get('link')) ?? '')).body).toMatchObject([{ body: 'Déploiement done' }])
  await account('ann')
  const ann = await line('ann', 'den')
  expect(await ann.ask('/lock zebra umbrella 1234')).toMatchObject({ result: 'OK' })
  expect(await api('GET', '/rooms/den/messages?q=a')).toMatchObject(problem(404, 'not-found'))
})

test('rooms are made, listed, shown and closed', async () => {
  const { api, account, line, post } = await apiStage()
  const [ann, bob] = [await account('ann'), await account('bob')]
  const made = await api('PUT', '/rooms/ops', { headers: ann })
  expect([made.status, made.headers.get('location'), made.body]).toEqual([
    201,
    '/rooms/ops',
    expect.objectContaining({ room: 'ops', visibility: 'public', rank: 'owner', modes: {} }),
  ])
  expect((await api('PUT', '/rooms/OPS', { headers: bob })).status).toBe(200)
  expect(await api('PUT', '/rooms/no%20slug', { headers: ann })).toMatchObject(problem(400, 'room-name-invalid'))
  const inside = await line('ann', 'ops')
  for (const command of ['/topic Deploys', '/slow 5', '/limit 20']) {
    inside.send(command)
    await inside.until(({ type }) => type === 'topic' || type === 'mode')
  }
  await eventually(async () => {
    const { body } = await api('GET', '/rooms/ops')
    expect(body).toMatchObject({
      topic: { text: 'Deploys', by: 'ann' },
      modes: { slow: 5, limit: 20 },
      members: 1,
      rank: 'member',
    })
  })
  expect((await api('GET', '/rooms/ops/members')).body).toEqual([{ name: 'ann', rank: 'owner' }])
  await post('dev', 'hi')
  expect((await api('GET', '/rooms')).body).toMatchObject([
    { room: 'ops', topic: 'Deploys', members: 1 },
    { room: 'dev', members: 0, saidAt: expect.any(String) },
    { room: 'lobby', title: 'Public Chat' },
  ])
  expect((await api('GET', '/rooms?q=depl')).body).toMatchObject([{ room: 'ops' }])
  expect((await api('GET', '/rooms?limit=1')).body).toHaveLength(1)
  expect(await api('DELETE', '/rooms/ops', { headers: bob })).toMatchObject(problem(403, 'not-permitted'))
  expect((await api('DELETE', '/rooms/ops', { headers: ann })).status).toBe(204)
  expect(await inside.until(({ type }) => type === 'userLeft')).toBeDefined()
  expect(await api('GET', '/rooms/ops')).toMatchObject(problem(404, 'not-found'))
  expect(await api('DELETE', '/rooms/lobby', { headers: ann })).toMatchObject(problem(403, 'not-permitted'))
})

test('private messages, once for a key, and the inbox', async () => {
  const { api, account, line } = await apiStage()
  const [ann, bob] = [await account('ann'), await account('bob')]
  const there = await line('bob')
  const send = (body: unknown, headers: Record<string, string> = ann) =>
    api('POST', '/users/bob/messages', { body, headers })
  const key = { ...ann, 'Idempotency-Key': 'k' }
  for (let n = 0; n < 3; n++) expect((await send('psst', key)).status).toBe(204)
  // Another message would be lost without a word.
  expect(await send('other', key)).toMatchObject(problem(422, 'key-reused'))
  expect((await send({ text: 'again', nonce: 'n' })).status).toBe(204)
  expect(await send({ text: 'other', nonce: 'n' })).toMatchObject(problem(422, 'key-reused'))
  expect(await there.until((event) => event.type === 'private' && event.body === 'again')).toHaveLength(2)
  for (const headers of [ann, bob]) {
    expect((await api('GET', '/inbox', { headers })).body).toMatchObject([
      { type: 'private', from: 'ann', to: 'bob', body: 'psst' },
      { body: 'again' },
    ])
  }
  // The same key for another addressee is another one, also in the sender's inbox.
  await account('cid')
  expect((await api('POST', '/users/cid/messages', { body: 'to cid', headers: key })).status).toBe(204)
  expect((await api('GET', '/inbox?limit=1', { headers: ann })).body).toMatchObject([{ to: 'cid', body: 'to cid' }])
  const plain = await api('GET', '/inbox?limit=1', { headers: { ...bob, Accept: 'text/plain' } })
  expect(plain.text).toMatch(/^\[[^\]]+\] <ann -> bob> again\n$/)
  expect(await api('POST', '/users/nobody/messages', { headers: ann, body: 'hi' })).toMatchObject(
    problem(404, 'nobody-here'),
  )
  // A block keeps messages away without a word.
  expect(await there.ask('/block ann')).toHaveProperty('result')
  expect((await send('blocked')).status).toBe(204)
  expect((await api('GET', '/inbox', { headers: ann })).text).not.toContain('blocked')
})

test('a repetition that is refused leaves the key to the request that was done', async () => {
  const { api, account, line } = await apiStage()
  const headers = { ...(await account('ann')), 'Idempotency-Key': 'k' }
  const send = (body: string) => api('POST', '/users/guest/messages', { body, headers })
  const guest = await line('guest', 'ops')
  expect((await send('psst')).status).toBe(204)
  guest.end()
  await guest.closed
  expect(await send('psst')).toMatchObject(problem(404, 'nobody-here'))
  await line('guest', 'ops')
  expect(await send('other')).toMatchObject(problem(422, 'key-reused'))
  expect((await send('psst')).status).toBe(204)
})

/** Deletes a message of a room at a place as `--data` or `--redis` names it, and looks for it. */
async function deleteEverywhere(where: string, options: Overrides): Promise<void> {
  const { api, account, post, line, stop } = await apiStage(options)
  const [ann, bob] = [await account('ann'), await account('bob')]
  const secret = 'zanzibarquux'
  const key = { ...bob, 'Idempotency-Key': 'k' }
  const { body: said } = await post('ops', secret, '', key)
  await post('ops', 'before and after', '', bob)
  const remove = (headers: Record<string, string>, id = said.id) =>
    api('DELETE', `/rooms/ops/messages/${id}?why=oops`, { headers })
  expect(await remove(ann)).toMatchObject(problem(403, 'not-permitted'))
  expect(await remove(bob, '1')).toMatchObject(problem(404, 'message-unknown'))
  expect(await remove(bob, 'x')).toMatchObject(problem(404, 'message-unknown'))
  expect((await remove(bob)).body).toMatchObject({ type: 'redacted', to: 'bob', target: said.id, body: 'oops' })
  expect(await remove(bob)).toMatchObject(problem(404, 'message-unknown'))
  for (const accept of ['application/json', 'application/x-ndjson', 'text/plain']) {
    for (const query of ['', '?kinds=message', `?after=0&before=${Number(said.id) + 1}`, '?q=befo*']) {
      const { text } = await api('GET', `/rooms/ops/messages${query}`, { headers: { Accept: accept } })
      expect([accept, query, text.includes(secret)]).toEqual([accept, query, false])
    }
  }
  expect((await api('GET', `/rooms/ops/messages?q=${secret}`)).body).toEqual([])
  expect((await api('GET', '/rooms/ops')).text + (await api('GET', '/rooms')).text).not.toContain(secret)
  const reader = await line('reader', 'ops')
  reader.send('HISTORY')
  expect(JSON.stringify(await reader.rest())).not.toContain(secret)
  // It does not come back with its key.
  expect((await post('ops', secret, '', key)).status).toBe(201)
  expect(JSON.stringify(await reader.rest())).not.toContain(secret)
  await stop()
  const { text } = await exported(where)
  expect(text).toContain('before and after')
  expect(text).not.toContain(secret)
}

test('a message that is deleted is nowhere', async () => {
  const data = temporaryFolder()
  await deleteEverywhere(data, { data })
  expect(readFileSync(join(data, 'roomd.db')).includes('zanzibarquux')).toBe(false)
})

withRedis('the rooms API on Redis', () => {
  const server = RedisServer.forAll()

  test('a message that is deleted is nowhere', () => deleteEverywhere(server.url, { redis: server.url }))

  test('while Redis is away nothing is half done', async () => {
    const wire = await Wire.to(server.port)
    onTestFinished(() => wire.stop())
    const { post, api, bodies } = await apiStage({ redis: `redis://127.0.0.1:${wire.port}` })
    expect((await post('away', 'before')).status).toBe(201)
    wire.close()
    const unavailable = problem(503, 'unavailable')
    const key = { 'Idempotency-Key': 'k' }
    const answers = await Promise.all([
      post('away', [{ text: 'a' }, { text: 'b' }], '?as=ci', key),
      post('away', 'c\nd', '?as=ci&split=lines'),
      api('GET', '/rooms/away/messages?limit=1000'),
    ])
    for (const answer of answers.slice(0, 2)) expect(answer).toMatchObject(unavailable)
    expect(answers[0]?.headers.get('retry-after')).toBe('1')
    wire.open()
    await eventually(async () =>
      expect((await post('away', [{ text: 'a' }, { text: 'b' }], '?as=ci', key)).status).toBe(201),
    )
    expect(await bodies('away')).toEqual(['before', 'a', 'b'])
  })
})
