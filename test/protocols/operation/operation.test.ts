import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { LineClient } from '../../support/client.ts'
import { type Overrides, startTestDaemon } from '../../support/daemon.ts'
import { eventually } from '../../support/eventually.ts'
import { temporaryFolder } from '../../support/folder.ts'
import { exchange, handshake, request } from '../../support/http.ts'
import { RoomdProcess } from '../../support/process.ts'
import { RedisServer, withRedis } from '../../support/redis.ts'

async function stage(overrides: Overrides = {}) {
  const daemon = await startTestDaemon({ http: 0, ...overrides })
  onTestFinished(() => daemon.stop())
  const url = `http://127.0.0.1:${daemon.port('http')}`
  const get = async (path: string) => {
    const answer = await fetch(url + path)
    return { status: answer.status, text: await answer.text(), type: answer.headers.get('content-type') }
  }
  /** Samples as `name{labels}` and their values. */
  const metrics = async () => {
    const lines = (await get('/metrics')).text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
    return new Map(
      lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]),
    )
  }
  return { daemon, get, metrics }
}

test('alive and ready', async () => {
  const { get } = await stage()
  expect(await get('/healthz')).toMatchObject({ status: 200, text: 'alive\n' })
  expect(await get('/readyz')).toMatchObject({ status: 200, text: 'ready\n' })
})

test('who is in the middle of asking when the daemon stops learns that it is not ready', async () => {
  const { daemon } = await stage({ 'drain-timeout': 2 })
  // Holds up the stop: it does not take its last lines.
  const busy = await LineClient.connect(daemon)
  busy.socket.pause()
  const socket = connect({ host: '127.0.0.1', port: daemon.port('http') }).setEncoding('utf8')
  onTestFinished(() => void socket.destroy())
  const ask = async (path: string) => {
    socket.write(request(`GET ${path}`, 'Connection: keep-alive'))
    return String((await once(socket, 'data'))[0])
  }
  expect(await ask('/readyz')).toMatch(/^HTTP\/1.1 200 /)
  const stopped = daemon.stop()
  expect(await ask('/readyz')).toMatch(/^HTTP\/1.1 503 [\s\S]*stopping\n$/)
  expect(await ask('/healthz')).toMatch(/^HTTP\/1.1 200 /)
  busy.socket.destroy()
  await stopped
})

test('a store that another process has locked is told at once', async () => {
  const data = temporaryFolder()
  const { daemon, get } = await stage({ data })
  const client = await LineClient.connect(daemon)
  onTestFinished(() => void client.socket.destroy())
  await client.ask('LOGIN ann')
  const other = new DatabaseSync(join(data, 'roomd.db'))
  onTestFinished(() => other.close())
  other.exec('BEGIN IMMEDIATE')
  expect(await client.ask('JOIN ops')).toMatchObject({ code: 'unavailable' })
  // The store's thread waits for the lock again and again.
  const told = await Promise.all(Array.from({ length: 20 }, (_, n) => delay(100 * n).then(() => get('/readyz'))))
  for (const { text } of told) expect(text).toBe('it is in use by another process\n')
  other.exec('ROLLBACK')
  await eventually(async () => expect((await get('/readyz')).status).toBe(200))
})

test('what happens is counted', async () => {
  // One connection is that of whoever reads the metrics.
  const { daemon, metrics } = await stage({ chatterbox: 0, 'max-rate': 5, 'max-burst': 12, 'max-connections': 5 })
  const clients: LineClient[] = []
  onTestFinished(() => clients.forEach(({ socket }) => void socket.destroy()))
  for (const name of ['ann', 'bob', 'eve']) {
    const client = await LineClient.connect(daemon)
    clients.push(client)
    client.send(`LOGIN ${name}`, 'JOIN lobby')
    await client.until(({ type }) => type === 'userJoined')
  }
  const [ann, bob] = clients as [LineClient, LineClient]
  ann.send('one', 'two', '/tell bob psst')
  await bob.until(({ type }) => type === 'private')
  const before = await metrics()
  expect(before.get('roomd_connections{protocol="line"}')).toBe(3)
  expect(before.get('roomd_connections{protocol="chatterbox"}')).toBe(0)
  expect(before.get('roomd_sessions{protocol="line"}')).toBe(3)
  expect(before.get('roomd_rooms')).toBe(1)
  expect(before.get('roomd_rooms_occupied')).toBe(1)
  expect(before.get('roomd_events_total{protocol="line",kind="joined"}')).toBe(3)
  expect(before.get('roomd_events_total{protocol="line",kind="message"}')).toBe(2)
  expect(before.get('roomd_events_total{protocol="line",kind="private"}')).toBe(1)
  // Three who join see 1 + 2 + 3; two messages go to three, a private one to two.
  expect(before.get('roomd_deliveries_total')).toBe(6 + 6 + 2)
  expect(before.get('roomd_received_bytes_total{protocol="line"}')).toBeGreaterThan(90)
  expect(before.get('roomd_sent_bytes_total{protocol="line"}')).toBeGreaterThan(1_000)
  expect(before.get('roomd_queue_bytes{protocol="line"}')).toBe(0)
  expect(before.get('roomd_commit_events_sum')).toBeGreaterThanOrEqual(6)
  expect(before.get('roomd_commit_duration_seconds_count')).toBeGreaterThan(0)
  // There before they count, so that an alert sees the first one.
  for (const reason of ['reader-too-slow', 'too-many-connections', 'peer-vanished'])
    expect(before.get(`roomd_disconnects_total{reason="${reason}"}`)).toBe(0)
  expect(before.get('roomd_build_info{version="unknown"}')).toBe(1)
  expect([...before.keys()].some((name) => name.startsWith('nodejs_eventloop_lag'))).toBe(true)
  expect([...before.keys()].join()).not.toMatch(/"(ann|bob|eve|lobby)"/)

  // Over its rate; a reserved name; one connection too many; gone.
  ann.send(...Array.from({ length: 20 }, (_, n) => `/ping ${n}`))
  await ann.take(12)
  const other = await LineClient.connect(daemon)
  clients.push(other)
  await other.ask('LOGIN public')
  const late = await LineClient.connect(daemon)
  await late.closed
  bob.socket.destroy()
  await ann.until(({ type }) => type === 'userLeft')
  const after = await metrics()
  expect(after.get('roomd_throttles_total')).toBeGreaterThan(0)
  expect(after.get('roomd_refused_logins_total{reason="name-reserved"}')).toBe(1)
  expect(after.get('roomd_disconnects_total{reason="too-many-connections"}')).toBe(1)
  expect(after.get('roomd_events_total{protocol="line",kind="left"}')).toBe(1)
  expect(after.get('roomd_connections_total{protocol="line"}')).toBe(4)
  // The bytes of who is gone count on.
  expect(after.get('roomd_sent_bytes_total{protocol="line"}')).toBeGreaterThan(
    before.get('roomd_sent_bytes_total{protocol="line"}') ?? Number.NaN,
  )
})

