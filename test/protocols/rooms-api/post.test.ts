/** docs/protocols/rooms-api.md, section 3, points 3, 4, 5 and 9: what is said by requests. */
import { once } from 'node:events'
import { connect } from 'node:net'
import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import type { ReadableStream } from 'node:stream/web'
import { describe, expect, onTestFinished, test } from 'vitest'
import { LINGER_MS } from '../../../src/transport/http/visitor.ts'
import { eventually } from '../../support/eventually.ts'
import { temporaryFolder } from '../../support/folder.ts'
import { RedisServer, withRedis } from '../../support/redis.ts'
import { holdTimers } from '../../support/timers.ts'
import { type ApiStage, apiStage, ask, problem } from './stage.ts'

test('one message: text of any label, JSON, with its manner', async () => {
  const { post, line, bodies } = await apiStage()
  const ann = await line('ann', 'ops')
  const form = { 'Content-Type': 'application/x-www-form-urlencoded' }
  const { status, body } = await post('ops', 'deploy done', '?as=ci', form)
  expect([status, body]).toEqual([
    201,
    { id: expect.any(String), type: 'message', room: 'ops', from: 'ci', body: 'deploy done', at: expect.any(String) },
  ])
  // Nobody joins or leaves for it.
  expect(await ann.rest()).toEqual([expect.objectContaining({ type: 'message', from: 'ci', id: body.id })])
  expect((await post('ops', 'a=1&b=%20', '?as=ci', form)).body).toMatchObject({ body: 'a=1&b=%20' })
  expect((await post('ops', 'two\nlines\r\n\n')).body).toMatchObject({ body: 'two\nlines\n' })
  expect((await post('ops', { text: 'waves', action: true })).body).toMatchObject({ body: 'waves', action: true })
  const array = await post('ops', [{ text: 'a' }, { text: 'b', notice: true }])
  expect(array.body).toMatchObject([{ body: 'a' }, { body: 'b', notice: true }])
  expect((await post('ops', ' é😀 ')).body).toMatchObject({ body: ' é😀 ' })
  expect(await bodies('ops', '?kinds=message')).toEqual([
    'deploy done',
    'a=1&b=%20',
    'two\nlines\n',
    'waves',
    'a',
    'b',
    ' é😀 ',
  ])
})

test('a text that cannot be said is refused, and nothing is said', async () => {
  const { post, api, bodies } = await apiStage()
  const invalid = problem(400, 'invalid-request')
  const cases: readonly (readonly [unknown, object, (string | undefined)?, Record<string, string>?])[] = [
    ['', problem(400, 'text-empty')],
    ['\n', problem(400, 'text-empty')],
    ['\0\x07', problem(400, 'text-empty')],
    ['x'.repeat(4_001), problem(413, 'text-too-long')],
    ['😀'.repeat(4_001), problem(413, 'text-too-long')],
    [Buffer.from([0x68, 0xff]), problem(400, 'invalid-utf8')],
    ['x'.repeat(65_537), problem(413, 'body-too-large')],
    [{ text: 1 }, invalid],
    [{ text: 'a', more: 1 }, invalid],
    [{ text: 'a', action: true, notice: true }, invalid],
    [{ text: 'a', nonce: 'a b' }, invalid],
    [{}, invalid],
    [[], invalid],
    [[{ text: 'a' }, { text: '' }], problem(400, 'text-empty')],
    [[{ text: 'a' }, { text: 'x'.repeat(4_001) }], problem(413, 'text-too-long')],
    [Array.from({ length: 257 }, () => ({ text: 'a' })), problem(413, 'body-too-large')],
    ['nojson', invalid, undefined, { 'Content-Type': 'application/json' }],
    ['a', problem(415, 'invalid-request'), undefined, { 'Content-Type': 'image/png' }],
    ['{"text":"a"}', problem(415, 'invalid-request'), undefined, { 'Content-Type': 'image/png' }],
    ['a', invalid, '?as=ci&split=words'],
    ['a', problem(401, 'unauthorized'), '?as=ci&as=cd'],
    ['a', invalid, '?as=ci', { 'Idempotency-Key': 'a b' }],
    [`a\nb\n${'x'.repeat(4_001)}`, problem(413, 'text-too-long'), '?as=ci&split=lines'],
  ]
  for (const [body, expected, query, headers] of cases) {
    const answer = await post('ops', body, query, headers)
    expect([String(body).slice(0, 40), answer]).toMatchObject([String(body).slice(0, 40), expected])
  }
  expect((await post('ops', 'x'.repeat(4_000))).status).toBe(201)
  expect((await post('ops', '😀'.repeat(4_000))).status).toBe(201)
  expect(await post('no way', 'a')).toMatchObject(problem(400, 'room-name-invalid'))
  expect(await bodies('ops')).toHaveLength(2)
  expect((await api('GET', '/rooms/no%20way')).status).toBe(404)
})

