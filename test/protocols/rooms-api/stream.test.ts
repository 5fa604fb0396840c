/** docs/protocols/rooms-api.md, section 2.6: formats of streams, and where they begin. */
import { expect, test } from 'vitest'
import { NDJSON, PLAIN, SSE, type StreamOptions } from '../../clients/stream.ts'
import { streamStage } from './streams.ts'

test('server-sent events have the id behind which a client resumes, from the first one on', async () => {
  const { stream, speaker } = await streamStage()
  const ann = await speaker('ann', 'ops')
  const [before] = await ann.say('before')
  const client = await stream('/rooms/ops/stream')
  expect(client.response.headers).toMatchObject({
    'content-type': SSE,
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
    'transfer-encoding': 'chunked',
  })
  expect(await client.next()).toEqual({ id: String(before?.id) })
  const [said] = await ann.say('one\ntwo \u2028 \u0007')
  const { id } = said ?? expect.fail()
  const at = new Date(said?.at ?? 0).toISOString()
  const data = { id: String(id), type: 'message', room: 'ops', from: 'ann', body: said?.body, at }
  expect(await client.next()).toEqual({ id: String(id), event: 'message', data })
  for (const unsafe of '\u2028\u0007') expect(client.text).not.toContain(unsafe)
  const resumed = await stream('/rooms/ops/stream', { lastId: String(before?.id) })
  expect((await resumed.take(2))[1]).toEqual({ id: String(id), event: 'message', data })
})

test('lines for people, and JSON lines', async () => {
  const { stream, speaker } = await streamStage()
  const ann = await speaker('ann', 'ops')
  await ann.say('past')
  const [plain, json] = await Promise.all([
    stream('/rooms/ops/stream?since=all', { format: PLAIN }),
    stream('/rooms/ops/stream?since=all', { format: NDJSON }),
  ])
  expect(plain.response.headers['content-type']).toBe('text/plain; charset=utf-8')
  const day = /^\[\d{4}-\d\d-\d\d \d\d:\d\d\] /
  expect((await plain.take(2)).map(({ line }) => line?.replace(day, 'DATE '))).toEqual([
    'DATE * ann joined',
    'DATE <ann> past',
  ])
  await ann.say('\u001b[2Jcleared\n[00:00] <bob> forged')
  const lines = (await plain.take(2)).map(({ line }) => line)
  expect(lines).toEqual([expect.stringMatching(/^\[\d\d:\d\d\] <ann> .*cleared$/), '  [00:00] <bob> forged'])
  expect(plain.text).not.toContain('\u001b')
  expect((await json.take(3)).map(({ data }) => data.type)).toEqual(['joined', 'message', 'message'])
})

test.each<[accept: string, type: string]>([
  ['*/*', 'text/plain; charset=utf-8'],
  ['', 'text/plain; charset=utf-8'],
  ['text/html,application/xhtml+xml,*/*;q=0.8', 'text/plain; charset=utf-8'],
  ['text/plain;q=0.5, text/event-stream', SSE],
  ['application/x-ndjson', NDJSON],
  ['application/json', NDJSON],
])('the format for Accept: %s', async (accept, type) => {
  const { stream } = await streamStage()
  const client = await stream('/rooms/lobby/stream', { method: 'HEAD', headers: { Accept: accept } })
  expect(client.response.statusCode).toBe(200)
  expect(client.response.headers).toMatchObject({ 'content-type': type, 'x-accel-buffering': 'no' })
  expect(client.response.headers).not.toHaveProperty('content-length')
  expect(await client.ended).toBe(true)
})

test('output is not compressed, and pages of listed origins may read it', async () => {
  const { stream, speaker } = await streamStage({}, { origins: ['https://chat.example'] })
  const ann = await speaker('ann', 'ops')
  const headers = { 'Accept-Encoding': 'gzip, deflate, br', Origin: 'https://chat.example' }
  const client = await stream('/rooms/ops/stream', { headers: { Accept: SSE, ...headers } })
  expect(client.response.headers).toMatchObject({ 'access-control-allow-origin': 'https://chat.example' })
  expect(client.response.headers).not.toHaveProperty('content-encoding')
  await ann.say('plain')
  expect(await client.bodies(1)).toEqual(['plain'])
})

