/** The checklist of docs/protocols/piratchat.md, section 7, point by point. */
import { readdirSync, readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join as joinPath } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { Tickets } from '../../../src/chat/tickets.ts'
import { TOO_LONG } from '../../clients/piratchat.ts'
import { temporaryFolder } from '../../support/folder.ts'
import { ACK, cookieOf, join, leave, pirateStage, said } from './stage.ts'

const UNKNOWN = `session=${'a'.repeat(32)}`
const MALFORMED = ['{"message":""}', '{"message":5}', '{"text":"x"}', '{"message":"x","y":1}', '[]', 'nojson']

function folder(): string {
  const data = temporaryFolder()
  return data
}

test('1. a registration gives a key', async () => {
  const { post } = await pirateStage()
  const { status, headers, body } = await post('/api/register', '{"username":"alice"}')
  expect(status).toBe(201)
  expect(headers.get('content-type')).toBe('application/json; charset=utf-8')
  expect(headers.get('set-cookie')).toBeNull()
  expect(JSON.parse(body)).toEqual({ key: expect.stringMatching(/^[0-9a-f]{64}$/) })
})

test('2., 3. a name is registered once, in whatever case', async () => {
  const { register, post } = await pirateStage()
  await register('alice')
  for (const username of ['alice', 'Alice']) {
    expect(await post('/api/register', JSON.stringify({ username }))).toMatchObject({ status: 409, body: '' })
  }
})

test('4., 6. what is no name is refused, and 32 letters are one', async () => {
  const { register, post } = await pirateStage()
  for (const username of ['al ice', 'al_ice', 'é', 'x'.repeat(33), 'abc\n', ' abc']) {
    expect(await post('/api/register', JSON.stringify({ username })), username).toMatchObject({ status: 400, body: '' })
  }
  await register('x'.repeat(32))
})

test('5. what is no registration is refused', async () => {
  const { post, ask } = await pirateStage()
  const bodies = [
    '{}',
    '{"username":""}',
    '{"username":5}',
    '{"username":"x","y":1}',
    '[]',
    'nojson',
    '',
    '"x"',
    'null',
  ]
  for (const body of [...bodies, '{"username":null}', '{"__proto__":"x"}', '{"username":"x","__proto__":1}', '["x"]']) {
    expect(await post('/api/register', body), body).toMatchObject({ status: 422, body: '' })
  }
  expect(await ask('POST', '/api/register')).toMatchObject({ status: 422, body: '' })
})

test('7. the content type is not looked at', async () => {
  const { post } = await pirateStage()
  const types = ['text/plain', 'application/json', 'application/x-www-form-urlencoded', 'nonsense', 'a/b; c=', ';']
  for (const [n, type] of types.entries()) {
    const body = `{"username":"user${n}"}`
    expect((await post('/api/register', body, { 'content-type': type })).status, type).toBe(201)
  }
  expect((await post('/api/register', Buffer.from('{"username":"none"}'))).status).toBe(201)
})

test('8. of many who register one name at once one gets it', async () => {
  const { post } = await pirateStage()
  const answers = await Promise.all(Array.from({ length: 50 }, () => post('/api/register', '{"username":"alice"}')))
  const count = (wanted: number) => answers.filter(({ status }) => status === wanted).length
  expect([count(201), count(409)]).toEqual([1, 49])
})

test('9. a login sets the cookie', async () => {
  const { register, post } = await pirateStage()
  const answer = await post('/api/login', JSON.stringify({ key: await register('alice') }))
  expect(answer).toMatchObject({ status: 200, body: '' })
  expect(answer.headers.get('content-length')).toBe('0')
  const cookie = answer.headers.get('set-cookie') ?? ''
  const form =
    /^session=[A-Za-z0-9]{32}; expires=(\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT); Path=\/; HttpOnly; SameSite=Lax$/
  const [, expires = ''] = form.exec(cookie) ?? []
  const ahead = (Date.parse(expires) - Date.now()) / 1_000
  expect(ahead).toBeGreaterThan(3_590)
  expect(ahead).toBeLessThan(3_610)
})