/** `start` gives two places at which requests arrive, and what restarts the first one. */
function idempotency(start: () => Promise<{ here: ApiStage; there: number; restart?: () => Promise<number> }>): void {
  test('a request with a key is done once', async () => {
    const { here, there, restart } = await start()
    const key = { 'Idempotency-Key': 'build-17' }
    const path = '/rooms/ops/messages?as=ci'
    const body = [{ text: 'one' }, { text: 'two' }]
    const at = (port: number, what: unknown = body, headers = key) => ask(port, 'POST', path, { body: what, headers })
    const first = await at(here.port)
    const answers = await Promise.all([at(here.port), at(there), at(there), at(here.port)])
    for (const answer of [first, ...answers]) expect([answer.status, answer.body]).toEqual([201, first.body])
    for (const other of [body.slice(1), [...body, { text: 'three' }], { text: 'one' }, 'one']) {
      expect(await at(there, other)).toMatchObject(problem(422, 'key-reused'))
    }
    const at2 = await Promise.all(
      [here.port, there, here.port, there].map((port) =>
        ask(port, 'POST', path, { body: { text: 'n', nonce: 'x:1' } }),
      ),
    )
    expect(new Set(at2.map(({ status, text }) => `${status} ${text}`)).size).toBe(1)
    expect(await ask(there, 'POST', path, { body: { text: 'm', nonce: 'x:1' } })).toMatchObject(
      problem(422, 'key-reused'),
    )
    // Another nickname, and another room, have their own keys.
    expect((await ask(there, 'POST', '/rooms/ops/messages?as=cd', { body, headers: key })).body).toMatchObject([
      { from: 'cd' },
      {},
    ])
    expect((await ask(there, 'POST', '/rooms/dev/messages?as=ci', { body: 'other', headers: key })).status).toBe(201)
    const port = (await restart?.()) ?? there
    expect([await at(port).then(({ body }) => body), (await at(port, 'one')).status]).toEqual([first.body, 422])
    const { body: log } = await ask(port, 'GET', '/rooms/ops/messages')
    expect(log.map(({ from, body }: Record<string, string>) => `${from} ${body}`)).toEqual([
      'ci one',
      'ci two',
      'ci n',
      'cd one',
      'cd two',
    ])
  })
}

describe('on a file', () => {
  idempotency(async () => {
    const data = temporaryFolder()
    const here = await apiStage({ data })
    const restart = async () => {
      await here.stop()
      return (await apiStage({ data })).port
    }
    return { here, there: here.port, restart }
  })
})

withRedis('idempotency on two nodes', () => {
  describe('on two nodes', () => {
    const server = RedisServer.forAll()
    idempotency(async () => {
      const [here, there] = [await apiStage({ redis: server.url }), await apiStage({ redis: server.url })]
      return { here, there: there.port }
    })
  })
})