test('since: an id, a time, minutes ago, all; Last-Event-ID counts more', async () => {
  const { stream, speaker } = await streamStage()
  const ann = await speaker('ann', 'ops')
  const [one, two, three] = await ann.say('one', 'two', 'three')
  const bodies = async (since: string, count: number, options: StreamOptions = {}) => {
    const client = await stream(`/rooms/ops/stream?since=${since}`, options)
    const bodies = await client.bodies(count)
    client.close()
    return bodies
  }
  expect(await bodies(String(one?.id), 2)).toEqual(['two', 'three'])
  expect(await bodies(`ops=${two?.id}`, 1)).toEqual(['three'])
  expect(await bodies('all', 3)).toEqual(['one', 'two', 'three'])
  expect(await bodies('0', 3)).toEqual(['one', 'two', 'three'])
  expect(await bodies('-10m', 3)).toEqual(['one', 'two', 'three'])
  expect(await bodies(encodeURIComponent(new Date(one?.at ?? 0).toISOString()), 3)).toEqual(['one', 'two', 'three'])
  expect(await bodies('all', 1, { lastId: String(two?.id) })).toEqual(['three'])
  // What is to come.
  const later = await stream('/rooms/ops/stream?since=2999-01-01')
  const last = await stream(`/rooms/ops/stream?since=${three?.id}`)
  await Promise.all([later.next(), last.next()])
  await ann.say('four')
  expect(await later.bodies(1)).toEqual(['four'])
  expect(await last.bodies(1)).toEqual(['four'])
})

test('an id that cannot be resumed from is answered with 410, what is none with 400', async () => {
  const { stream, speaker, engine } = await streamStage()
  const ann = await speaker('ann', 'ops')
  const [first] = await ann.say('one', 'two')
  const { id } = first ?? expect.fail()
  const refusal = async (since: string, path = 'ops') => (await stream(`/rooms/${path}/stream?since=${since}`)).refusal
  for (const gone of [String(id + 10_000_000), String(id - 10_000_000_000), `ops=${id + 10_000_000}`]) {
    expect(await refusal(gone)).toEqual([410, 'history-gone'])
  }
  const invalid = [
    'yesteryear',
    '-5x',
    '1838815881113600000000',
    'ops=',
    'ops=x',
    '=1',
    'a=1,,b=2',
    '1&since=2',
    'dev=1',
  ]
  for (const wrong of invalid) expect(await refusal(wrong)).toEqual([400, 'invalid-request'])
  expect(await refusal(String(id), 'ops,lobby')).toEqual([400, 'invalid-request'])
  expect(await (await stream('/rooms/ops/stream', { lastId: 'x' })).refusal).toEqual([400, 'invalid-request'])
  await engine.logs.clear(`room:${ann.session.inRoom().room.record.id}`)
  expect(await refusal(String(id))).toEqual([410, 'history-gone'])
})

test('kinds', async () => {
  const { stream, speaker, chat } = await streamStage()
  const ann = await speaker('ann', 'ops')
  const client = await stream('/rooms/ops/stream?kinds=message,topic', { format: NDJSON })
  await ann.say('one')
  await chat.moderation.settings.setTopic(ann.session.inRoom(), 'deploys')
  await speaker('bob', 'ops')
  await ann.say('two')
  const shown = (await client.take(3)).map(({ data }) => [data.type, data.body])
  expect(shown).toEqual([
    ['message', 'one'],
    ['topic', 'deploys'],
    ['message', 'two'],
  ])
  const past = await stream('/rooms/ops/stream?since=all&kinds=topic', { format: NDJSON })
  expect((await past.next()).data.body).toBe('deploys')
  expect(await (await stream('/rooms/ops/stream?kinds=message,private')).refusal).toEqual([400, 'invalid-request'])
})

