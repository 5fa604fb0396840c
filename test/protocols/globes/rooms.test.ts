/** docs/protocols/globes.md, section 7: rooms and tokens, each point under its number. */

import { decodeJwt, decodeProtectedHeader } from 'jose'
import { expect, test } from 'vitest'
import { bearer, failure, globesStage, joining, PASSWORD, saying } from '../../support/globes.ts'
import { forged, unsigned } from './tokens.ts'

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/
const SEED = {
  title: 'My chat room',
  description: 'There are many like it, but this one is mine',
  visibility: 'public',
}
const INVALID_JSON = failure(103, 'Room error: Invalid JSON')
const INVALID_TOKEN = failure(403, 'Token error: Invalid token', 'token')
const FORBIDDEN = failure(104, 'Room error: Unauthorized operation')
const content = (field: string) => failure(105, 'Room error: Invalid content', field)
const unknown = (field: string) => failure(101, 'Room error: Room not found', field)
const DUPLICATE = failure(102, 'Room error: Duplicate room', 'title')

test('1. the default room', async () => {
  const { api } = await globesStage()
  const { status, type, body } = await api('GET', '/chats/1')
  expect(status).toBe(200)
  expect(type).toMatch(/^application\/json/)
  expect(body).toEqual({
    title: 'Public Chat',
    description: 'This is the default chat, available to everyone!',
    visibility: 'public',
    createdAt: expect.stringMatching(TIME),
    updatedAt: expect.stringMatching(TIME),
    id: 1,
    users: [],
  })
})

test('2. 3. 5. a room is made once, whatever its case; the first one is number 2', async () => {
  const { api } = await globesStage()
  const { status, body } = await api('POST', '/chats', { ...SEED, more: 1 })
  expect(status).toBe(201)
  const room = {
    ...SEED,
    createdAt: expect.stringMatching(TIME),
    updatedAt: expect.stringMatching(TIME),
    id: 2,
    users: [],
  }
  expect(body).toEqual({ ...room, status: true, data: room })
  for (const title of ['MY chat ROOM', 'mychatroom', 'Public Chat', 'LOBBY']) {
    expect(await api('POST', '/chats', { ...SEED, title })).toMatchObject({ status: 400, body: DUPLICATE })
  }
  const made = await api('POST', '/chats', { title: 'Den', visibility: 'Private', password: PASSWORD })
  expect(made.body).toMatchObject({ visibility: 'private', id: 3 })
  expect(made.body).not.toHaveProperty('description')
})

test('4. 7. what is wrong with a room is told, the first thing first', async () => {
  const { api } = await globesStage()
  const cases: [body: unknown, error: object][] = [
    [{ ...SEED, title: 'x' }, content('title')],
    [{ ...SEED, title: 'x'.repeat(71) }, content('title')],
    [{ ...SEED, title: '日'.repeat(24) }, content('title')],
    [{ ...SEED, title: undefined }, content('title')],
    [{ ...SEED, title: null }, content('title')],
    [{ ...SEED, title: ' padded' }, content('title')],
    [{ ...SEED, title: 'a\u0007b' }, content('title')],
    [{ title: 'x', description: 'x'.repeat(71) }, content('title')],
    [{ ...SEED, description: 'x'.repeat(71), visibility: 'foo' }, content('description')],
    [{ title: 'room' }, content('visibility')],
    [{ title: 'room', visibility: 'foo' }, content('visibility')],
    [{ title: 'room', visibility: 'private', password: '1234567' }, content('password')],
    [{ title: 'room', visibility: 'hidden' }, content('password')],
    [{ title: 'room', visibility: 'private', password: 'x'.repeat(73) }, content('password')],
    [{ ...SEED, password: PASSWORD }, content('visibility')],
    [{ title: 'Public Chat', visibility: 'public', password: PASSWORD }, content('visibility')],
    ['{"title":', INVALID_JSON],
    ['', INVALID_JSON],
    [undefined, INVALID_JSON],
    ['[]', INVALID_JSON],
    ['"x"', INVALID_JSON],
    ['null', INVALID_JSON],
    ['{"title":5}', INVALID_JSON],
    [{ ...SEED, visibility: true }, INVALID_JSON],
    [{ ...SEED, description: {} }, INVALID_JSON],
    [{ ...SEED, password: 12345678 }, INVALID_JSON],
  ]
  for (const [body, error] of cases) {
    expect(await api('POST', '/chats', body), JSON.stringify(body)).toMatchObject({ status: 400, body: error })
  }
  expect((await api('POST', '/chats', SEED)).body.id).toBe(2)
})

