/** `/api/tokens` (docs/protocols/rooms-api.md, section 1.1). */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { LineClient } from '../../support/client.ts'
import { startTestDaemon, type TestDaemon } from '../../support/daemon.ts'
import { ask as askApi, problem } from './stage.ts'

const PASSWORD = 'correct horse battery'
let daemon: TestDaemon

beforeAll(async () => {
  daemon = await startTestDaemon({ http: 0 })
  const client = await LineClient.connect(daemon)
  await client.ask('LOGIN Ann')
  expect(await client.ask(`/register ${PASSWORD}`)).toMatchObject({ type: 'commandResult' })
  client.socket.destroy()
})

afterAll(() => daemon.stop())

const BASIC = `Basic ${Buffer.from(`ann:${PASSWORD}`).toString('base64')}`

async function ask(method: string, path: string, authorization?: string, body?: unknown) {
  const headers = authorization === undefined ? {} : { authorization }
  const answer = await askApi(daemon.port('http'), method, path, { headers, body })
  return { status: answer.status, ...(answer.text !== '' && { body: answer.body }) }
}

test('a token is made, listed without itself, used and ended', async () => {
  const until = new Date(Date.now() + 3_600_000).toISOString()
  const made = await ask('POST', '/api/tokens', BASIC, { name: 'ci', rooms: ['Ops'], may: ['write'], until })
  const entry = { name: 'ci', rooms: ['ops'], may: ['write'], createdAt: expect.any(String), until }
  expect(made).toEqual({ status: 201, body: { ...entry, value: expect.stringMatching(/^rd_/) } })
  const full = (await ask('POST', '/api/tokens', BASIC, { name: 'full' })).body.value
  expect(await ask('GET', '/api/tokens', `Bearer ${full}`)).toEqual({
    status: 200,
    body: [entry, { name: 'full', may: ['read', 'write'], createdAt: expect.any(String) }],
  })
  expect(await ask('POST', '/api/tokens', `Bearer ${full}`, { name: 'Full' })).toEqual(problem(409, 'token-taken'))
  expect(await ask('DELETE', '/api/tokens/CI', `Bearer ${full}`)).toEqual({ status: 204 })
  expect(await ask('DELETE', '/api/tokens/ci', BASIC)).toEqual(problem(404, 'token-unknown'))
  expect(await ask('DELETE', '/api/tokens/full', `Bearer ${full}`)).toEqual({ status: 204 })
  expect(await ask('GET', '/api/tokens', `Bearer ${full}`)).toEqual(problem(401, 'unauthorized'))
  expect(await ask('GET', '/api/tokens', BASIC)).toEqual({ status: 200, body: [] })
})

test('tokens with limits, guests and nobody have none of it', async () => {
  const limits = [{ rooms: ['ops'] }, { may: ['read'] }, { may: ['write'] }]
  for (const [index, limit] of limits.entries()) {
    const { body } = await ask('POST', '/api/tokens', BASIC, { name: `limited${index}`, ...limit })
    const bearer = `Bearer ${body.value}`
    const refused = problem(403, 'token-scope')
    expect(await ask('GET', '/api/tokens', bearer)).toEqual(refused)
    expect(await ask('POST', '/api/tokens', bearer, { name: 'more' })).toEqual(refused)
    expect(await ask('DELETE', `/api/tokens/limited${index}`, bearer)).toEqual(refused)
  }
  for (const [method, path] of [
    ['GET', '/api/tokens'],
    ['POST', '/api/tokens?as=guest'],
    ['DELETE', '/api/tokens/limited0'],
  ] as const) {
    expect((await ask(method, path)).status).toBe(401)
    const [own = ''] = path.split('?')
    expect(await ask(method, own, `Bearer rd_${'x'.repeat(36)}`)).toEqual(problem(401, 'unauthorized'))
  }
})

test('a body that makes no sense is refused', async () => {
  for (const body of [
    '',
    '{',
    '[]',
    '\xff',
    {},
    { name: 7 },
    { name: 'x', rooms: 'ops' },
    { name: 'x', rooms: [7] },
    { name: 'x', may: ['rule'] },
    { name: 'x', may: [] },
    { name: 'x', more: 1 },
    { name: 'x', until: 'soon' },
    { name: 'x', until: 7 },
  ])
    expect(await ask('POST', '/api/tokens', BASIC, body)).toEqual(problem(400, 'invalid-request'))
  expect(await ask('POST', '/api/tokens', BASIC, { name: 'a b' })).toEqual(problem(400, 'token-invalid'))
  expect(await ask('POST', '/api/tokens', BASIC, { name: 'x', rooms: ['a b'] })).toEqual(
    problem(400, 'room-name-invalid'),
  )
  for (const method of ['GET', 'POST'])
    expect(await ask(method, '/api/tokens?all=1', BASIC, method === 'GET' ? undefined : { name: 'x' })).toEqual(
      problem(400, 'invalid-request'),
    )
  const past = { name: 'x', until: '2000-01-01T00:00:00Z' }
  expect(await ask('POST', '/api/tokens', BASIC, past)).toEqual(problem(400, 'token-invalid'))
})