test('lines are said together, without the empty ones', async () => {
  const { post, bodies, api } = await apiStage()
  const lines = '?as=ci&split=lines'
  const { status, body } = await post('ops', 'one\r\n\n 50%\r100%\nthree', lines)
  expect([status, body]).toEqual([201, { messages: 3, first: expect.any(String), last: expect.any(String) }])
  expect(await bodies('ops')).toEqual(['one', '100%', 'three'])
  expect((await api('GET', `/rooms/ops/messages?before=${body.last}`)).body.at(0)).toMatchObject({ id: body.first })
  expect(await post('ops', '', lines)).toMatchObject({ status: 201, body: { messages: 0 } })
  expect(await post('ops', 'a\nb', lines, { 'Content-Type': 'application/json' })).toMatchObject(
    problem(415, 'invalid-request'),
  )
  expect(await post('ops', `a\n${'x'.repeat(4_001)}`, lines)).toMatchObject({ body: { line: 2 } })
  // More than can be said together.
  expect((await post('ops', 'a\n'.repeat(300), lines)).body).toMatchObject({ messages: 300 })
  expect(await bodies('ops')).toHaveLength(303)
})

/** A request whose body is sent in chunks. */
async function upload(port: number, headers: readonly string[] = [], query = 'as=ci&split=lines') {
  const socket = connect({ host: '127.0.0.1', port }).setNoDelay()
  onTestFinished(() => void socket.destroy())
  let text = ''
  socket.on('data', (chunk) => {
    text += chunk
  })
  socket.on('error', () => {})
  const closed = once(socket, 'close')
  socket.write(
    [
      `PUT /rooms/ops/messages?${query} HTTP/1.1`,
      'Host: localhost',
      'Transfer-Encoding: chunked',
      ...headers,
      '',
      '',
    ].join('\r\n'),
  )
  const send = (lines: string) => {
    const bytes = Buffer.from(lines)
    return socket.write(Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')]))
  }
  const answer = async () => {
    await closed
    const [, status, rest = ''] = /^HTTP\/1\.1 (\d+)[\s\S]*?\r\n\r\n([\s\S]*)$/.exec(text) ?? []
    return { status: Number(status), body: JSON.parse(rest) }
  }
  const end = () => {
    socket.write('0\r\n\r\n')
    return answer()
  }
  return { socket, send, end, answer }
}

test('lines of a body that streams are said as they come, however many', async () => {
  const { port, line } = await apiStage({ 'max-rate': 0, 'memory-events': 10 })
  const ann = await line('ann', 'ops')
  const { socket, send, end } = await upload(port)
  send('first\nsec')
  expect(await ann.until(({ type }) => type === 'message')).toMatchObject([{ body: 'first' }])
  ann.socket.destroy()
  send('ond\n')
  const before = process.memoryUsage().heapUsed
  for (let n = 0; n < 100_000; n += 1_000) {
    const lines = Array.from({ length: 1_000 }, (_, place) => `line ${n + place}\n`).join('')
    if (!send(lines)) await once(socket, 'drain')
  }
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(150 * 1_048_576)
  send('last')
  const { status, body } = await end()
  expect([status, body.messages]).toEqual([201, 100_003])
  const headers = { Accept: 'application/x-ndjson' }
  const log = await fetch(`http://127.0.0.1:${port}/rooms/ops/stream?since=all&kinds=message`, { headers })
  const said: string[] = []
  for await (const event of createInterface(Readable.fromWeb(log.body as ReadableStream))) {
    // A sign of life.
    if (event === '') continue
    said.push(JSON.parse(event).body)
    if (said.at(-1) === 'last') break
  }
  expect(said).toEqual(['first', 'second', ...Array.from({ length: 100_000 }, (_, n) => `line ${n}`), 'last'])
})

test('a streamed request that was interrupted can be repeated with its key', async () => {
  const { port, bodies } = await apiStage()
  const key = ['Idempotency-Key: log-1']
  const first = await upload(port, key)
  first.send('a\nb\nc\nincompl')
  await eventually(async () => expect(await bodies('ops').catch(() => [])).toEqual(['a', 'b', 'c']))
  first.socket.destroy()
  const again = await upload(port, key)
  again.send('a\nb\nc\nincomplete\nd')
  expect(await again.end()).toMatchObject({ status: 201, body: { messages: 5 } })
  expect(await bodies('ops')).toEqual(['a', 'b', 'c', 'incomplete', 'd'])
  const other = await upload(port, key)
  other.send('a\nanother\n')
  expect(await other.end()).toMatchObject({ status: 422, body: { code: 'key-reused', messages: 1 } })
})

test('a line that is too long is left out and told; a refusal ends the request', async () => {
  const { port, bodies, line } = await apiStage()
  const ann = await line('ann', 'ops')
  const { send, end } = await upload(port)
  send(`a\n${'x'.repeat(4_001)}\n${'y'.repeat(20_000)}\nb\n`)
  expect(await end()).toMatchObject({ status: 413, body: { code: 'text-too-long', messages: 2, line: 2, refused: 2 } })
  const muted = await upload(port)
  muted.send('c\n')
  await ann.until((event) => event.type === 'message' && event.body === 'c')
  expect(await ann.ask('/moderated on')).toMatchObject({ result: 'OK' })
  muted.send('d\n')
  expect(await muted.answer()).toMatchObject({ status: 403, body: { code: 'moderated', messages: 1 } })
  expect(await bodies('ops', '?kinds=message')).toEqual(['a', 'b', 'c'])
})

/** Sends a line every tenth of a second, so that the right to speak is checked again meanwhile, until `over` has been sent. */
function keepSending({ socket, send }: Awaited<ReturnType<typeof upload>>, over: number) {
  let count = 0
  const timer = setInterval(() => {
    send(`line ${++count}\n`)
    if (count === over) clearInterval(timer)
  }, 100)
  socket.once('close', () => clearInterval(timer))
}

test('a body that streams stays in its room when that gets another name, whoever guesses at the password', async () => {
  const { port, line, api } = await apiStage()
  const ann = await line('ann', 'ops')
  expect(await ann.ask('/lock open-sesame-1')).toHaveProperty('result')
  const streaming = await upload(port, ['Room-Password: open-sesame-1'])
  streaming.send('first\n')
  await ann.until((event) => event.type === 'message' && event.body === 'first')
  expect(await ann.ask('/title Other')).toMatchObject({ result: 'The room is now Other' })
  for (let guess = 0; guess < 6; guess++) {
    await api('GET', '/rooms/Other', { headers: { 'Room-Password': `wrong-${guess}` } })
  }
  keepSending(streaming, 15)
  await ann.until((event) => event.type === 'message' && event.body === 'line 15' && event.room === 'Other')
  expect(await streaming.end()).toMatchObject({ status: 201, body: { messages: 16 } })
  expect(await api('GET', '/rooms/ops')).toMatchObject({ status: 404 })
})

test('a body that streams into a locked room ends when its sender no longer governs the room', async () => {
  const { port, account, line } = await apiStage()
  await account('ann')
  const fay = await account('fay')
  const ann = await line('ann', 'ops')
  const isRole = ({ type }: { type: string }) => type === 'role'
  ann.send('/op fay')
  await ann.until(isRole)
  expect(await ann.ask('/lock open-sesame-1')).toHaveProperty('result')
  const streaming = await upload(port, [`Authorization: ${fay.Authorization}`], 'split=lines')
  streaming.send('first\n')
  await ann.until((event) => event.type === 'message' && event.body === 'first')
  ann.send('/deop fay')
  await ann.until(isRole)
  keepSending(streaming, 100)
  expect(await streaming.answer()).toMatchObject({ status: 403, body: { code: 'room-private', messages: 1 } })
})

test('a body that streams does not make its room again after that was closed', async () => {
  const { port, account, line, api } = await apiStage()
  await account('ann')
  const ann = await line('ann', 'ops')
  const streaming = await upload(port)
  streaming.send('first\n')
  await ann.until((event) => event.type === 'message' && event.body === 'first')
  expect(await ann.ask('/close')).toHaveProperty('result')
  keepSending(streaming, 100)
  expect(await streaming.answer()).toMatchObject({ status: 404, body: { messages: 1 } })
  expect(await api('GET', '/rooms/ops')).toMatchObject({ status: 404 })
})

test('a stop answers a request that streams with what is said', async () => {
  const stage = await apiStage()
  const { send, answer } = await upload(stage.port)
  send('a\nb\n')
  await eventually(async () => expect(await stage.bodies('ops').catch(() => [])).toEqual(['a', 'b']))
  void stage.stop()
  expect(await answer()).toMatchObject({ status: 503, body: { code: 'unavailable', messages: 2 } })
})

test('a stop does not wait for the rate of a sender, and a client that is gone says nothing more', async () => {
  const stage = await apiStage({ trusted: 'none', 'guest-rate': 10, 'guest-burst': 1 })
  const gone = await upload(stage.port)
  gone.send('line\n'.repeat(5_000))
  await eventually(async () => expect((await stage.bodies('ops').catch(() => [])).length).toBeGreaterThan(1))
  gone.socket.destroy()
  await once(gone.socket, 'close')
  const said = await stage.bodies('ops')
  await new Promise((resolve) => setTimeout(resolve, 500))
  expect((await stage.bodies('ops')).length).toBeLessThanOrEqual(said.length + 1)
  const waiting = await upload(stage.port)
  // Empty lines count.
  waiting.send(`more\n${'\n'.repeat(5_000)}last\n`)
  await eventually(async () => expect(await stage.bodies('ops')).toContain('more'))
  void stage.stop()
  expect(await waiting.answer()).toMatchObject({ status: 503, body: { code: 'unavailable', messages: 1 } })
})

test('a token that is revoked ends the request that streams with it', async () => {
  const { port, account, api, bodies } = await apiStage()
  const ann = await account('ann')
  const made = await api('POST', '/api/tokens', { headers: ann, body: { name: 'ci' } })
  const { socket, send, answer } = await upload(port, [`Authorization: Bearer ${made.body.value}`], 'split=lines')
  send('first\n')
  await eventually(async () => expect(await bodies('ops').catch(() => [])).toEqual(['first']))
  expect((await api('DELETE', '/api/tokens/ci', { headers: ann })).status).toBe(204)
  const timer = setInterval(() => send('later\n'), 100)
  socket.once('close', () => clearInterval(timer))
  expect(await answer()).toMatchObject({ status: 401, body: { code: 'unauthorized' } })
})

test('an address behind a proxy that is banned says nothing more', async () => {
  const { port, account, line, bodies, daemon } = await apiStage({
    'http-trust-proxy': '127.0.0.1',
    admins: 'ann',
    'public-read': 'always',
  })
  await account('ann')
  const { send, socket, answer } = await upload(port, ['X-Forwarded-For: 192.0.2.7'])
  send('first\n')
  await eventually(async () => expect(await bodies('ops').catch(() => [])).toEqual(['first']))
  const ann = await line('ann')
  expect(await ann.ask('/ban-address 192.0.2.7')).toHaveProperty('result')
  const timer = setInterval(() => send('later\n'), 100)
  socket.once('close', () => clearInterval(timer))
  expect(await answer()).toMatchObject({ status: 403, body: { code: 'forbidden' } })
  expect(daemon.port('http')).toBe(port)
})

test('a client that reads no response before it has sent all gets the refusal', async () => {
  // The server reads on for a second, in which a busy machine may not send all.
  holdTimers(LINGER_MS)
  const { port, post } = await apiStage({ 'max-rate': 0 })
  // More than the buffers of the kernel hold.
  const lines = `${'x'.repeat(199)}\n`.repeat(100_000)
  const refusal = async (query: string) => {
    const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true })
    onTestFinished(() => void socket.destroy())
    const head = [`PUT /rooms/ops/messages?as=ci${query} HTTP/1.1`, 'Host: localhost', 'Idempotency-Key: k']
    socket.pause().write([...head, `Content-Length: ${lines.length}`, '', lines].join('\r\n'))
    await new Promise<void>((resolve, reject) => socket.once('error', reject).end(resolve))
    let text = ''
    for await (const chunk of socket) text += chunk
    return text
  }
  expect(await refusal('')).toMatch(/^HTTP\/1\.1 413 [\s\S]*"body-too-large"/)
  expect((await post('ops', 'another\n', '?as=ci&split=lines', { 'Idempotency-Key': 'k' })).status).toBe(201)
  expect(await refusal('&split=lines')).toMatch(/^HTTP\/1\.1 422 [\s\S]*"key-reused"/)
})

