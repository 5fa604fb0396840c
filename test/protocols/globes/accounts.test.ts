/** docs/protocols/globes.md, section 2.14: accounts. */
import { once } from 'node:events'
import { request } from 'node:https'
import { describe, expect, onTestFinished, test } from 'vitest'
import { useBrowser } from '../../support/browser.ts'
import { certificate } from '../../support/certificate.ts'
import {
  bearer,
  failure,
  globesStage,
  joined,
  joining,
  left,
  notice,
  PASSWORD,
  said,
  saying,
} from '../../support/globes.ts'

const DUPLICATE = 'Client error: Duplicate username'
const WRONG = { status: 401, body: failure(304, 'Unauthorized operation', 'password') }
const UNPROVEN = { status: 401, body: failure(304, 'Unauthorized operation', 'name') }
const verified = (event: object) => ({ ...event, verified: true })

test('45. an account logs in with its password, and gets a token and a cookie', async () => {
  const { api, port, account, logIn } = await globesStage()
  await account('Ann')
  const body = JSON.stringify({ username: 'ANN', password: PASSWORD })
  // As the client sends it.
  const response = await fetch(`http://127.0.0.1:${port}/auth`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body,
  })
  expect(response.status).toBe(201)
  const answer = await response.json()
  expect(answer).toEqual({ status: true, name: 'Ann', color: 'purple', token: expect.stringMatching(/^\S+$/) })
  const { setCookie } = await logIn('ann')
  const [pair, ...flags] = setCookie.split('; ')
  expect(pair).toMatch(/^\w+=\w+$/)
  expect(flags).toEqual(expect.arrayContaining(['HttpOnly', 'SameSite=Lax', 'Path=/']))
  expect(flags).not.toContain('Secure')
  const expires = flags.find((flag) => flag.startsWith('Expires='))?.slice('Expires='.length) ?? ''
  expect(Date.parse(expires) - Date.now()).toBeGreaterThan(3_500_000)
  expect((await api('GET', '/auth')).status).toBe(405)
})

test('45. over TLS the cookie is marked Secure', async () => {
  const { certFile, keyFile } = certificate()
  const { port, account } = await globesStage({ 'http-tls': true, 'tls-cert': certFile, 'tls-key': keyFile })
  await account('ann')
  const asked = request({
    host: '127.0.0.1',
    port,
    path: '/auth',
    method: 'POST',
    rejectUnauthorized: false,
    agent: false,
  })
  asked.end(JSON.stringify({ username: 'ann', password: PASSWORD }))
  const [response] = await once(asked, 'response')
  response.resume()
  expect(response.statusCode).toBe(201)
  expect(response.headers['set-cookie']).toEqual([expect.stringMatching(/; HttpOnly; SameSite=Lax; Secure$/)])
})

test('45. a wrong password and an unknown name are one answer, and attempts are limited', async () => {
  const { api, account } = await globesStage()
  await account('ann')
  const auth = (body: unknown) => api('POST', '/auth', body)
  const tries = [
    { username: 'ann', password: 'wrong' },
    { username: 'nobody', password: PASSWORD },
    { username: 'ann' },
    { username: 5, password: PASSWORD },
    { username: 'ann', password: { $ne: '' } },
    { username: '<b>', password: '' },
    'nojson',
    '[]',
    undefined,
  ]
  const answers = await Promise.all(tries.map(auth))
  for (const answer of answers) expect(answer).toMatchObject(WRONG)
  await Promise.all([1, 2, 3, 4].map((n) => auth({ username: 'ann', password: `wrong ${n}` })))
  expect(await auth({ username: 'ann', password: PASSWORD })).toMatchObject({ ...WRONG, status: 429 })
})

test('45. a WebSocket with the cookie speaks as the account', async () => {
  const { port, account, logIn, connect } = await globesStage()
  await account('Ann')
  const { headers } = await logIn('ann')
  const watcher = await connect()
  // The page's own socket; a script sends no Origin.
  for (const options of [{ headers, origin: `http://127.0.0.1:${port}` }, { headers }]) {
    const ann = await connect('/chats/1/ws', [], options)
    ann.send(joining('Ann', 'red'), saying('Ann', 'hello'))
    const events = [verified(joined('Ann', 1, 'red')), verified(said('Ann', 'hello'))]
    for (const client of [ann, watcher]) expect(await client.take(2)).toEqual(events)
    ann.websocket.close()
    expect(await watcher.next()).toEqual(verified(left('Ann')))
  }
})