test('10. a second login gives the same session', async () => {
  const { register, login } = await pirateStage()
  const key = await register('alice')
  expect(await login(key)).toBe(await login(key))
})

test('11. what is no key and what is no login is refused', async () => {
  const { post, register } = await pirateStage()
  const key = await register('alice')
  for (const wrong of ['0'.repeat(64), key.slice(1), key.toUpperCase(), 'alice', 'x'.repeat(10_000)]) {
    const answer = await post('/api/login', JSON.stringify({ key: wrong }))
    expect(answer).toMatchObject({ status: 401, body: '' })
    expect(answer.headers.get('set-cookie')).toBeNull()
  }
  for (const body of ['{}', '{"key":""}', '{"key":1}', `{"key":"${key}","x":1}`, 'nojson', '']) {
    expect(await post('/api/login', body), body).toMatchObject({ status: 422, body: '' })
  }
})

test('12. /api/online', async () => {
  const { get, user } = await pirateStage()
  const alice = await user('alice')
  expect(await get('/api/online')).toMatchObject({ status: 422, body: '' })
  expect(await get('/api/online', UNKNOWN)).toMatchObject({ status: 401, body: '' })
  const answer = await get('/api/online', alice)
  expect(answer).toMatchObject({ status: 200, body: '{"online_clients":[]}' })
  expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8')
})

test('13., 14. /api/user', async () => {
  const { get, user } = await pirateStage()
  const alice = await user('alice')
  await user('bob')
  for (const path of ['/api/user/@me', '/api/user/%40me']) {
    expect(await get(path, alice)).toMatchObject({ status: 200, body: '{"username":"alice"}' })
    expect(await get(path)).toMatchObject({ status: 422, body: '' })
    expect(await get(path, UNKNOWN)).toMatchObject({ status: 401, body: '' })
  }
  for (const name of ['alice', 'bob', 'nobody', '@You']) {
    expect(await get(`/api/user/${name}`, alice)).toMatchObject({ status: 501, body: '' })
  }
  expect(await get('/api/user/bob')).toMatchObject({ status: 422 })
})

test('15., 16. /ws wants a session, and one socket a user', async () => {
  const { user, refused, open } = await pirateStage()
  expect(await refused()).toBe(422)
  expect(await refused(UNKNOWN)).toBe(401)
  const alice = await user('alice')
  for (let times = 0; times < 3; times++) {
    const client = await open(alice)
    expect(await refused(alice)).toBe(409)
    await client.close()
  }
})

test('16. of two handshakes at once one is let in', async () => {
  const { user, open } = await pirateStage()
  const alice = await user('alice')
  const tries = await Promise.allSettled([open(alice), open(alice), open(alice)])
  expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
})

test('17. /ws without a handshake', async () => {
  const { user, get, open } = await pirateStage()
  const alice = await user('alice')
  expect(await get('/ws')).toMatchObject({ status: 422, body: '' })
  expect(await get('/ws', UNKNOWN)).toMatchObject({ status: 401, body: '' })
  expect(await get('/ws', alice)).toMatchObject({ status: 400, body: '' })
  await open(alice)
  expect(await get('/ws', alice)).toMatchObject({ status: 409, body: '' })
})

test('18. the others see somebody come, he does not', async () => {
  const [alice, bob] = await (await pirateStage()).together('alice', 'bob')
  expect(await alice.rest()).toEqual([])
  expect(await bob.rest()).toEqual([])
})

test('19., 28. who is seen coming is online, who is seen going is not', async () => {
  const { user, open, online } = await pirateStage()
  const [alice, bob] = [await user('alice'), await user('bob')]
  const client = await open(alice)
  expect(await online(alice)).toEqual(['alice'])
  for (let times = 0; times < 5; times++) {
    const opened = open(bob)
    expect(await client.next()).toEqual(join('bob'))
    expect(await online(alice)).toEqual(['alice', 'bob'])
    void (await opened).close()
    expect(await client.next()).toEqual(leave('bob'))
    expect(await online(alice)).toEqual(['alice'])
  }
})