test('6. no reply holds a password or what is kept of it', async () => {
  const { api, den } = await globesStage()
  const { path, tokenFor, enter } = await den()
  const headers = bearer(await tokenFor('david'))
  await enter('david')
  const replies = [
    await api('POST', '/chats', { title: 'Cave', visibility: 'private', password: PASSWORD }),
    await api('GET', path),
    await api('GET', path, undefined, headers),
    await api('PUT', path, { title: 'Den', visibility: 'hidden', password: PASSWORD }, headers),
    await api('POST', `${path}/token`, { secret: PASSWORD, name: 'eve' }),
    await api('GET', `${path}/token/renew`, undefined, headers),
    await api('GET', '/chats', undefined, { Accept: 'application/json' }),
    await api('GET', '/chats', undefined, { Accept: 'text/html' }),
    await api('DELETE', path, undefined, headers),
  ]
  for (const { status, text } of replies) {
    expect(status).toBeLessThan(300)
    expect(text).not.toMatch(/password|scrypt|zebra/)
  }
})

test('8. a body is JSON whatever its label, in one piece or several', async () => {
  const { api, port } = await globesStage()
  for (const [n, type] of ['application/x-www-form-urlencoded; charset=UTF-8', 'nonsense', 'text/xml'].entries()) {
    const made = await api('POST', '/chats', { ...SEED, title: `room ${n}` }, { 'Content-Type': type })
    expect(made.status).toBe(201)
    expect(made.type).toMatch(/^application\/json/)
  }
  const pieces = JSON.stringify({ ...SEED, title: 'ü pieces' }).match(/.{1,7}/gsu) ?? []
  const body = ReadableStream.from(pieces.map((piece) => Buffer.from(piece)))
  const chunked = await fetch(`http://127.0.0.1:${port}/chats`, { method: 'POST', body, duplex: 'half' } as RequestInit)
  expect(await chunked.json()).toMatchObject({ title: 'ü pieces' })
})

test('9. a room is found by its title or number, a missing one is named', async () => {
  const { api, create } = await globesStage()
  await create(SEED)
  await create({ title: '100% / a?b#c' })
  await create({ title: '/'.repeat(70) })
  for (const [path, title] of [
    ['/chats/my%20CHAT%20room', SEED.title],
    [`/chats/${encodeURIComponent('100% / a?b#c')}`, '100% / a?b#c'],
    [`/chats/${encodeURIComponent('/'.repeat(70))}`, '/'.repeat(70)],
  ] as const) {
    expect(await api('GET', path)).toMatchObject({ status: 200, body: { title } })
  }
  const long = 'x'.repeat(5_000)
  for (const which of ['nope', '99', '0', '9'.repeat(30), 'mychatroom', 'lobby', long]) {
    for (const [method, more] of [
      ['GET', ''],
      ['PUT', ''],
      ['DELETE', ''],
      ['POST', '/token'],
      ['GET', '/token/renew'],
      ['GET', '/ws'],
    ]) {
      const answer = await api(String(method), `/chats/${which}${more}`)
      expect(answer, `${method} ${which}`).toMatchObject({ status: 404, body: unknown(which) })
    }
  }
})

test('10. who is in a private room is told with its token only', async () => {
  const { api, den } = await globesStage()
  const { path, tokenFor, enter } = await den()
  const other = await den('Cave')
  await enter('david')
  const there = async (headers = {}) => (await api('GET', path, undefined, headers)).body.users
  expect(await there()).toEqual([])
  expect(await there(bearer(await other.tokenFor('eve')))).toEqual([])
  const user = { username: 'david', color: '', last_activity: expect.stringMatching(TIME) }
  expect(await there(bearer(await tokenFor('eve')))).toEqual([user])
  expect(await there({ 'Sec-WebSocket-Protocol': await tokenFor('eve') })).toEqual([user])
})

test('10. users have the colour and the time of what they did last', async () => {
  const { api, join } = await globesStage()
  const david = await join('david', 'red')
  const users = async () => (await api('GET', '/chats/1')).body.users as { last_activity: string; color: string }[]
  const [before] = await users()
  expect(before).toEqual({ username: 'david', color: 'red', last_activity: expect.stringMatching(TIME) })
  david.send(saying('david', 'x', 'blue'))
  const { time } = await david.next()
  expect(await users()).toEqual([{ username: 'david', color: 'blue', last_activity: time }])
})

