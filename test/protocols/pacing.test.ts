/** People are paced, pipes are not. A client from elsewhere is one at an address that is not trusted. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { pino } from 'pino'
import { expect, onTestFinished, test } from 'vitest'
import type { CommandResult, ServerLine } from '../../commands/replies.ts'
import { encoder } from '../../src/protocols/line/json.ts'
import { lineListener } from '../../src/protocols/line/ports.ts'
import { LineWire, lastLine } from '../../src/protocols/line/wire.ts'
import { AddressList } from '../../src/transport/address-list.ts'
import { Admission } from '../../src/transport/admission.ts'
import { Tally } from '../../src/transport/tally.ts'
import { stage as coreStage } from '../chat/stage.ts'
import { LineClient } from '../support/client.ts'
import { type Overrides, startTestDaemon } from '../support/daemon.ts'
import { FrameClient } from '../support/frames.ts'
import { openWebSocket } from '../support/websocket.ts'

const HERE = '127.0.0.1'
const ELSEWHERE = '127.0.0.2'
const RATE = 200
const BURST = 20

async function openDaemon(overrides: Overrides = {}) {
  const options = { chatterbox: 0, http: 0, trusted: HERE, 'guest-rate': RATE, 'guest-burst': BURST }
  const daemon = await startTestDaemon({ ...options, ...overrides })
  onTestFinished(() => daemon.stop())
  const member = async (name: string, room: string) => {
    const client = await LineClient.connect(daemon)
    onTestFinished(() => void client.socket.destroy())
    await client.ask(`LOGIN ${name}`)
    client.send(`JOIN ${room}`)
    await client.until(({ type }) => type === 'userJoined')
    return client
  }
  return { daemon, member }
}

function connectFrom(localAddress: string, port: number): Socket {
  const socket = connect({ host: HERE, port, localAddress })
  onTestFinished(() => void socket.destroy())
  return socket.on('error', () => {})
}

/** Reads lines until so many fit; gives them all back. */
async function linesOf(socket: Socket, count: number, fits: (line: ServerLine) => boolean): Promise<ServerLine[]> {
  const lines: ServerLine[] = []
  let rest = ''
  for await (const chunk of socket) {
    const parts = `${rest}${chunk}`.split('\n')
    rest = parts.pop() ?? ''
    lines.push(...parts.map((line): ServerLine => JSON.parse(line)))
    if (lines.filter(fits).length >= count) break
  }
  return lines
}

const limitsIn = (line: ServerLine | undefined) => (line as CommandResult).limits?.rate

const flood = Array.from({ length: 300 }, (_, n) => `flood ${n}`)

/** Each says the flood in the lobby at once; the number is how many of it may exceed the rate. */
const FLOODS = {
  'lines over TCP': [1, async ({ line }) => void connectFrom(ELSEWHERE, line).write(script(flood))],
  'lines in one WebSocket message': [
    1,
    async ({ port }) => {
      const { websocket } = await openWebSocket(port('http'), '/line', { localAddress: ELSEWHERE })
      onTestFinished(() => websocket.terminate())
      websocket.send(script(flood))
    },
  ],
  'entries in one Chatterbox frame': [
    64,
    async ({ port }) => {
      const client = await FrameClient.connect(port('chatterbox'), 'TLS', ELSEWHERE)
      onTestFinished(() => void client.socket.destroy())
      await client.ask({ USERNAME: 'flooder' })
      client.send({ MESSAGES: flood.map((text) => ['flooder', 'ALL', 1_524_700_000, text]) })
    },
  ],
} as const satisfies Record<
  string,
  readonly [number, (daemon: Awaited<ReturnType<typeof startTestDaemon>>) => Promise<void>]
>

function script(lines: readonly string[], name = 'flooder', room = 'lobby'): string {
  return [`LOGIN ${name}`, `JOIN ${room}`, ...lines, ''].join('\n')
}

test.for(Object.entries(FLOODS))('%s push talk out of sight at the rate of guests, and none is lost', async (each) => {
  const [, [excess, start]] = each
  const { daemon, member } = await openDaemon()
  const ann = await member('ann', 'lobby')
  ann.send('hello')
  await ann.until(({ type }) => type === 'message')
  const started = Date.now()
  await start(daemon)
  const heard: string[] = []
  const hear = async (count: number) => {
    while (heard.length < count) {
      const line = await ann.next()
      if (line.type === 'message' && line.from === 'flooder') heard.push(line.body)
    }
  }
  await hear(80)
  ann.send('HISTORY limit=280')
  // It is answered at once, although the flood goes on.
  const answer = await ann.until((line) => line.type === 'history' && line.body.body === 'flood 0')
  heard.push(...answer.flatMap((line) => (line.type === 'message' && line.from === 'flooder' ? [line.body] : [])))
  const passed = () => BURST + (RATE * (Date.now() - started)) / 1_000 + excess
  expect(heard.length).toBeLessThanOrEqual(passed())
  expect(answer.some((line) => line.type === 'history' && line.body.body === 'hello')).toBe(true)
  await hear(flood.length)
  expect(heard).toEqual(flood)
  expect(passed()).toBeGreaterThanOrEqual(flood.length)
})

test('a flood slows its sender, who is told so once, and nobody else', async () => {
  const { daemon, member } = await openDaemon({ 'guest-rate': 20 })
  const ann = await member('ann', 'ops')
  const flooder = connectFrom(ELSEWHERE, daemon.line)
  flooder.write(script(flood, 'flooder', 'ops'))
  await ann.until((line) => line.type === 'message' && line.from === 'flooder')
  ann.send(...flood.map((_, n) => `/ping ${n}`))
  const pongs = (line: ServerLine) => line.type === 'commandResult' && line.result === 'PONG 299'
  const others = await ann.until(pongs)
  // Of the flood, all but what came meanwhile is still to come.
  expect(others.filter(({ type }) => type === 'message').length).toBeLessThan(100)
  const told = await linesOf(flooder, 1, ({ type }) => type === 'notice')
  expect(told.filter(({ type }) => type === 'notice')).toMatchObject([{ notice: expect.stringMatching(/^Slow down/) }])
})