test('20. the others get a message, its sender an acknowledgement', async () => {
  const [alice, bob, carol] = await (await pirateStage()).together('alice', 'bob', 'carol')
  alice.send('hi')
  expect(await alice.next()).toEqual(ACK)
  for (const other of [bob, carol]) expect(await other.next()).toEqual({ message: 'hi', author: 'alice' })
  expect(bob.frames.at(-1)).toBe('{"message":"hi","author":"alice"}')
  for (const each of [alice, bob, carol]) expect(await each.rest()).toEqual([])
})

test('21. ten messages at once', async () => {
  const [alice, bob] = await (await pirateStage()).together('alice', 'bob')
  const texts = Array.from({ length: 10 }, (_, n) => `message ${n}`)
  alice.send(...texts)
  bob.send('in between')
  const [toAlice, toBob] = [await alice.take(11), await bob.take(11)]
  expect(toAlice.filter(({ status }) => status)).toEqual(texts.map(() => ACK))
  expect(toAlice.filter(({ message }) => message)).toEqual([said('bob', 'in between')])
  expect(toBob.filter(({ message }) => message)).toEqual(texts.map((text) => said('alice', text)))
  expect(toBob.filter(({ status }) => status)).toEqual([ACK])
})

test('22., 23. 300 characters pass, 301 do not', async () => {
  const [alice, bob] = await (await pirateStage()).together('alice', 'bob')
  for (const [character, more] of [
    ['x', 'x'],
    ['😀', 'x'],
    ['é', '😀'],
  ] as const) {
    const text = character.repeat(300)
    alice.send(text)
    expect(await alice.next()).toEqual(ACK)
    expect(await bob.next()).toEqual(said('alice', text))
    alice.send(text + more)
    expect(await alice.next()).toEqual(TOO_LONG)
  }
  expect(await bob.rest()).toEqual([])
})

test('24., 25. who sends what is no message is let go, and nobody else', async () => {
  const { together, login, register, open } = await pirateStage()
  const [alice, carol] = await together('alice', 'carol')
  const bob = await login(await register('bob'))
  for (const text of MALFORMED) {
    const client = await open(bob)
    expect(await alice.next()).toEqual(join('bob'))
    client.raw(text)
    client.send('not heard')
    expect(await client.closed, text).toBe(1008)
    expect(await alice.next()).toEqual(leave('bob'))
    carol.send('still here')
    expect(await alice.next()).toEqual(said('carol', 'still here'))
    expect(await carol.until(({ status }) => status === true)).toEqual([join('bob'), leave('bob'), ACK])
  }
})

test('24. he comes back at once, without waiting for anything', async () => {
  const { user, open } = await pirateStage()
  const bob = await user('bob')
  for (let times = 0; times < 10; times++) {
    const client = await open(bob)
    client.raw('nojson')
    await client.closed
  }
})

test('26. binary frames are passed over', async () => {
  const [alice, bob] = await (await pirateStage()).together('alice', 'bob')
  alice.websocket.send(Buffer.from('{"message":"hi"}'))
  alice.websocket.send(Buffer.from([0xff, 0xfe]))
  expect(await alice.rest()).toEqual([])
  expect(await bob.rest()).toEqual([])
})

test('27., 28. a socket that is cut', async () => {
  const { together, user, open, online } = await pirateStage()
  const [alice] = await together('alice')
  const bob = await user('bob')
  const client = await open(bob)
  expect(await alice.next()).toEqual(join('bob'))
  client.websocket.terminate()
  expect(await alice.next()).toEqual(leave('bob'))
  expect(await online(bob)).toEqual(['alice'])
  await open(bob)
})