test('11. 14. a public room needs no token and gives none', async () => {
  const { api } = await globesStage()
  for (const body of [undefined, '', 'nojson', '[]', {}, { name: 5 }, { name: 'david', secret: 'x' }]) {
    const answer = await api('POST', '/chats/1/token', body)
    expect(answer).toMatchObject({ status: 200, text: '{"status":true}' })
  }
  expect(await api('GET', '/chats/1/token/renew')).toMatchObject({ status: 200, text: '{"status":true}' })
})

test('12. a token is for who knows the secret, and for a name', async () => {
  const { api, den } = await globesStage()
  const { id, path } = await den()
  const ask = (body?: unknown) => api('POST', `${path}/token`, body)
  const wrong = { status: 401, body: failure(304, 'Unauthorized operation', 'secret') }
  for (const body of [{ secret: 'wrong', name: 'david' }, { name: 'david' }, 'nojson', undefined, { secret: 5 }]) {
    expect(await ask(body)).toMatchObject(wrong)
  }
  for (const name of [undefined, '', ' ', 5, '<b>', 'x'.repeat(33), 'all', 'Public']) {
    const answer = await ask({ secret: PASSWORD, name })
    expect(answer, String(name)).toMatchObject({ status: 400, body: failure(303, 'Invalid JSON', 'name') })
  }
  const given = await ask({ secret: PASSWORD, name: 'David Lee', room_id: 77 })
  expect(given.status).toBe(201)
  expect(given.body).toEqual({ status: true, name: 'David Lee', room_id: id, token: expect.any(String) })
})

test('12. after five wrong secrets in a minute none is checked', async () => {
  const { api, den } = await globesStage()
  const { path, tokenFor } = await den()
  // Also where somebody has opened the room before.
  await tokenFor('ann')
  const ask = (secret: string) => api('POST', `${path}/token`, { secret, name: 'david' })
  for (let n = 0; n < 5; n++) expect((await ask(`wrong ${n}`)).status).toBe(401)
  const many = { status: 429, body: failure(304, 'Unauthorized operation', 'secret') }
  expect(await ask('wrong')).toMatchObject(many)
  expect(await ask(PASSWORD)).toMatchObject(many)
})

test('13. what a token says', async () => {
  const { den } = await globesStage()
  const { id, tokenFor } = await den()
  const token = await tokenFor('david')
  expect(decodeProtectedHeader(token)).toEqual({ alg: 'HS256', typ: 'JWT' })
  const claims = decodeJwt(token)
  expect(claims).toEqual({ username: 'david', room_id: id, exp: expect.any(Number) })
  const ahead = Number(claims.exp) - Date.now() / 1_000
  expect(ahead).toBeGreaterThan(3_590)
  expect(ahead).toBeLessThan(3_610)
})

test('14. 15. a token is renewed, in each of its spellings; what is none is refused', async () => {
  const secret = 'a secret of the tests'
  const { api, den } = await globesStage({ 'globes-secret': secret, data: ':memory:' })
  const { id, path, tokenFor } = await den()
  const other = await den('Cave')
  const token = await tokenFor('david')
  const renew = (headers: Record<string, string>) => api('GET', `${path}/token/renew`, undefined, headers)
  for (const headers of [
    { Authorization: `Bearer ${token}` },
    { Authorization: `Token ${token}` },
    { Authorization: token },
    { 'Sec-WebSocket-Protocol': token },
  ]) {
    const { status, body } = await renew(headers)
    expect(status).toBe(201)
    expect(body).toEqual({ status: true, name: 'david', room_id: id, token: expect.any(String) })
    expect((await renew(bearer(String(body.token)))).status).toBe(201)
  }
  const [header, claims, signature = ''] = token.split('.')
  const changed = `${header}.${claims}.${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`
  const bad = [changed, `${header}.${claims}.`, await other.tokenFor('david'), 'x', '', unsigned('david', id)]
  const soon = Math.floor(Date.now() / 1_000) + 60
  // With a secret that is not the room's, and even with the server's own.
  for (const key of [secret, 'key']) bad.push(await forged(key, { username: 'david', room_id: id, exp: soon }))
  for (const value of bad) {
    expect(await renew(bearer(value)), value).toMatchObject({ status: 403, body: INVALID_TOKEN })
  }
  expect(await renew({})).toMatchObject({ status: 403, body: INVALID_TOKEN })
  // The header wins, whatever stands in it.
  expect((await renew({ Authorization: 'x', 'Sec-WebSocket-Protocol': token })).status).toBe(403)
})

