/** docs/protocols/rooms-api.md, section 3, points 1, 2 and 12: who may ask for what. */
import { expect, test } from 'vitest'
import { apiStage, bearer, PASSWORD, problem } from './stage.ts'

/** Each request, with the status for an account, a guest, and nobody. */
const REQUESTS = [
  ['GET', '/rooms', undefined, 200, 200, 200],
  ['PUT', '/rooms/new', undefined, 201, 401, 401],
  ['GET', '/rooms/ops', undefined, 200, 200, 200],
  ['GET', '/rooms/ops/members', undefined, 200, 200, 200],
  ['POST', '/rooms/ops/messages', 'hi', 201, 201, 401],
  ['PUT', '/rooms/ops/messages', 'hi', 201, 201, 401],
  ['GET', '/rooms/ops/messages', undefined, 200, 200, 200],
  ['DELETE', '/rooms/ops/messages/1', undefined, 404, 401, 401],
  // Streams are answered without end, other than their headers alone.
  ['HEAD', '/rooms/ops/stream', undefined, 200, 200, 200],
  ['HEAD', '/rooms/ops,lobby/stream', undefined, 200, 200, 200],
  ['POST', '/rooms/ops/hooks', { url: 'https://hooks.example/in' }, 403, 401, 401],
  ['GET', '/rooms/ops/hooks', undefined, 403, 401, 401],
  ['DELETE', '/rooms/ops/hooks/1', undefined, 403, 401, 401],
  ['POST', '/hooks/none', { text: 'hi' }, 401, 401, 401],
  ['POST', '/users/ann/messages', 'hi', 204, 401, 401],
  ['GET', '/inbox', undefined, 200, 401, 401],
  ['HEAD', '/inbox/stream', undefined, 200, 401, 401],
  ['POST', '/api/tokens', { name: 'other' }, 201, 401, 401],
  ['GET', '/api/tokens', undefined, 200, 401, 401],
  ['DELETE', '/api/tokens/other', undefined, 204, 401, 401],
  ['DELETE', '/rooms/ops', undefined, 403, 401, 401],
  ['GET', '/openapi.json', undefined, 200, 200, 200],
  ['GET', '/docs', undefined, 200, 200, 200],
] as const

test('every request, of an account, a guest and nobody', async () => {
  const { api, account, post } = await apiStage()
  const ann = await account('ann')
  expect((await post('ops', 'first')).status).toBe(201)
  const { body: token } = await api('POST', '/api/tokens', { body: { name: 'whole' }, headers: ann })
  for (const [method, path, body, asAccount, asGuest, asNobody] of REQUESTS) {
    const statusOf = async (query: string, headers?: Record<string, string>) => {
      const { status } = await api(method, `${path}${query}`, { body, ...(headers && { headers }) })
      return status
    }
    const isGuestly = path === '/rooms/ops/messages' && body !== undefined
    expect([method, path, await statusOf('', ann)]).toEqual([method, path, asAccount])
    // What is made, or gone, by the password already.
    const again = { 'PUT /rooms/new': 200, 'POST /api/tokens': 409, 'DELETE /api/tokens/other': 404 }
    const byToken = Object.entries(again).find(([request]) => request === `${method} ${path}`)?.[1] ?? asAccount
    expect([method, path, await statusOf('', bearer(token.value))]).toEqual([method, path, byToken])
    if (isGuestly) expect([method, path, await statusOf('?as=ci')]).toEqual([method, path, asGuest])
    // A nickname is none of the parameters of other requests.
    else if (asGuest !== 200) expect([method, path, await statusOf('?as=ci')]).toEqual([method, path, asGuest])
    expect([method, path, await statusOf('')]).toEqual([method, path, asNobody])
  }
})

test('reading needs authorization where it is not for everybody, and guests may be refused', async () => {
  const closed = await apiStage({ 'public-read': 'never', guests: false })
  expect(await closed.api('GET', '/rooms')).toMatchObject(problem(401, 'unauthorized'))
  expect((await closed.api('GET', '/rooms/lobby/messages')).headers.get('www-authenticate')).toContain('Bearer')
  expect(await closed.post('ops', 'hi')).toMatchObject(problem(401, 'account-required'))
  const { api, port } = await apiStage({ 'http-trust-proxy': '127.0.0.1' })
  // The proxy may be open to the world.
  expect((await api('GET', '/rooms')).status).toBe(401)
  expect(port).toBeGreaterThan(0)
})