test('several rooms at once: each event has an id for all of them, from which the client resumes', async () => {
  const { stream, speaker } = await streamStage()
  const [ann, bob] = [await speaker('ann', 'ops'), await speaker('bob', 'dev')]
  await speaker('cat', 'quiet')
  const client = await stream('/rooms/ops,DEV,dev,quiet/stream')
  const { id: first = '' } = await client.next()
  expect(first).toMatch(/^ops=\d+,dev=\d+,quiet=\d+$/)
  for (let n = 0; n < 3; n++) {
    await ann.say(`ops ${n}`)
    await bob.say(`dev ${n}`)
  }
  const got = await client.take(6)
  const ids = got.map(({ id = '' }) => id)
  for (const [index, { id, data }] of got.entries()) {
    const before = index === 0 ? first : ids[index - 1]
    expect(id).toBe(before?.replace(new RegExp(`${data.room}=\\d+`), `${data.room}=${data.id}`))
  }
  for (const room of ['ops', 'dev']) {
    const bodies = got.flatMap(({ data }) => (data.room === room ? [data.body] : []))
    expect(bodies).toEqual([`${room} 0`, `${room} 1`, `${room} 2`])
  }
  client.close()
  const [, , third = ''] = ids
  for (const [query, options] of [['', { lastId: third }] as const, [`?since=${third}`, {}] as const]) {
    const resumed = await stream(`/rooms/ops,dev,quiet/stream${query}`, options)
    expect((await resumed.next()).id).toBe(third)
    expect((await resumed.bodies(3)).sort()).toEqual(
      got
        .slice(3)
        .map(({ data }) => data.body)
        .sort(),
    )
    resumed.close()
  }
  const resumed = await stream('/rooms/ops,dev,quiet/stream', { lastId: ids.at(-1) })
  await resumed.next()
  await ann.say('more')
  const { id, data } = await resumed.next()
  expect(data.body).toBe('more')
  expect(id?.split(',').slice(1)).toEqual(ids.at(-1)?.split(',').slice(1))
  resumed.close()
  await ann.say('in between')
  const again = await stream('/rooms/ops,dev,quiet/stream', { lastId: id })
  expect(await again.bodies(1)).toEqual(['in between'])
  const plain = await stream('/rooms/ops,dev/stream', { format: PLAIN })
  await bob.say('hello')
  expect((await plain.next()).line).toMatch(/^dev: \[\d\d:\d\d\] <bob> hello$/)
  const many = Array.from({ length: 33 }, (_, n) => `room${n}`).join(',')
  expect(await (await stream(`/rooms/${many}/stream`)).refusal).toEqual([400, 'invalid-request'])
  expect(await (await stream('/rooms/ops,nowhere/stream')).refusal).toEqual([404, 'not-found'])
})

test('a room in which nothing has happened yet is followed from its beginning', async () => {
  const { stream, speaker, chat } = await streamStage()
  await chat.rooms.create({ title: 'new', visibility: 'public' })
  const client = await stream('/rooms/new/stream')
  expect(await client.next()).toEqual({ id: '0' })
  client.close()
  const ann = await speaker('ann', 'new')
  await ann.say('first')
  const resumed = await stream('/rooms/new/stream', { lastId: '0' })
  expect(await resumed.bodies(1)).toEqual(['first'])
})

test('several rooms from the beginning', async () => {
  const { stream, speaker } = await streamStage()
  await (await speaker('ann', 'ops')).say('one')
  await (await speaker('bob', 'dev')).say('two')
  for (const since of ['all', '0']) {
    const client = await stream(`/rooms/ops,dev/stream?since=${since}`, { format: NDJSON })
    expect(await client.bodies(2)).toEqual(['one', 'two'])
  }
})

test('a sign of life', async () => {
  const { stream, speaker } = await streamStage({ heartbeatMs: 10 })
  await speaker('ann', 'ops')
  for (const format of [SSE, NDJSON, PLAIN]) {
    const client = await stream('/rooms/ops/stream', { format })
    await client.until(({ blank }) => blank === true)
    expect(await client.next()).toEqual({ blank: true })
    client.close()
  }
})

test('a message that is deleted is in no stream any more', async () => {
  const { stream, speaker, chat } = await streamStage()
  const ann = await speaker('ann', 'ops')
  const [, secret] = await ann.say('one', 'secret', 'two')
  await chat.moderation.redaction.redact(ann.session.inRoom(), secret?.id ?? 0)
  for (const format of [SSE, NDJSON, PLAIN]) {
    const client = await stream('/rooms/ops/stream?since=all', { format })
    await client.until(({ data, line }) => data?.type === 'redacted' || line?.includes('deleted') === true)
    expect(client.text).toContain('two')
    expect(client.text).not.toContain('secret')
  }
})
