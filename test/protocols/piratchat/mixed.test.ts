/** Piratchat users and clients of the line protocol in one room, with one name space. */
import { expect, test } from 'vitest'
import type { Overrides } from '../../support/daemon.ts'
import { ACK, join, leave, pirateStage, said } from './stage.ts'

const RESERVED = { type: 'error', error: 'Nickname is reserved' }

test('a line client and Piratchat users see and hear one another', async () => {
  const { line, together, user, open, online } = await pirateStage()
  const ann = await line('ann', 'lobby')
  const [alice] = await together('alice')
  expect(await ann.next()).toMatchObject({ type: 'userJoined', from: 'alice' })
  alice.send('ahoy')
  expect(await ann.next()).toMatchObject({ type: 'message', from: 'alice', body: 'ahoy' })
  expect(await alice.next()).toEqual(ACK)
  ann.send('hello')
  expect(await alice.next()).toEqual(said('ann', 'hello'))
  const bob = await user('bob')
  expect(await online(bob)).toEqual(['ann', 'alice'])
  const client = await open(bob)
  expect(await online(bob)).toEqual(['ann', 'alice', 'bob'])
  ann.send('LEAVE')
  expect(await client.next()).toEqual(leave('ann'))
  expect(await alice.take(2)).toEqual([join('bob'), leave('ann')])
  expect(await online(bob)).toEqual(['alice', 'bob'])
})

test('what is longer than 300 characters comes in whole from elsewhere', async () => {
  const { line, together } = await pirateStage()
  const [alice] = await together('alice')
  const ann = await line('ann', 'lobby')
  const text = '😀'.repeat(4_000)
  ann.send(text)
  expect(await alice.take(2)).toEqual([join('ann'), said('ann', text)])
})

test('texts leave as they are, or as entities', async () => {
  const text = `<img src=x onerror="alert('&amp;')">`
  const hearing = async (overrides: Overrides) => {
    const { line, together } = await pirateStage(overrides)
    const [alice, bob] = await together('alice', 'bob')
    const ann = await line('ann', 'lobby')
    ann.send(text)
    expect(await alice.take(2)).toEqual([join('ann'), said('ann', expect.any(String))])
    bob.send(text)
    expect((await ann.until((l) => l.type === 'message' && l.from === 'bob')).at(-1)).toMatchObject({ body: text })
    return (await alice.next()).message
  }
  expect(await hearing({})).toBe(text)
  const escaped = `&lt;img src=x onerror="alert('&amp;amp;')"&gt;`
  expect(await hearing({ 'piratchat-escape': true })).toBe(escaped)
})

test('a private message cannot reach Piratchat', async () => {
  const { line, together } = await pirateStage()
  const [alice] = await together('alice')
  const ann = await line('ann', 'lobby')
  expect(await ann.ask('/tell alice psst')).toMatchObject({ type: 'error' })
  expect(await alice.rest()).toEqual([join('ann')])
})

test('a key is the password of the account elsewhere, and Piratchat refuses an account that is present', async () => {
  const { line, register, login, refused, open, post } = await pirateStage()
  const key = await register('alice')
  const cookie = await login(key)
  const client = await line()
  expect(await client.ask('LOGIN alice')).toMatchObject({ type: 'error' })
  expect(await client.ask(`LOGIN alice ${'0'.repeat(64)}`)).toMatchObject({ type: 'error' })
  expect(await client.ask(`LOGIN alice ${key}`)).toMatchObject({ result: 'Username set to alice' })
  expect(await refused(cookie)).toBe(409)
  client.send('/quit')
  await client.closed
  await open(cookie)
  const other = await line()
  await other.ask(`LOGIN alice ${key}`)
  expect(await other.ask('JOIN lobby')).toMatchObject({ result: 'Joined room lobby' })
  expect(await other.ask('JOIN elsewhere')).toMatchObject({ result: 'Joined room elsewhere' })
  // An account with a password has no key.
  const bob = await line('bob')
  await bob.ask('/register open-sesame')
  expect((await post('/api/login', '{"key":"open-sesame"}')).status).toBe(401)
  expect((await post('/api/register', '{"username":"bob"}')).status).toBe(409)
})

test('a name that a guest has in a room is not registered', async () => {
  const { line, post, register } = await pirateStage()
  const ann = await line('ann', 'ops')
  expect(await post('/api/register', '{"username":"ANN"}')).toMatchObject({ status: 409, body: '' })
  expect(await post('/api/register', '{"username":"all"}')).toMatchObject({ status: 409, body: '' })
  ann.send('/quit')
  await ann.closed
  await expect.poll(() => register('ann').catch(() => 'not yet')).toMatch(/^[0-9a-f]{64}$/)
})

test('of a guest who joins and somebody who registers at once one gets the name', async () => {
  const { line, post } = await pirateStage()
  const outcomes = await Promise.all(
    Array.from({ length: 20 }, async (_, n) => {
      const username = `guest${n}`
      const guest = await line(username)
      const [joined, { status }] = await Promise.all([
        guest.ask('JOIN lobby'),
        post('/api/register', JSON.stringify({ username })),
      ])
      if (status === 201) expect(joined).toMatchObject(RESERVED)
      else expect([status, joined]).toMatchObject([409, { result: 'Joined room lobby' }])
      return status
    }),
  )
  expect(outcomes).toHaveLength(20)
})
