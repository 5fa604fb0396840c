/** Clients that do not mean well, or that are slow, and a server in trouble. */
import { once } from 'node:events'
import { request as requestTls } from 'node:https'
import { connect } from 'node:net'
import { expect, onTestFinished, test, vi } from 'vitest'
import type { ChatOptions } from '../../../src/chat/chat-options.ts'
import { Proof } from '../../../src/chat/credentials.ts'
import { Refusal } from '../../../src/chat/refusal.ts'
import { piratchatRoutes } from '../../../src/protocols/piratchat/routes.ts'
import { stage } from '../../chat/stage.ts'
import { eventually } from '../../support/eventually.ts'
import { openPort, socketOptions } from '../../support/http.ts'
import { ACK, cookieOf, join, leave, pirateClients, pirateStage, said } from './stage.ts'

/** Piratchat on a core that the test has in its hands. */
async function servePirates(options: Partial<ChatOptions> = {}) {
  const { chat } = await stage(options)
  const routes = piratchatRoutes({ ...socketOptions({ maxQueueBytes: 65_536 }), chat, escape: false })
  const { port } = await openPort(routes, { requestMs: 300 })
  const sockets: { destroy(): unknown }[] = []
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    return chat.stop()
  })
  return { chat, port, ...pirateClients(port, sockets) }
}

/** Everything that comes back for what is sent, up to the end of the connection. */
async function answerTo(port: number, text: string): Promise<string> {
  const socket = connect({ host: '127.0.0.1', port })
  onTestFinished(() => void socket.destroy())
  socket.write(text)
  const chunks: Buffer[] = []
  socket.on('data', (chunk) => chunks.push(chunk))
  await once(socket, 'close')
  return Buffer.concat(chunks).toString()
}

test('a body that is too large is refused', async () => {
  const { post, register } = await pirateStage()
  const answer = await post('/api/register', `{"username":"${'x'.repeat(70_000)}"}`)
  expect(answer).toMatchObject({ status: 413, body: '' })
  await register('alice')
})

test('a body that does not come is not waited for', async () => {
  const { port } = await servePirates()
  const head = 'POST /api/register HTTP/1.1\r\nHost: localhost\r\nContent-Length: 20\r\n\r\n{"user'
  expect(await answerTo(port, head)).toMatch(/^HTTP\/1.1 408 /)
})

test('a message over 64 KB closes with 1009, one that is not UTF-8 with 1007, and the others see it', async () => {
  const { together, user, open } = await pirateStage()
  const [alice] = await together('alice')
  const bob = await user('bob')
  for (const [data, code] of [
    ['x'.repeat(65_537), 1009],
    [Buffer.from([0x22, 0xff, 0x22]), 1007],
  ] as const) {
    const client = await open(bob)
    client.websocket.send(data, { binary: false })
    expect(await client.closed).toBe(code)
    expect(await alice.take(2)).toEqual([join('bob'), leave('bob')])
  }
})

test('a message of control characters only is refused, and the connection stays', async () => {
  const [alice, bob] = await (await pirateStage()).together('alice', 'bob')
  alice.send('\x07\x1b')
  expect(await alice.next()).toEqual({ status: false, code: 'message_empty' })
  alice.send('\x1b[31mred')
  expect(await alice.next()).toEqual(ACK)
  expect(await bob.next()).toEqual(said('alice', 'red'))
})

test('what no server has given is no cookie', async () => {
  const { user, get, refused } = await pirateStage()
  const alice = await user('alice')
  const value = alice.slice('session='.length)
  const swapped = value.replace(/[a-z]/gi, (c) => (c === c.toLowerCase() ? c.toUpperCase() : c.toLowerCase()))
  for (const forged of [swapped, value.slice(1), `${value}A`, 'alice', '', '%00', '%', 'x'.repeat(5_000), "' OR 1=1"]) {
    expect((await get('/api/online', `session=${forged}`)).status, forged).toBe(401)
    expect(await refused(`session=${forged}`)).toBe(401)
  }
  for (const other of ['Session', 'sessions', 'x'])
    expect((await get('/api/online', `${other}=${value}`)).status).toBe(422)
  expect((await get('/api/online', `a=b; ${alice}; c=d`)).status).toBe(200)
})

test('a cookie is its owner, whoever sends it, and nobody else', async () => {
  const { user, get, open, online } = await pirateStage()
  const [alice, bob] = [await user('alice'), await user('bob')]
  expect((await get('/api/user/@me', bob)).body).toBe('{"username":"bob"}')
  const client = await open(alice)
  await get('/api/logout', bob)
  client.send('still here')
  expect(await client.next()).toEqual(ACK)
  expect(await online(alice)).toEqual(['alice'])
})

test('pages of another origin get no WebSocket', async () => {
  const listed = 'https://chat.example'
  const { user, refused, open, host } = await pirateStage({ 'http-origins': [listed] })
  const alice = await user('alice')
  for (const origin of ['https://evil.example', 'null', 'http://chat.example']) {
    expect(await refused(alice, { origin })).toBe(403)
  }
  for (const origin of [listed, `http://${host}`]) await (await open(alice, { origin })).close()
})

test('what only looks like a handshake is refused before anybody is told', async () => {
  const { daemon, together, user } = await pirateStage()
  const [alice] = await together('alice')
  const cookie = await user('bob')
  const head = `GET /ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nCookie: ${cookie}\r\n`
  for (const rest of [
    'Upgrade: h2c\r\n',
    'Upgrade: websocket\r\n',
    'Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: short\r\n',
    'Upgrade: websocket\r\nSec-WebSocket-Version: 7\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n',
  ]) {
    const answer = await answerTo(daemon.port('http'), `${head}${rest}\r\n`)
    expect(answer).toMatch(/^HTTP\/1.1 400 /)
    expect(answer).toMatch(/content-length: 0\r\n/i)
  }
  expect(await alice.rest()).toEqual([])
})