test('45. without it the name is refused, and the client is told why', async () => {
  const { api, account, connect, den } = await globesStage()
  const { path } = await den()
  await account('ann')
  for (const event of [joining('Ann'), saying('ann', 'hello')]) {
    const client = await connect()
    client.send(event)
    expect(await client.next()).toEqual(notice(DUPLICATE))
    expect(await client.closed).toEqual([1008, DUPLICATE])
  }
  expect(await api('POST', '/chats/1/token', { name: 'ann' })).toMatchObject(UNPROVEN)
  expect(await api('POST', `${path}/token`, { name: 'ANN', secret: PASSWORD })).toMatchObject(UNPROVEN)
  expect((await api('POST', '/chats/1/token', { name: 'anne' })).status).toBe(200)
})

test('45. a token for the name of an account is given to its owner, and the cookie lives on', async () => {
  const { api, port, account, logIn, connect, den } = await globesStage()
  const { id, path } = await den()
  await account('ann')
  const { headers, token } = await logIn('ann')
  expect((await api('POST', '/chats/1/token', { name: 'ann' }, headers)).text).toBe('{"status":true}')
  expect((await api('POST', '/chats/1/token', { name: 'ann' }, bearer(token))).status).toBe(200)
  const response = await fetch(`http://127.0.0.1:${port}${path}/token`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ name: 'ann', secret: PASSWORD }),
  })
  expect(response.status).toBe(201)
  expect(response.headers.get('set-cookie')).toContain(headers.Cookie)
  const { token: room } = (await response.json()) as { token: string }
  const ann = await connect(`${path}/ws`, [room], { headers })
  ann.send(joining('ann'))
  expect(await ann.next()).toEqual(verified(joined('ann', id)))
  // A room's token opens the room and proves no account.
  const other = await connect(`${path}/ws`, [room])
  other.send(joining('ann'))
  expect(await other.next()).toEqual(notice(DUPLICATE))
})

test('45. a login is of use for its account only, and others may be guests beside it', async () => {
  const { api, account, logIn, connect } = await globesStage()
  await account('ann')
  await account('bob')
  const { headers } = await logIn('ann')
  expect(await api('POST', '/chats/1/token', { name: 'bob' }, headers)).toMatchObject(UNPROVEN)
  const bob = await connect('/chats/1/ws', [], { headers })
  bob.send(joining('bob'))
  expect(await bob.closed).toEqual([1008, DUPLICATE])
  const guest = await connect('/chats/1/ws', [], { headers })
  guest.send(joining('guest'))
  expect(await guest.next()).toEqual(joined('guest'))
})

test('45. the token of an account is none of a room, nor the other way round', async () => {
  const { api, account, logIn, connect, den, refused } = await globesStage()
  const { path, tokenFor } = await den()
  const room = await tokenFor('ann')
  await account('ann')
  const { token, headers } = await logIn('ann')
  for (const given of [bearer(token), headers]) {
    expect((await api('GET', `${path}/token/renew`, undefined, given)).status).toBe(403)
    expect((await api('DELETE', path, undefined, given)).status).toBe(403)
    expect((await refused(`${path}/ws`, [], { headers: given })).status).toBe(403)
  }
  expect((await refused(`${path}/ws`, [token])).status).toBe(403)
  expect(await api('POST', '/chats/1/token', { name: 'ann' }, bearer(room))).toMatchObject(UNPROVEN)
  expect(await api('POST', '/chats/1/token', { name: 'ann' }, { Cookie: `globes=${room}` })).toMatchObject(UNPROVEN)
  // As a subprotocol it proves the account, and comes back like any other.
  const ann = await connect('/chats/1/ws', [token])
  expect(ann.websocket.protocol).toBe(token)
  ann.send(joining('ann'))
  expect(await ann.next()).toEqual(verified(joined('ann')))
})