test('16. a private room is changed by who has a token, and its members stay', async () => {
  const { api, den } = await globesStage()
  const { path, tokenFor, enter } = await den()
  const david = await enter('david')
  const headers = bearer(await tokenFor('eve'))
  const before = (await api('GET', path)).body
  const change = { title: 'Cellar', description: 'deep', visibility: 'private' }
  expect(await api('PUT', path, change)).toMatchObject({ status: 403, body: INVALID_TOKEN })
  expect(await api('PUT', path, 'nojson')).toMatchObject({ status: 403, body: INVALID_TOKEN })
  expect(await api('PUT', path, 'nojson', headers)).toMatchObject({ status: 400, body: INVALID_JSON })
  const changed = await api('PUT', '/chats/den', change, headers)
  expect(changed.status).toBe(200)
  const { updatedAt } = changed.body
  expect(changed.body).toEqual({
    ...before,
    ...change,
    updatedAt,
    users: [expect.objectContaining({ username: 'david' })],
  })
  expect(String(updatedAt) > String(before.updatedAt)).toBe(true)
  expect((await api('GET', '/chats/Cellar')).body.id).toBe(before.id)
  expect(await api('GET', '/chats/Den')).toMatchObject({ status: 404, body: unknown('Den') })
  david.send(saying('david', 'still here'))
  expect(await david.next()).toMatchObject({ msg: 'still here' })
  // The token outlives the title; a description that is not there is empty.
  const again = await api('PUT', path, { title: 'Cellar', visibility: 'private' }, headers)
  expect(again.body).not.toHaveProperty('description')
})

test('17. a room keeps having a password, or none', async () => {
  const { api, create, den } = await globesStage()
  const { id } = await create({ title: 'Open' })
  const { path, tokenFor } = await den()
  const headers = bearer(await tokenFor('eve'))
  const put = (path: string, visibility: string) =>
    api('PUT', path, { title: 'Other', visibility, password: PASSWORD }, headers)
  expect(await put(path, 'public')).toMatchObject({ status: 400, body: content('visibility') })
  expect(await put(`/chats/${id}`, 'private')).toMatchObject({ status: 400, body: content('password') })
  expect(await put(path, 'Hidden')).toMatchObject({ status: 200, body: { visibility: 'hidden' } })
  for (const list of ['/chats', '/chats/all']) {
    const { text } = await api('GET', list, undefined, { Accept: 'application/json' })
    expect(text).toContain('Public Chat')
    expect(text).not.toContain('Other')
  }
})

test('18. a title belongs to one room', async () => {
  const { api, create } = await globesStage()
  const [one, two] = [await create({ title: 'One' }), await create({ title: 'Two' })]
  for (const title of ['TWO', 'public chat', 'lobby']) {
    const answer = await api('PUT', `/chats/${one.id}`, { title, visibility: 'public' })
    expect(answer).toMatchObject({ status: 400, body: DUPLICATE })
  }
  expect((await api('PUT', `/chats/${two.id}`, { title: 'two', visibility: 'public' })).body.title).toBe('two')
})

test('19. a private room is deleted by who has a token, and its number is never used again', async () => {
  const { api, create, den } = await globesStage()
  const { id, path, tokenFor } = await den()
  const headers = bearer(await tokenFor('david'))
  expect(await api('DELETE', path)).toMatchObject({ status: 403, body: INVALID_TOKEN })
  expect(await api('DELETE', path, undefined, headers)).toMatchObject({ status: 200, text: '{"status":true}' })
  expect(await api('DELETE', path, undefined, headers)).toMatchObject({ status: 404, body: unknown(String(id)) })
  expect((await api('GET', path, undefined, headers)).status).toBe(404)
  expect((await create({ title: 'Den' })).id).toBeGreaterThan(id)
})

test('20. public rooms are open to everybody or to nobody, as it is set', async () => {
  const open = await globesStage({ 'globes-public-rooms': 'open' })
  const room = await open.create({ title: 'Open' })
  const client = await open.connect(`/chats/${room.id}/ws`)
  client.send(joining('david'))
  await client.next()
  const change = { title: 'Other', visibility: 'public' }
  expect((await open.api('PUT', `/chats/${room.id}`, change)).status).toBe(200)
  expect((await open.api('DELETE', `/chats/${room.id}`)).status).toBe(200)
  expect((await client.closed)[0]).toBe(1000)
  expect((await open.api('PUT', '/chats/1', change)).status).toBe(200)
  // The lobby is what other protocols speak in.
  expect(await open.api('DELETE', '/chats/1')).toMatchObject({ status: 401, body: FORBIDDEN })

  const closed = await globesStage({ 'globes-public-rooms': 'closed' })
  const { id } = await closed.create({ title: 'Closed' })
  for (const method of ['PUT', 'DELETE']) {
    expect(await closed.api(method, `/chats/${id}`, change)).toMatchObject({ status: 401, body: FORBIDDEN })
  }
})

