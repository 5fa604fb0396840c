/** docs/protocols/rooms-api.md, section 2.6: streams have neither holes nor repetitions, whatever happens. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setImmediate as round } from 'node:timers/promises'
import { expect, onTestFinished, test, vi } from 'vitest'
import { Chat } from '../../../src/chat/chat.ts'
import { Session } from '../../../src/chat/session.ts'
import { RedisEngine } from '../../../src/engine/redis/redis.ts'
import { Encoding } from '../../../src/protocols/rooms-api/stream/encoding.ts'
import { Tally } from '../../../src/transport/tally.ts'
import { enter, say, silent } from '../../chat/stage.ts'
import { NDJSON, PLAIN, StreamClient, type Streamed } from '../../clients/stream.ts'
import { LineClient } from '../../support/client.ts'
import { startTestDaemon } from '../../support/daemon.ts'
import { eventually } from '../../support/eventually.ts'
import { temporaryFolder } from '../../support/folder.ts'
import { placeAt, RedisServer, withRedis } from '../../support/redis.ts'
import { serveStreams, streamStage } from './streams.ts'

const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, n) => String(from + n))

type Stream = (path: string, options?: { lastId?: string | undefined }) => Promise<StreamClient>

/** Follows rooms with connections that end after a few events each, up to the message `last`. Gives what all of them have shown together. */
async function followInPieces(stream: Stream, path: string, last: string, most: number): Promise<Streamed[]> {
  const shown: Streamed[] = []
  let lastId: string | undefined
  for (;;) {
    const client = await stream(lastId === undefined ? `${path}?since=all` : path, { lastId })
    for (let left = 1 + Math.floor(Math.random() * most); left > 0; left--) {
      const event = await client.next()
      lastId = event.id
      if (event.data?.type === 'message') shown.push(event)
      if (event.data?.body === last) return shown
    }
    client.close()
  }
}

const bodiesIn = (events: readonly Streamed[], room: string) =>
  events.flatMap(({ data }) => (data.room === room ? [data.body] : []))

test('readers that come and go while much is said see everything once, of one room and of several', async () => {
  const { stream, speaker } = await streamStage()
  const [ann, bob] = [await speaker('ann', 'ops'), await speaker('bob', 'dev')]
  const count = 1_500
  const work = async () => {
    for (const [index, text] of numbers(0, count).entries()) {
      const said = [ann.say(text), ...(index % 3 === 0 ? [bob.say(text)] : [])]
      if (index % 7 === 0) await Promise.all(said)
    }
    await bob.say('end')
    await ann.say('end')
  }
  const whole = stream('/rooms/ops/stream?since=all')
  const readers = [
    ...[700, 200, 1_200].map((most) => followInPieces(stream, '/rooms/ops/stream', 'end', most)),
    ...[900, 400].map((most) => followInPieces(stream, '/rooms/ops,dev/stream', 'end', most)),
  ]
  await work()
  expect(await (await whole).bodies(count + 1)).toEqual([...numbers(0, count), 'end'])
  for (const [index, reader] of (await Promise.all(readers)).entries()) {
    const ops = bodiesIn(reader, 'ops')
    if (index < 3) expect(ops).toEqual([...numbers(0, count), 'end'])
    // The end of one room may come before that of the other.
    else if (ops.at(-1) === 'end') expect(ops).toEqual([...numbers(0, count), 'end'])
    else expect(bodiesIn(reader, 'dev')).toEqual([...numbers(0, count).filter((_, n) => n % 3 === 0), 'end'])
  }
})

test('a hundred streams of a room: each event is encoded once for all of a format', async () => {
  const { stream, speaker } = await streamStage()
  const ann = await speaker('ann', 'ops')
  const opened = Array.from({ length: 100 }, (_, n) =>
    stream(`/rooms/ops/stream${n < 90 ? '' : '?kinds=message'}`, { format: NDJSON }),
  )
  const clients = await Promise.all(opened)
  const encoded = vi.spyOn(Encoding.prototype, 'events')
  onTestFinished(() => encoded.mockRestore())
  // Whoever is still catching up gets it from the log.
  await eventually(async () => {
    encoded.mockClear()
    await ann.say('begin')
    for (const client of clients) await client.bodies(1)
    expect(encoded).toHaveBeenCalledTimes(2)
  })
  encoded.mockClear()
  const texts = numbers(0, 20)
  for (const text of texts) await ann.say(text)
  for (const client of clients) expect(await client.bodies(20)).toEqual(texts)
  expect(encoded.mock.calls.length).toBeLessThanOrEqual(2 * 20)
})