test('a password, a token and a nickname that are wrong', async () => {
  const { api, account, post, line } = await apiStage()
  await account('ann')
  const wrong = (authorization: string) => api('GET', '/inbox', { headers: { Authorization: authorization } })
  const encoded = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`
  const answers = await Promise.all([
    wrong(encoded('ann:wrong password')),
    wrong(encoded('nobody:wrong password')),
    wrong('Basic !'),
    wrong('Bearer rd_nonsense'),
    wrong(`Bearer rd_${'x'.repeat(36)}`),
    wrong('Digest x'),
  ])
  for (const answer of answers) expect(answer).toMatchObject(problem(401, 'unauthorized'))
  expect(answers[0]?.text).toBe(answers[1]?.text)
  expect(await post('ops', 'hi', '?as=ann')).toMatchObject(problem(401, 'name-reserved'))
  expect(await post('ops', 'hi', '?as=Ann')).toMatchObject(problem(401, 'name-reserved'))
  expect(await post('ops', 'hi', '?as=server')).toMatchObject(problem(401, 'name-reserved'))
  expect(await post('ops', 'hi', '?as=%3Cb%3E')).toMatchObject(problem(400, 'name-invalid'))
  const bob = await line('bob', 'ops')
  expect(await post('ops', 'hi', '?as=bob')).toMatchObject(problem(409, 'name-in-room'))
  expect(await post('ops', 'hi', '?as=b0b')).toMatchObject({ status: expect.any(Number) })
  expect((await post('elsewhere', 'hi', '?as=bob')).status).toBe(201)
  expect(await bob.rest()).not.toContainEqual(expect.objectContaining({ from: 'bob', body: 'hi' }))
  // Of two names one would be left out without a word.
  const ann = { Authorization: `Basic ${Buffer.from(`ann:${PASSWORD}`).toString('base64')}` }
  expect(await post('ops', 'hi', '?as=ci', ann)).toMatchObject(problem(400, 'invalid-request'))
})

/** Requests of all kinds, with what a token that may only read, may only write, and may only enter another room is answered; 0 where it is let in. */
const SCOPED = [
  ['GET', '/rooms', 0, 403, 0],
  ['PUT', '/rooms/ops', 403, 403, 403],
  ['GET', '/rooms/ops', 0, 403, 403],
  ['GET', '/rooms/ops/members', 0, 403, 403],
  ['POST', '/rooms/ops/messages', 403, 0, 403],
  ['GET', '/rooms/ops/messages', 0, 403, 403],
  ['GET', '/rooms/ops/messages?q=first', 0, 403, 403],
  ['DELETE', '/rooms/ops/messages/1', 403, 0, 403],
  ['GET', '/rooms/ops,dev/stream', undefined, 403, 403],
  ['POST', '/users/ann/messages', 403, 0, 403],
  ['GET', '/inbox', 0, 403, 403],
  ['GET', '/inbox/stream', undefined, 403, 403],
  ['GET', '/api/tokens', 403, 403, 403],
  ['POST', '/api/tokens', 403, 403, 403],
  ['DELETE', '/api/tokens/x', 403, 403, 403],
  ['GET', '/rooms/ops/hooks', 403, 403, 403],
  ['POST', '/rooms/ops/hooks', 403, 403, 403],
  ['DELETE', '/rooms/ops/hooks/x', 403, 403, 403],
  ['DELETE', '/rooms/ops', 403, 0, 403],
] as const

test('a token without the right, for other rooms, revoked, expired or malformed is refused with its code', async () => {
  const { api, account, post } = await apiStage()
  const ann = await account('ann')
  for (const room of ['ops', 'dev']) expect((await post(room, 'first', '', ann)).status).toBe(201)
  const made = async (body: object) => (await api('POST', '/api/tokens', { headers: ann, body })).body.value as string
  const end = Date.now() + 200
  const expired = await made({ name: 'expired', until: new Date(end).toISOString() })
  const revoked = await made({ name: 'revoked' })
  expect((await api('DELETE', '/api/tokens/revoked', { headers: ann })).status).toBe(204)
  const limited = [
    await made({ name: 'reads', may: ['read'] }),
    await made({ name: 'writes', may: ['write'] }),
    await made({ name: 'elsewhere', rooms: ['dev'] }),
  ]
  const bodyOf = (path: string) =>
    path.includes('tokens') ? { name: 'x' } : path.includes('hooks') ? { url: 'x' } : { text: 'hi' }
  const ask = (method: string, path: string, token: string) =>
    api(method, path, { headers: bearer(token), ...(method === 'POST' && { body: bodyOf(path) }) })
  await new Promise((resolve) => setTimeout(resolve, end - Date.now() + 1))
  const malformed = ['rd_', 'rd_x y', `${revoked}x`, revoked.toUpperCase(), '%00', 'x'.repeat(5_000)]
  for (const [method, path, ...statuses] of SCOPED) {
    for (const [place, status] of statuses.entries()) {
      if (status === undefined) continue
      const answer = await ask(method, path, limited[place] ?? '')
      const refusal = [answer.status, answer.body?.code]
      if (status === 0) expect([method, path, place, ...refusal]).not.toEqual([method, path, place, 403, 'token-scope'])
      else expect([method, path, place, ...refusal]).toEqual([method, path, place, 403, 'token-scope'])
    }
    for (const token of [expired, revoked, ...malformed.slice(0, path === '/rooms' ? undefined : 1)]) {
      expect([method, path, token, await ask(method, path, token)]).toMatchObject([
        method,
        path,
        token,
        problem(401, 'unauthorized'),
      ])
    }
  }
  // The right of an incoming webhook.
  for (const [token, status, code] of [
    [limited[0], 403, 'token-scope'],
    [limited[1], 403, 'token-scope'],
    [expired, 401, 'unauthorized'],
    [revoked, 401, 'unauthorized'],
    ['rd_', 401, 'unauthorized'],
  ] as const) {
    expect(await api('POST', `/hooks/${token}`, { body: { text: 'hi' } })).toMatchObject(problem(status, code))
  }
})

test('tokens: their rights, rooms and ends', async () => {
  const { api, account, line, post } = await apiStage()
  const ann = await account('ann')
  await post('ops', 'first')
  await post('dev', 'first')
  const owner = await line('ann')
  const create = async (options: string) => {
    const reply = await owner.ask(`/token create ${options}`)
    const [token] = /rd_\w+/.exec(JSON.stringify(reply)) ?? []
    expect([options, token]).toEqual([options, expect.any(String)])
    return bearer(token ?? '')
  }
  const all = await create('all')
  const reads = await create('reads may=read')
  const writes = await create('writes may=write')
  const ops = await create('ops rooms=ops')
  const say = (room: string, headers: Record<string, string>) => post(room, 'hi', '', headers)
  const read = (room: string, headers: Record<string, string>) => api('GET', `/rooms/${room}/messages`, { headers })
  for (const headers of [ann, all, writes, ops])
    expect((await say('ops', headers)).body).toMatchObject({ from: 'ann', verified: true })
  for (const headers of [ann, all, reads, ops]) expect((await read('ops', headers)).status).toBe(200)
  const scope = problem(403, 'token-scope')
  expect(await say('ops', reads)).toMatchObject(scope)
  expect(await read('ops', writes)).toMatchObject(scope)
  for (const work of [say, read]) expect(await work('dev', ops)).toMatchObject(scope)
  expect(await say('unknown', ops)).toMatchObject(scope)
  expect(await api('PUT', '/rooms/unknown', { headers: ops })).toMatchObject(scope)
  expect(await api('GET', '/inbox', { headers: ops })).toMatchObject(scope)
  expect(await api('POST', '/users/ann/messages', { headers: ops, body: 'hi' })).toMatchObject(scope)
  expect((await api('GET', '/rooms', { headers: ops })).body).toMatchObject([{ room: 'ops' }])
  expect(await owner.ask('/token revoke all')).toHaveProperty('result')
  expect(await say('ops', all)).toMatchObject(problem(401, 'unauthorized'))
})

test('a page of another origin may not change anything; a listed one may', async () => {
  const { api, post } = await apiStage({ 'http-origins': 'https://chat.example' })
  const from = (origin: string) => ({ Origin: origin, 'Content-Type': 'text/plain' })
  expect((await fetchPlain(api, from('https://evil.example'))).status).toBe(403)
  expect((await post('ops', 'hi', '?as=ci', from('https://chat.example'))).status).toBe(201)
  const preflight = await api('OPTIONS', '/rooms/ops/messages', {
    headers: {
      Origin: 'https://chat.example',
      'Access-Control-Request-Method': 'POST',
      'Access-Control-Request-Headers': 'authorization',
    },
  })
  expect(preflight.status).toBe(204)
  expect(preflight.headers.get('access-control-allow-headers')).toBe('authorization')
  // A cookie is no authorization.
  expect((await api('GET', '/inbox', { headers: { Cookie: `globes=${'x'.repeat(32)}` } })).status).toBe(401)
})

/** A request that the port answers, whose response has no body. */
async function fetchPlain(api: Awaited<ReturnType<typeof apiStage>>['api'], headers: Record<string, string>) {
  return api('POST', '/rooms/ops/messages?as=ci', { body: 'hi', headers }).catch((error: Error) => {
    const [, status] = /: (\d{3}) /.exec(error.message) ?? []
    return { status: Number(status) }
  })
}

test('rooms with a password', async () => {
  const { api, account, line, post } = await apiStage()
  const ann = await account('ann')
  const owner = await line('ann', 'den')
  expect(await owner.ask(`/lock ${PASSWORD}`)).toMatchObject({ result: 'OK' })
  const bob = await account('bob')
  const shown = { ...bob, 'Room-Password': PASSWORD }
  expect(await api('GET', '/rooms/den', { headers: bob })).toMatchObject(problem(404, 'not-found'))
  expect(await post('den', 'hi')).toMatchObject(problem(404, 'not-found'))
  // It is not to be told from a room that does not exist, whatever is asked of it.
  const wrong = { ...bob, 'Room-Password': 'not the password' }
  for (const [method, path, headers] of [
    ['GET', '', bob],
    ['GET', '/messages', bob],
    ['GET', '/members', bob],
    ['DELETE', '/messages/1', bob],
    ['GET', '', wrong],
  ] as const) {
    const [den, none] = await Promise.all(
      ['den', 'nowhere'].map((room) => api(method, `/rooms/${room}${path}`, { headers })),
    )
    expect([method, path, den]).toMatchObject([method, path, problem(404, 'not-found')])
    expect(den?.text.replaceAll('den', 'nowhere')).toBe(none?.text)
  }
  expect(await post('den', 'hi', '', { ...bob, 'Room-Password': 'wrong' })).toMatchObject(problem(404, 'not-found'))
  expect((await post('den', 'of bob', '', shown)).status).toBe(201)
  expect((await post('den', 'of ann', '', ann)).status).toBe(201)
  const { body } = await api('GET', '/rooms/den/messages?kinds=message', { headers: shown })
  expect(body).toMatchObject([{ body: 'of bob' }, { body: 'of ann' }])
  expect(JSON.stringify(await api('GET', '/rooms'))).not.toContain('den')
})

test('guesses at the passwords of rooms are limited, whether or not there is the room', async () => {
  const { api } = await apiStage()
  const guess = () => api('GET', '/rooms/nowhere', { headers: { 'Room-Password': 'not the password' } })
  for (let n = 0; n < 5; n++) expect(await guess()).toMatchObject(problem(404, 'not-found'))
  expect(await guess()).toMatchObject(problem(429, 'too-many-attempts'))
  expect(await api('GET', '/rooms/nowhere')).toMatchObject(problem(404, 'not-found'))
})

test('a limited token neither tells which other rooms exist nor makes a room in vain', async () => {
  const { api, account, post } = await apiStage()
  const ann = await account('ann')
  expect((await post('other', 'first')).status).toBe(201)
  const tokenOf = async (body: object) => {
    const made = await api('POST', '/api/tokens', { headers: ann, body })
    return { headers: bearer(made.body.value) }
  }
  const ops = await tokenOf({ name: 'ops', rooms: ['ops'] })
  for (const room of ['other', 'none']) {
    for (const [method, path] of [
      ['GET', `/rooms/${room}/stream`],
      ['GET', `/rooms/${room}/messages`],
      ['GET', `/rooms/${room}/members`],
      ['DELETE', `/rooms/${room}`],
      ['DELETE', `/rooms/${room}/messages/1`],
    ] as const) {
      expect([path, await api(method, path, ops)]).toMatchObject([path, problem(403, 'token-scope')])
    }
  }
  const writing = await tokenOf({ name: 'write', may: ['write'] })
  expect(await api('PUT', '/rooms/new', writing)).toMatchObject(problem(403, 'token-scope'))
  expect(await api('GET', '/rooms/new')).toMatchObject(problem(404, 'not-found'))
})