test('guests are paced by their address, whatever the connection', async () => {
  const { port, post, account } = await apiStage({ trusted: 'none', 'guest-rate': 1, 'guest-burst': 5 })
  const answers = await Promise.all(Array.from({ length: 20 }, (_, n) => post('ops', 'hi', `?as=ci${n % 3}`)))
  const paced = answers.filter(({ status }) => status === 429)
  expect(paced.length).toBeGreaterThanOrEqual(10)
  for (const answer of paced) expect(answer).toMatchObject(problem(429, 'too-fast'))
  expect(Number(paced[0]?.headers.get('retry-after'))).toBeGreaterThan(0)
  // An account has a rate of its own.
  expect((await post('ops', 'hi', '', await account('ann'))).status).toBe(201)
  expect(port).toBeGreaterThan(0)
})

test('a request with a key that is refused is not kept', async () => {
  const { post, line, bodies } = await apiStage()
  const ann = await line('ann', 'ops')
  const moderate = async (how: string) => {
    ann.send(`/moderated ${how}`)
    await ann.until(({ type }) => type === 'mode')
  }
  const key = { 'Idempotency-Key': 'k' }
  await moderate('on')
  expect(await post('ops', 'first attempt', '?as=ci', key)).toMatchObject(problem(403, 'moderated'))
  await moderate('off')
  // It has said nothing, so another one may have its key.
  expect((await post('ops', 'second attempt', '?as=ci', key)).status).toBe(201)
  expect(await post('ops', 'first attempt', '?as=ci', key)).toMatchObject(problem(422, 'key-reused'))
  expect(await bodies('ops', '?kinds=message')).toEqual(['second attempt'])
})