test('at the bound of connections who asks how the daemon is gets in, and nobody else', async () => {
  const { daemon, get, metrics } = await stage({ 'max-connections': 2 })
  const clients = [await LineClient.connect(daemon), await LineClient.connect(daemon)]
  const idle: Socket[] = []
  onTestFinished(() => [...clients.map(({ socket }) => socket), ...idle].forEach((socket) => void socket.destroy()))
  for (const client of clients) await client.ask('/ping')
  for (const path of ['/healthz', '/readyz', '/metrics']) expect((await get(path)).status).toBe(200)
  const socket = await exchange(daemon.port('http'), handshake('/line'))
  for (const answer of [await exchange(daemon.port('http'), request('GET /')), socket]) {
    expect(answer).toMatch(/^HTTP\/1.1 503 /)
    expect(answer).toMatch(/^connection: close\r$/im)
  }
  expect(await metrics()).toContainEqual(['roomd_disconnects_total{reason="too-many-connections"}', 2])

  // They are few: who only holds them is nobody's concern for long.
  for (let n = 0; n < 8; n++) {
    const one = connect({ host: '127.0.0.1', port: daemon.port('http') })
    one.on('error', () => {})
    await once(one, 'connect')
    idle.push(one)
  }
  await eventually(async () => expect(await exchange(daemon.port('http'))).toMatch(/^HTTP\/1.1 503 /))
  for (const one of idle) one.destroy()
  await eventually(async () => expect((await get('/readyz')).status).toBe(200))
})

test('a slow reader is counted, and what waits for it', async () => {
  const { daemon, metrics } = await stage({ 'max-queue': 262_144 })
  const [slow, ann] = [await LineClient.connect(daemon), await LineClient.connect(daemon)]
  onTestFinished(() => [slow, ann].forEach(({ socket }) => void socket.destroy()))
  for (const [name, client] of Object.entries({ slow, ann })) {
    client.send(`LOGIN ${name}`, 'JOIN tech')
    await client.until(({ type }) => type === 'userJoined')
  }
  slow.socket.pause()
  let most = 0
  for (;;) {
    for (let n = 0; n < 50; n++) ann.send('x'.repeat(4_000))
    await ann.take(100)
    const now = await metrics()
    most = Math.max(most, now.get('roomd_queue_bytes{protocol="line"}') ?? 0)
    if (now.get('roomd_disconnects_total{reason="reader-too-slow"}') === 1) break
  }
  expect(most).toBeGreaterThan(65_536)
})

test('a daemon as people run it says its version', async () => {
  const daemon = new RoomdProcess(['--line', '0', '--http', '0', '--data', ':memory:'])
  onTestFinished(async () => {
    daemon.child.kill('SIGKILL')
    await daemon.exit
  })
  const port = await daemon.ready('http')
  expect(await exchange(port, request('GET /readyz'))).toMatch(/^HTTP\/1.1 200 /)
  expect(await exchange(port, request('GET /metrics'))).toMatch(
    /roomd_build_info\{version="\d+\.\d+\.\d+(?:-dev)?"\} 1/,
  )
})

withRedis('to be away', () => {
  test('while Redis is away the numbers are told, and that it is', async () => {
    const server = await RedisServer.start()
    onTestFinished(() => server.stop())
    const { daemon, get, metrics } = await stage({ redis: server.url })
    const ann = await LineClient.connect(daemon)
    onTestFinished(() => void ann.socket.destroy())
    ann.send('LOGIN ann', 'JOIN ops')
    await ann.until(({ type }) => type === 'userJoined')
    expect(await metrics()).toContainEqual(['roomd_rooms_occupied', 1])
    expect(await metrics()).toContainEqual(['roomd_ready', 1])
    await server.kill()
    await eventually(async () => expect((await get('/readyz')).status).toBe(503))
    const away = await metrics()
    expect(away.get('roomd_ready')).toBe(0)
    expect(away.has('roomd_rooms_occupied')).toBe(false)
    expect(away.get('roomd_connections{protocol="line"}')).toBe(1)
    expect((await get('/healthz')).status).toBe(200)
    await server.run()
    await eventually(async () => expect(await metrics()).toContainEqual(['roomd_ready', 1]))
  })
})