test('a pipe of 100,000 lines from a trusted address is not paced', async () => {
  const { daemon } = await openDaemon({ 'max-burst': 200_000 })
  const count = 100_000
  const pipe = connectFrom(HERE, daemon.line)
  pipe.end(
    script(
      Array.from({ length: count }, (_, n) => `${n}`),
      'pipe',
      'logs',
    ),
  )
  let acknowledged = 0
  let rest = ''
  for await (const chunk of pipe) {
    const parts = `${rest}${chunk}`.split('\n')
    rest = parts.pop() ?? ''
    for (const line of parts) {
      if (line.includes('"notice"')) throw new Error(line)
      if (line.includes('"result":"OK"')) acknowledged++
    }
  }
  expect(acknowledged).toBe(count)
})

test('a client that has closed counts for its address until its lines are said', async () => {
  const { daemon, member } = await openDaemon({ 'guest-rate': 20, 'guest-burst': 5, 'max-per-address': 1 })
  const ann = await member('ann', 'ops')
  const gone = connectFrom(ELSEWHERE, daemon.line)
  gone.write(script(flood.slice(0, 40), 'gone', 'ops'))
  const heard = await ann.until((line) => line.type === 'message' && line.from === 'gone')
  gone.resetAndDestroy()
  const tooMany = connectFrom(ELSEWHERE, daemon.line)
  expect(await linesOf(tooMany, 1, () => true)).toMatchObject([{ type: 'error', code: 'too-many-from-address' }])
  heard.push(...(await ann.until((line) => line.type === 'userLeft' && line.from === 'gone')))
  expect(heard.flatMap((line) => (line.type === 'message' ? [line.body] : []))).toEqual(flood.slice(0, 40))
  const next = connectFrom(ELSEWHERE, daemon.line)
  next.end('/ping\n')
  expect(await linesOf(next, 1, () => true)).toMatchObject([{ result: 'PONG' }])
})

test('/limits tells the rate that holds for the client, behind a proxy by its own address', async () => {
  const { daemon } = await openDaemon({ 'max-rate': 5_000, 'max-burst': 6_000, 'http-trust-proxy': HERE })
  const here = connectFrom(HERE, daemon.line)
  here.end('/limits\n')
  expect(limitsIn((await linesOf(here, 1, () => true))[0])).toEqual({ perSecond: 5_000, burst: 6_000 })
  const elsewhere = connectFrom(ELSEWHERE, daemon.line)
  elsewhere.end('/limits\n')
  const [told] = await linesOf(elsewhere, 1, () => true)
  expect(limitsIn(told)).toEqual({ perSecond: RATE, burst: BURST })
  expect(told).toMatchObject({ result: expect.stringContaining(`${RATE} lines a second are read, ${BURST} at once`) })
  for (const [address, perSecond] of [
    ['203.0.113.9', RATE],
    [HERE, 5_000],
  ] as const) {
    const headers = { 'X-Forwarded-For': address }
    const { websocket } = await openWebSocket(daemon.port('http'), '/line', { headers })
    websocket.send('/limits')
    const [answer] = await once(websocket, 'message')
    expect(limitsIn(JSON.parse(String(answer)))).toMatchObject({ perSecond })
    websocket.terminate()
  }
})

test('without any rate /limits tells none', async () => {
  const { daemon } = await openDaemon({ 'max-rate': 0, 'guest-rate': 0 })
  const elsewhere = connectFrom(ELSEWHERE, daemon.line)
  elsewhere.end('/limits\n')
  expect(limitsIn((await linesOf(elsewhere, 1, () => true))[0])).toBeUndefined()
})

test('an account with the flag bot is read at the full rate from its login on', async () => {
  const { chat, engine } = await coreStage()
  for (const name of ['bot', 'person']) await chat.accounts.register(name, 'a secret', HERE)
  await engine.records.change('account', 'bot', (account) => ({ ...account, bot: true }))
  const encode = encoder(false)
  const listener = lineListener(
    {
      chat,
      wire: new LineWire(encode),
      lastWord: lastLine(encode),
      log: pino({ level: 'silent' }),
      tally: new Tally(),
      maxLine: 16_384,
      maxQueueBytes: 1_048_576,
      pacing: { full: { rate: 5_000, burst: 5_000 }, guest: { rate: 20, burst: 10 }, trusted: new AddressList([]) },
      loginTimeoutMs: 0,
    },
    new Admission({ maxConnections: 0, maxPerAddress: 0 }),
  )
  const { port } = await listener.listen(HERE, 0)
  onTestFinished(async () => {
    listener.abort()
    await listener.stop()
  })
  const replies = async (name: string) => {
    const client = connectFrom(HERE, port)
    client.end(['/limits', `LOGIN ${name} a secret`, '/limits', ...Array(20).fill('/ping'), ''].join('\n'))
    const lines = await linesOf(client, 23, ({ type }) => type === 'commandResult')
    const rates = lines.map(limitsIn).filter((rate) => rate !== undefined)
    return { rates, notices: lines.filter(({ type }) => type === 'notice').length }
  }
  const [guest, bot] = [
    { perSecond: 20, burst: 10 },
    { perSecond: 5_000, burst: 5_000 },
  ]
  expect(await replies('bot')).toEqual({ rates: [guest, bot], notices: 0 })
  expect(await replies('person')).toEqual({ rates: [guest, guest], notices: 1 })
})