test('29., 30. logout', async () => {
  const { together, user, open, get } = await pirateStage()
  const [alice] = await together('alice')
  const bob = await user('bob')
  const client = await open(bob)
  expect(await alice.next()).toEqual(join('bob'))
  for (const cookie of [undefined, UNKNOWN, bob, bob]) {
    const answer = await get('/api/logout', cookie)
    expect(answer).toMatchObject({ status: 200, body: '' })
    expect(answer.headers.get('set-cookie')).toMatch(/^session=; expires=Thu, 01 Jan 1970 00:00:00 GMT; Path=\/;/)
  }
  expect(await client.closed).toBe(1000)
  expect(await alice.next()).toEqual(leave('bob'))
  for (const path of ['/api/online', '/api/user/@me', '/ws']) expect((await get(path, bob)).status).toBe(401)
  expect(await alice.rest()).toEqual([])
})

test('30. a new login after a logout is a new session', async () => {
  const { register, login, get, online } = await pirateStage()
  const key = await register('alice')
  const first = await login(key)
  await Promise.all([get('/api/online', first), get('/api/logout', first), get('/api/online', first)])
  const second = await login(key)
  expect(second).not.toBe(first)
  expect((await get('/api/online', first)).status).toBe(401)
  expect(await online(second)).toEqual([])
})

test('31. a session ends after an hour without activity, and not before', async () => {
  const { user, get } = await pirateStage()
  const [alice, bob] = [await user('alice'), await user('bob')]
  vi.useFakeTimers({ toFake: ['Date'] })
  onTestFinished(() => void vi.useRealTimers())
  // Only here: the store's thread keeps its own time, and forgets later.
  const pass = (minutes: number) => vi.setSystemTime(Date.now() + minutes * 60_000)
  const stay = async () => {
    pass(30)
    const answer = await get('/api/online', alice)
    expect(answer.status).toBe(200)
    expect(cookieOf(answer)).toBe(alice)
    const expires = Date.parse(/expires=([^;]*)/.exec(answer.headers.get('set-cookie') ?? '')?.[1] ?? '')
    expect(Math.abs(expires - Date.now() - 3_600_000)).toBeLessThan(10_000)
  }
  await stay()
  await stay()
  pass(0.5)
  expect((await get('/api/online', bob)).status).toBe(401)
  await stay()
  await stay()
  pass(60.5)
  expect((await get('/api/online', alice)).status).toBe(401)
})

test('32. an open WebSocket keeps the session alive', async () => {
  const { user, open, get } = await pirateStage()
  const alice = await user('alice')
  vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout'], shouldAdvanceTime: true })
  onTestFinished(() => void vi.useRealTimers())
  const client = await open(alice)
  const use = vi.spyOn(Tickets.prototype, 'use')
  onTestFinished(() => use.mockRestore())
  // No request but the connection prolongs the session.
  for (let times = 1; times <= 4; times++) {
    vi.advanceTimersByTime(45 * 60_000)
    await vi.waitFor(() => expect(use).toHaveBeenCalledTimes(times))
    await Promise.all(use.mock.results.map(({ value }) => value))
  }
  client.send('still here')
  expect(await client.next()).toEqual(ACK)
  expect((await get('/api/online', alice)).status).toBe(200)
  await client.close()
  expect((await get('/api/online', alice)).status).toBe(200)
  vi.setSystemTime(Date.now() + 60.5 * 60_000)
  expect((await get('/api/online', alice)).status).toBe(401)
})

test('33. who does not read is disconnected, and nobody waits for him', async () => {
  const { daemon, together } = await pirateStage({ 'max-queue': 65_536 })
  const [alice, bob, carol] = await together('alice', 'bob', 'carol')
  bob.websocket.pause()
  // Whoever says so much: no reader of what it is told itself.
  const flood = connect({ host: '127.0.0.1', port: daemon.line }).resume()
  onTestFinished(() => void flood.destroy())
  flood.write('LOGIN flood\nJOIN lobby\n')
  const heard: number[] = []
  let gone = false
  const reading = (async () => {
    for (;;) {
      const { event, username, author, message } = await alice.next()
      if (author === 'flood') heard.push(Number.parseInt(String(message), 10))
      if (event === 'leave' && username === 'bob') gone = true
      if (author === 'carol' && message === 'last') return
    }
  })()
  let count = 0
  while (!gone && count < 5_000) {
    if (flood.write(`${count++} ${'😀'.repeat(3_900)}\n`)) await new Promise(setImmediate)
    else await new Promise((resolve) => flood.once('drain', resolve))
    if (count === 50) carol.send('in between')
  }
  expect(gone).toBe(true)
  await carol.until(({ status }) => status === true)
  carol.send('last')
  await reading
  expect(heard).toEqual(heard.map((_, n) => n))
})