test('banned, muted, moderated, slow, invite-only, and when it is over', async () => {
  const { line, post, account } = await apiStage()
  const ann = await line('ann', 'ops')
  const bob = await account('bob')
  const order = async (command: string) => {
    ann.send(command)
    const reply = (await ann.until(({ type }) => type === 'commandResult' || type === 'error')).at(-1)
    expect([command, reply]).toMatchObject([command, { result: 'OK' }])
  }
  await order('/mute bob')
  expect(await post('ops', 'hi', '', bob)).toMatchObject(problem(403, 'muted'))
  await order('/unmute bob')
  await order('/moderated on')
  expect(await post('ops', 'hi')).toMatchObject(problem(403, 'moderated'))
  await order('/moderated off')
  await order('/slow 30')
  expect((await post('ops', 'hi')).status).toBe(201)
  const slow = await post('ops', 'hi')
  expect(slow).toMatchObject(problem(429, 'slow-mode'))
  expect(Number(slow.headers.get('retry-after'))).toBeGreaterThan(20)
  expect(await post('ops', [{ text: 'a' }, { text: 'b' }], '', bob)).toMatchObject(problem(429, 'slow-mode'))
  await order('/slow off')
  await order('/invite-only on')
  expect(await post('ops', 'hi')).toMatchObject(problem(403, 'invite-only'))
  await order('/invite-only off')
  await order('/ban bob')
  expect(await post('ops', 'hi', '', bob)).toMatchObject(problem(403, 'banned'))
  await order('/unban bob')
  expect((await post('ops', 'hi', '', bob)).status).toBe(201)
  // A ban of a guest covers its address.
  await order('/ban ci')
  expect(await post('ops', 'hi', '?as=other')).toMatchObject(problem(403, 'banned'))
})