test('39. a title of digits is found by its number', async () => {
  const { api, create } = await globesStage()
  const { id } = await create({ title: '12345' })
  expect(await api('GET', `/chats/${id}`)).toMatchObject({ status: 200, body: { title: '12345' } })
  expect((await api('GET', '/chats/12345')).status).toBe(404)
})

test('the list of rooms, as JSON or HTML, without the hidden ones', async () => {
  const { api, create, den, connect } = await globesStage()
  await create({ title: '<script>"&\'' })
  const { enter } = await den()
  await enter('david')
  await create({ title: 'Cave', visibility: 'hidden', password: PASSWORD })
  const client = await connect()
  client.send(joining('eve'))
  await client.next()
  for (const Accept of ['application/json', 'application/json, */*;q=0.1', 'text/html;q=0.5, application/*']) {
    const { status, type, body } = await api('GET', '/chats', undefined, { Accept })
    expect(status).toBe(200)
    expect(type).toMatch(/^application\/json/)
    expect(body).toMatchObject([
      { id: 1, users: [{ username: 'eve' }] },
      { title: '<script>"&\'', users: [] },
      { title: 'Den', visibility: 'private', users: [] },
    ])
  }
  for (const Accept of [
    'text/html',
    'text/html,application/xhtml+xml,*/*;q=0.8',
    'text/html, */*; q=0.01',
    'image/png',
    '*/*',
    'application/*;q=0.5, */*',
  ]) {
    const { type, text } = await api('GET', '/chats', undefined, { Accept })
    expect(type).toMatch(/^text\/html/)
    expect(text).toBe(
      '<ul>\n<li><a href="/chats/1/entrance">Public Chat</a></li>\n' +
        '<li><a href="/chats/2/entrance">&lt;script&gt;"&amp;\'</a></li>\n' +
        '<li><a href="/chats/3/entrance">Den</a></li>\n</ul>\n',
    )
  }
})

test('there are so many rooms at most', async () => {
  const { api, create, connect } = await globesStage({ 'max-rooms': 2 })
  const { id } = await create({ title: 'second' })
  const third = { title: 'third', visibility: 'public' }
  // Else it would make space for another one of its maker.
  const member = await connect(`/chats/${id}/ws`)
  member.send(joining('ann'))
  await member.next()
  const full = { status: 503, body: failure(106, 'Room error: Too many rooms') }
  expect(await api('POST', '/chats', third)).toMatchObject(full)
  await api('DELETE', `/chats/${id}`)
  expect((await api('POST', '/chats', third)).status).toBe(201)
})

test('a room that is hidden without a password needs no token, and one that is locked does', async () => {
  const { api, connect, refused, line } = await globesStage()
  const maker = await line('maker')
  const changed = (flag: string) => maker.until((event) => event.type === 'mode' && event.flag === flag)
  maker.send('JOIN attic', '/hidden on')
  await changed('visibility')
  const { body } = await api('GET', '/chats')
  expect(JSON.stringify(body)).not.toContain('attic')
  const watcher = await connect('/chats/attic/ws')
  const guest = await connect('/chats/attic/ws')
  guest.send(joining('guest'))
  expect(await guest.next()).toMatchObject({ event_type: 'join', name: 'guest' })
  expect((await api('GET', '/chats/attic')).body).toMatchObject({
    users: [{ username: 'maker' }, { username: 'guest' }],
  })
  maker.send(`/lock ${PASSWORD}`)
  await changed('password')
  expect(await refused('/chats/attic/ws')).toMatchObject({ status: 403, body: INVALID_TOKEN })
  expect((await api('GET', '/chats/attic')).body).toMatchObject({ users: [] })
  // Who has only watched cannot enter any more; who is there stays.
  watcher.send(joining('watcher'))
  expect((await watcher.closed)[0]).toBe(1008)
  guest.send(saying('guest', 'still here'))
  expect(await guest.until(({ msg }) => msg === 'still here')).toBeTruthy()
})