test('a reader that is too slow is told so at its end, and goes on from there without a hole', async () => {
  const tally = new Tally()
  const { stream, speaker } = await streamStage({ maxQueueBytes: 65_536, tally })
  const ann = await speaker('ann', 'ops')
  const client = await stream('/rooms/ops/stream', { paused: true })
  await ann.say('begin')
  const filling = 'x'.repeat(3_000)
  let count = 0
  // The system buffers much before the server notices.
  while (tally.disconnects.size === 0) {
    await Promise.all(numbers(count, count + 20).map((text) => ann.say(`${text} ${filling}`)))
    count += 20
  }
  client.read()
  expect(await client.ended).toBe(true)
  const got = client.now()
  expect(got.at(-1)).toMatchObject({ event: 'end', retry: '1000', data: { code: 'reader-too-slow', reconnect: true } })
  const said = got.filter(({ data }) => data?.type === 'message')
  expect(said.length).toBeLessThan(count)
  const resumed = await stream('/rooms/ops/stream', { lastId: said.at(-1)?.id })
  const rest = await resumed.bodies(count + 1 - said.length)
  const bodies = [...said.map(({ data }) => data.body), ...rest].map((body) => body.split(' ')[0])
  expect(bodies).toEqual(['begin', ...numbers(0, count)])
})

test('a reader that does not read what it has missed holds a page, however much there is', async () => {
  const { stream, speaker, http, engine } = await streamStage({ maxQueueBytes: 65_536 })
  const ann = await speaker('ann', 'ops')
  const texts = numbers(0, 5_000)
  for (let start = 0; start < texts.length; start += 500) {
    await Promise.all(texts.slice(start, start + 500).map((text) => ann.say(`${text} ${'x'.repeat(3_000)}`)))
  }
  engine.trimMemory()
  const client = await stream('/rooms/ops/stream?since=all', { paused: true })
  await eventually(() => expect(http.traffic.queued).toBeGreaterThan(0))
  let most = 0
  for (let checks = 0; checks < 50; checks++) {
    await ann.say(`live ${checks}`)
    await round()
    most = Math.max(most, http.traffic.queued)
  }
  // A page of 64 KiB, as it is counted in memory, beside what the system takes.
  expect(most).toBeLessThan(200_000)
  client.read()
  const bodies = await client.bodies(5_050)
  expect(bodies.map((body) => body.split(' x')[0])).toEqual([...texts, ...numbers(0, 50).map((n) => `live ${n}`)])
})

test('a reader is told when what it has missed is removed before it has come to it', async () => {
  const { stream, speaker, http, engine } = await streamStage()
  const ann = await speaker('ann', 'ops')
  const { log } = ann.session.inRoom().room
  const texts = numbers(0, 4_000)
  await Promise.all(texts.map((text) => ann.say(`${text} ${'x'.repeat(3_000)}`)))
  engine.trimMemory()
  const client = await stream('/rooms/ops/stream?since=all', { paused: true })
  await eventually(() => expect(http.traffic.queued).toBeGreaterThan(0))
  await engine.logs.clear(log)
  await ann.say('later')
  client.read()
  expect(await client.ended).toBe(true)
  const got = client.now()
  expect(got.at(-1)).toMatchObject({ event: 'end', data: { code: 'history-gone', reconnect: false } })
  const bodies = got.flatMap(({ data }) => (data?.type === 'message' ? [data.body.split(' ')[0]] : []))
  expect(bodies).toEqual(texts.slice(0, bodies.length))
  const lastId = got.findLast(({ id }) => id !== undefined)?.id
  expect(await (await stream('/rooms/ops/stream', { lastId })).refusal).toEqual([410, 'history-gone'])
})