test('45. a login that is not used ends', async () => {
  const { api, account, logIn } = await globesStage({ 'piratchat-session': 1 })
  await account('ann')
  const { headers } = await logIn('ann')
  const ask = () => api('POST', '/chats/1/token', { name: 'ann' }, headers)
  expect((await ask()).status).toBe(200)
  await expect.poll(ask, { interval: 1_500, timeout: 10_000 }).toMatchObject(UNPROVEN)
})

test("a page of another origin cannot use the browser's login", async () => {
  const { api, account, logIn, connect } = await globesStage({
    'http-origins': 'http://friend.example',
    'globes-any-origin': true,
  })
  await account('ann')
  const { headers } = await logIn('ann')
  // Another port of the same host is the same site, so the browser does send the cookie.
  for (const origin of ['http://127.0.0.1:1', 'null', 'http://evil.example']) {
    const foreign = await connect('/chats/1/ws', [], { headers, origin })
    foreign.send(joining('ann'))
    expect(await foreign.next()).toEqual(notice(DUPLICATE))
    const asked = await api('POST', '/chats/1/token', { name: 'ann' }, { ...headers, Origin: origin })
    expect(asked.status).toBe(403)
  }
  const ann = await connect('/chats/1/ws', [], { headers, origin: 'http://friend.example' })
  ann.send(joining('ann'))
  expect(await ann.next()).toEqual(verified(joined('ann')))
})

test('46. what a client says of itself in `verified` is ignored', async () => {
  const { api, connect } = await globesStage()
  const [david, watcher] = [await connect(), await connect()]
  const forged = (event: object) => ({ ...event, verified: true })
  david.send(forged(joining('david')), forged(saying('david', 'trust me')))
  david.send(forged({ event_type: 'leave', name: 'david' }))
  for (const client of [david, watcher]) {
    // Exactly these members.
    expect(await client.take(3)).toEqual([joined('david'), said('david', 'trust me'), left('david')])
  }
  const { data } = (await api('GET', '/chats/events/1')).body as { data: { verified: boolean }[] }
  expect(data.map((event) => event.verified)).toEqual([false, false, false])
})

test('46. whoever registers is verified from then on, and so are accounts at other protocols', async () => {
  const { api, connect, line } = await globesStage()
  const watcher = await connect()
  const ann = await line('ann')
  await ann.ask('JOIN lobby')
  ann.send('before')
  expect(await watcher.take(2)).toEqual([joined('ann'), said('ann', 'before')])
  await ann.ask(`/register ${PASSWORD}`)
  ann.send('after')
  expect(await watcher.next()).toEqual(verified(said('ann', 'after')))
  const { data } = (await api('GET', '/chats/events/1')).body as { data: { verified: boolean }[] }
  expect(data.map((event) => event.verified)).toEqual([false, false, true])
})

describe('in a browser', () => {
  const browser = useBrowser()

  test('45. a page in Chromium speaks as the account it has logged in to, a page of another port does not', async () => {
    const { port, account } = await globesStage({ 'globes-any-origin': true })
    const other = await globesStage()
    await account('ann')
    const page = await browser().newPage()
    onTestFinished(() => page.close())
    const first = `new Promise((resolve, reject) => {
      const socket = new WebSocket('ws://127.0.0.1:${port}/chats/1/ws')
      socket.onerror = () => reject(new Error('it did not open'))
      socket.onopen = () => socket.send(JSON.stringify({ event_type: 'join', name: 'ann', color: 'red', msg: '' }))
      socket.onmessage = ({ data }) => resolve(JSON.parse(data))
    })`
    await page.goto(`http://127.0.0.1:${port}/chats`)
    const login = JSON.stringify({ username: 'ann', password: PASSWORD })
    expect(
      await page.evaluate(`fetch('/auth', { method: 'POST', body: '${login}' }).then(({ status }) => status)`),
    ).toBe(201)
    expect(await page.evaluate('document.cookie')).toBe('')
    expect(await page.evaluate(first)).toEqual(verified(joined('ann', 1, 'red')))
    // The browser sends the cookie of a host from pages of all its ports.
    await page.goto(`http://127.0.0.1:${other.port}/chats`)
    expect(await page.evaluate(first)).toEqual(notice(DUPLICATE))
  })
})