test('who is gone before his handshake is answered holds no name', async () => {
  const { daemon, user, open } = await pirateStage()
  const cookie = await user('bob')
  const keys = 'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n'
  for (let times = 0; times < 20; times++) {
    const socket = connect({ host: '127.0.0.1', port: daemon.port('http') })
    await once(socket, 'connect')
    socket.write(
      `GET /ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n${keys}Cookie: ${cookie}\r\n\r\n`,
    )
    await new Promise((resolve) => (times % 2 ? setImmediate(resolve) : resolve(undefined)))
    socket.resetAndDestroy()
  }
  // The last reset may be on its way.
  await eventually(() => open(cookie))
})

test('whoever logs out while his socket opens is not left behind', async () => {
  const { register, login, user, get, open, online } = await pirateStage()
  const [alice, key] = [await user('alice'), await register('bob')]
  for (let times = 0; times < 10; times++) {
    const bob = await login(key)
    const [opened] = await Promise.all([open(bob).catch(() => undefined), get('/api/logout', bob)])
    await opened?.closed
    await eventually(async () => expect(await online(alice)).toEqual([]))
  }
})

test('so many names are registered from one address, as a proxy that is believed tells it', async () => {
  const { post } = await pirateStage({ 'http-trust-proxy': ['127.0.0.1'], 'max-registrations': 3 })
  const register = (username: string, address: string) =>
    post('/api/register', JSON.stringify({ username }), { 'x-forwarded-for': address })
  for (const name of ['a', 'b', 'c']) expect((await register(name, '192.0.2.1')).status).toBe(201)
  const refused = await register('d', '192.0.2.1')
  expect(refused).toMatchObject({ status: 429, body: '' })
  expect(refused.headers.get('retry-after')).toBe('60')
  expect((await register('d', '192.0.2.2')).status).toBe(201)
})

test('over TLS the cookie is for TLS only, also where a proxy ends it', async () => {
  const { register, post } = await pirateStage({ 'http-trust-proxy': ['127.0.0.1'] })
  const body = JSON.stringify({ key: await register('alice') })
  const proxied = await post('/api/login', body, { 'x-forwarded-proto': 'https' })
  expect(proxied.headers.get('set-cookie')).toMatch(/; SameSite=Lax; Secure$/)
  expect((await post('/api/login', body)).headers.get('set-cookie')).toMatch(/; SameSite=Lax$/)

  const { daemon } = await pirateStage({ 'http-tls': true })
  const port = daemon.port('http')
  const overTls = async (path: string, text: string) => {
    const request = requestTls({
      host: '127.0.0.1',
      port,
      path,
      method: 'POST',
      rejectUnauthorized: false,
      agent: false,
    })
    request.end(text)
    const [response] = await once(request, 'response')
    return { headers: response.headers, body: (await response.setEncoding('utf8').toArray()).join('') }
  }
  const { key } = JSON.parse((await overTls('/api/register', '{"username":"alice"}')).body)
  const [cookie = ''] = (await overTls('/api/login', JSON.stringify({ key }))).headers['set-cookie'] ?? []
  expect(cookie).toMatch(/; Secure$/)
  const sockets: { destroy(): unknown }[] = []
  onTestFinished(() => sockets.forEach((socket) => void socket.destroy()))
  const client = await pirateClients(port, sockets, true).open(cookie.split(';')[0] ?? '')
  expect((await client.answer).headers['set-cookie']).toEqual([expect.stringMatching(/^session=\w{32};.*; Secure$/)])
})

test('every request sends the cookie again, the handshake too', async () => {
  const { user, get, open } = await pirateStage()
  const alice = await user('alice')
  for (const path of ['/api/online', '/api/user/@me', '/api/user/bob', '/ws']) {
    expect(cookieOf(await get(path, alice)), path).toBe(alice)
  }
  const { headers } = await (await open(alice)).answer
  expect(headers['set-cookie']).toEqual([
    expect.stringMatching(`^${alice}; expires=.*; Path=/; HttpOnly; SameSite=Lax$`),
  ])
})

test('a WebSocket closes when its session has been ended by somebody who did not know of it', async () => {
  const { chat, user, open } = await servePirates({ ticketMs: 3_000 })
  const client = await open(await user('alice'))
  await chat.tickets.end(new Proof('alice'))
  expect(await client.closed).toBe(1000)
})

test('while nothing can be committed, clients are told so and stay', async () => {
  const { chat, user, open, post, get, refused } = await servePirates()
  const [alice, bob] = [await user('alice'), await user('bob')]
  const client = await open(alice)
  const away = new Refusal('unavailable')
  vi.spyOn(chat.accounts, 'registerWithKey').mockRejectedValueOnce(away)
  expect(await post('/api/register', '{"username":"carol"}')).toMatchObject({ status: 503, body: '' })
  vi.spyOn(chat.tickets, 'use').mockRejectedValueOnce(away)
  expect(await get('/api/online', alice)).toMatchObject({ status: 503, body: '' })
  vi.spyOn(chat, 'join').mockRejectedValueOnce(away)
  expect(await refused(bob)).toBe(503)
  vi.spyOn(chat.messages, 'say').mockRejectedValueOnce(away)
  client.send('lost', 'not lost')
  expect(await client.take(2)).toEqual([{ status: false, code: 'unavailable' }, ACK])
  await open(bob)
})