test('across a restart: the end says that the client is to come back, and it misses nothing', async () => {
  const data = join(temporaryFolder(), 'data')
  const start = () => startTestDaemon({ http: 0, data })
  const enterOps = async (daemon: Awaited<ReturnType<typeof start>>) => {
    const client = await LineClient.connect(daemon)
    client.send('LOGIN ann', 'JOIN ops')
    await client.rest()
    return client
  }
  const first = await start()
  const ann = await enterOps(first)
  const stream = await StreamClient.open(first.port('http'), '/rooms/ops/stream')
  const curl = spawn('curl', ['-sN', `http://127.0.0.1:${first.port('http')}/rooms/ops/stream`])
  let printed = ''
  curl.stdout.on('data', (chunk) => {
    printed += chunk
  })
  onTestFinished(() => void curl.kill())
  await stream.next()
  ann.send('one')
  expect(await stream.bodies(1)).toEqual(['one'])
  // Whenever that has started.
  await eventually(() => {
    ann.send('curl?')
    expect(printed).toContain('<ann> curl?\n')
  })
  await ann.rest()
  const [status] = await Promise.all([once(curl, 'exit'), first.stop()])
  expect(status).toEqual([0, null])
  expect(await stream.ended).toBe(true)
  const got = stream.now()
  expect(got.at(-1)).toMatchObject({ event: 'end', retry: '1000', data: { code: 'stopping', reconnect: true } })
  const lastId = got.findLast(({ id }) => id !== undefined)?.id
  const second = await start()
  onTestFinished(() => second.stop())
  const again = await enterOps(second)
  again.send('two')
  await again.rest()
  const resumed = await StreamClient.open(second.port('http'), '/rooms/ops/stream', { lastId })
  expect(await resumed.bodies(1)).toEqual(['two'])
  const plain = await StreamClient.open(second.port('http'), `/rooms/ops/stream?since=${lastId}`, { format: PLAIN })
  expect((await plain.until(({ line }) => line?.includes('two') === true)).length).toBeLessThan(6)
  again.socket.destroy()
})

withRedis('streams of two nodes', () => {
  const server = RedisServer.forAll()

  test('show the events of both, once, and a client may go on at the other one', async () => {
    const start = async () => {
      const engine = new RedisEngine(
        {
          place: placeAt(server.port),
          prefix: 'streams',
          lobby: 'lobby',
          keep: { days: 0, events: 0 },
          memory: { events: 100, bytes: 100_000 },
        },
        { trouble: () => {}, recovered: () => {}, died: () => {} },
      )
      await engine.start()
      onTestFinished(() => engine.stop())
      const chat = new Chat(engine, { maxText: 4_000 })
      return { chat, ...(await serveStreams(chat)) }
    }
    const [one, other] = [await start(), await start()]
    const speaker = async ({ chat }: typeof one, name: string) => {
      const session = new Session(silent)
      await chat.login(session, name)
      await enter(chat, session, 'ops')
      return (text: string) => say(chat, session, text)
    }
    const [ann, bob] = [await speaker(one, 'ann'), await speaker(other, 'bob')]
    const streams = [one.stream, other.stream]
    let turn = 0
    const readers = [200, 900].map((most) =>
      followInPieces((...asked) => (streams[turn++ % 2] ?? one.stream)(...asked), '/rooms/ops/stream', 'end', most),
    )
    for (const text of numbers(0, 600)) {
      const said = Promise.all([ann(`ann ${text}`), bob(`bob ${text}`)])
      if (Number(text) % 5 === 0) await said
    }
    await ann('ann last')
    await bob('bob last')
    await ann('end')
    for (const shown of await Promise.all(readers)) {
      const ids = shown.map(({ id }) => Number(id))
      expect(ids).toEqual([...new Set(ids)].sort((a, b) => a - b))
      for (const name of ['ann', 'bob']) {
        const bodies = shown.flatMap(({ data }) => (data.from === name && data.body !== 'end' ? [data.body] : []))
        expect(bodies).toEqual([...numbers(0, 600), 'last'].map((text) => `${name} ${text}`))
      }
    }
  })
})