test('34., 35. no key, no session and no text where it does not belong', async () => {
  const data = folder()
  const { register, login, open, post, get, refused, user, stop, log } = await pirateStage({ data })
  const key = await register('alice')
  const alice = await login(key)
  const bob = await user('bob')
  const [client, other] = [await open(alice), await open(bob)]
  client.send('zebra-umbrella')
  expect(await other.next()).toEqual(said('alice', 'zebra-umbrella'))
  other.send('<b>walnut</b>')
  other.raw('{"walnut":"zebra-umbrella"}')
  await other.closed
  const wrong = 'f'.repeat(64)
  await post('/api/login', JSON.stringify({ key: wrong }))
  await post('/api/login', JSON.stringify({ key, x: 1 }))
  await post('/api/login', `${key}${'x'.repeat(70_000)}`)
  await get(`/api/user/${key}`, alice)
  await get(`/${key}`, alice)
  await refused(alice)
  await refused(bob, { origin: 'https://evil.example' })
  await get('/api/logout', alice)
  await stop()
  const values = [alice, bob].map((cookie) => cookie.slice('session='.length))
  const secrets = [key, wrong, ...values]
  expect(log()).toContain('/api/register')
  for (const secret of [...secrets, 'zebra', 'walnut']) expect(log()).not.toContain(secret)
  const files = readdirSync(data).filter((name) => name.startsWith('roomd.db'))
  const stored = files.map((name) => readFileSync(joinPath(data, name), 'latin1')).join('')
  expect(stored).toContain('zebra-umbrella')
  for (const secret of secrets) expect(stored).not.toContain(secret)
})

test('36. other methods and other paths', async () => {
  const { ask, user } = await pirateStage()
  const cookie = await user('alice')
  const paths = { '/api/register': 'POST', '/api/login': 'POST', '/api/logout': 'GET', '/api/online': 'GET' }
  for (const [path, right] of Object.entries({ ...paths, '/api/user/@me': 'GET', '/ws': 'GET' })) {
    for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'].filter((m) => m !== right)) {
      expect(await ask(method, path, { cookie }), `${method} ${path}`).toMatchObject({ status: 405, body: '' })
    }
  }
  for (const path of ['/nothing', '/api', '/api/register/', '/api/user/', '/api/Online', '/ws/', '/api/user/a/b']) {
    for (const method of ['GET', 'POST']) {
      expect(await ask(method, path, { cookie }), `${method} ${path}`).toMatchObject({ status: 404 })
    }
  }
})

test('37. what is registered outlives a restart, and so does the session', async () => {
  const data = folder()
  const before = await pirateStage({ data })
  const key = await before.register('alice')
  const cookie = await before.login(key)
  const client = await before.open(cookie)
  client.send('hi')
  expect(await client.next()).toEqual(ACK)
  await before.stop()
  expect(await client.closed).toBe(1001)
  const after = await pirateStage({ data })
  expect(await after.online(cookie)).toEqual([])
  expect(await after.login(key)).toBe(cookie)
  expect((await after.post('/api/register', '{"username":"ALICE"}')).status).toBe(409)
  await after.open(cookie)
})

test('38. what is not ASCII arrives as it was', async () => {
  const [alice, bob] = await (await pirateStage()).together('alice', 'bob')
  for (const text of ['é', '😀', '日本', '\\u00e9', '"<&>', ' ', '\t', 'a\nb']) {
    alice.send(text)
    expect(await bob.next()).toEqual(said('alice', text))
  }
  alice.raw('{"message":"\\u00e9\\ud83d\\ude00"}')
  expect(await bob.next()).toEqual(said('alice', 'é😀'))
})
