/** Outgoing webhooks (docs/protocols/rooms-api.md, section 2.7 and point 11 of the checklist). */
import { createHmac } from 'node:crypto'
import { Readable } from 'node:stream'
import { expect, onTestFinished, test, vi } from 'vitest'
import { Unavailable } from '../../../../src/engine/errors.ts'
import { LocalLogs } from '../../../../src/engine/local/logs.ts'
import { eventually } from '../../../support/eventually.ts'
import { temporaryFolder } from '../../../support/folder.ts'
import { keptLog } from '../../../support/log.ts'
import { RedisServer, withRedis } from '../../../support/redis.ts'
import { isReply } from '../../../support/stage.ts'
import { problem } from '../stage.ts'
import { accepted, ask, dial, PASSWORD, receiver, silentReceiver, startDaemon } from './receiver.ts'

const SECRET = 'a secret of both'
const REGISTER = ['LOGIN ann', `/register ${PASSWORD}`, 'JOIN ops'] as const

test('events are posted one after the other, signed, in the order of the log, and only those of its kinds', async () => {
  const daemon = await startDaemon()
  const { url, received, bodies } = await receiver()
  const ann = await dial(daemon, ...REGISTER, 'before')
  const made = await ask(daemon, 'POST', '/rooms/ops/hooks', { url, kinds: ['message', 'topic'], secret: SECRET })
  expect(made).toEqual({
    status: 201,
    body: {
      id: expect.any(String),
      url,
      kinds: ['message', 'topic'],
      by: 'ann',
      createdAt: expect.any(String),
      secret: SECRET,
    },
  })
  const texts = Array.from({ length: 30 }, (_, index) => `line ${index}`)
  ann.send(...texts.slice(0, 15), '/topic quiet', '/mute nobody*', ...texts.slice(15))
  await accepted({ bodies }, ...texts.slice(0, 15), 'quiet', ...texts.slice(15))
  const ids = received.map(({ body }) => Number(body.id))
  expect(ids).toEqual(ids.toSorted((a, b) => a - b))
  for (const { headers, text, body } of received) {
    const signature = createHmac('sha256', SECRET).update(text).digest('hex')
    expect(headers).toMatchObject({
      'content-type': 'application/json',
      'x-roomd-hook': made.body.id,
      'x-roomd-event': body.id,
      'x-roomd-signature': `sha256=${signature}`,
    })
  }
  expect(received[0]?.body).toEqual({
    id: expect.any(String),
    type: 'message',
    room: 'ops',
    from: 'ann',
    verified: true,
    body: 'line 0',
    at: expect.any(String),
  })
})

test('an event that is refused is posted again, and the later ones wait for it', async () => {
  const { log, logged } = keptLog()
  const daemon = await startDaemon({}, log)
  const elsewhere = await receiver()
  const refusing = await receiver([500, 302], { location: elsewhere.url })
  const ann = await dial(daemon, ...REGISTER)
  await ask(daemon, 'POST', '/rooms/ops/hooks', { url: refusing.url })
  ann.send('one', 'two')
  await eventually(() => expect(refusing.received).toHaveLength(1))
  await eventually(async () => {
    const { body } = await ask(daemon, 'GET', '/rooms/ops/hooks')
    expect(body).toEqual([expect.objectContaining({ failing: { since: expect.any(String), error: 'HTTP 500' } })])
  })
  await accepted(refusing, 'one', 'two')
  expect(refusing.received.map(({ status, body }) => [status, body.body])).toEqual([
    [500, 'one'],
    [302, 'one'],
    [204, 'one'],
    [204, 'two'],
  ])
  expect(elsewhere.received).toEqual([])
  expect(logged().match(/webhook [a-z ]+/g)).toEqual([
    'webhook not delivered',
    'webhook not delivered',
    'webhook delivered again',
  ])
  expect(logged()).not.toContain(refusing.url)
  await eventually(async () => {
    const { body } = await ask(daemon, 'GET', '/rooms/ops/hooks')
    expect(body[0]).not.toHaveProperty('failing')
  })
})

test('it is not failing any more when what is refused is deleted, and so nothing waits', async () => {
  const daemon = await startDaemon()
  const refusing = await receiver(Array(100).fill(500))
  await dial(daemon, ...REGISTER)
  await ask(daemon, 'POST', '/rooms/ops/hooks', { url: refusing.url })
  const failing = async () => (await ask(daemon, 'GET', '/rooms/ops/hooks')).body[0].failing
  const { body: said } = await ask(daemon, 'POST', '/rooms/ops/messages', { text: 'gone' })
  await eventually(async () => expect(await failing()).toMatchObject({ error: 'HTTP 500' }))
  await ask(daemon, 'DELETE', `/rooms/ops/messages/${said.id}`)
  await eventually(async () => expect(await failing()).toBeUndefined())
})

test('after a restart it goes on where it was, without what was deleted meanwhile', async () => {
  const options = { data: temporaryFolder() }
  const first = await startDaemon(options)
  const target = await receiver()
  const ann = await dial(first, ...REGISTER)
  await ask(first, 'POST', '/rooms/ops/hooks', { url: target.url })
  ann.send('one')
  await accepted(target, 'one')
  await target.close()
  ann.send('two', 'MESSAGE nonce=gone three', 'four')
  const [said] = (await ann.until((line) => line.type === 'message' && line.body === 'three')).slice(-1)
  ann.send(`/delete ${said?.type === 'message' ? said.id : ''}`)
  await ann.until(({ type }) => type === 'redacted')
  await first.stop()
  await target.listen(target.port)
  const second = await startDaemon(options)
  await accepted(target, 'one', 'two', 'four')
  await dial(second, `LOGIN ann ${PASSWORD}`, 'JOIN ops', 'five')
  await accepted(target, 'one', 'two', 'four', 'five')
})

test('operators with an account make, see and remove them, so many in a room', async () => {
  const daemon = await startDaemon()
  const { url, bodies } = await receiver()
  const ann = await dial(daemon, ...REGISTER)
  const bob = await dial(daemon, 'LOGIN bob', `/register ${PASSWORD}`, 'JOIN ops')
  const bobs = `Basic ${Buffer.from(`bob:${PASSWORD}`).toString('base64')}`
  const hooks = '/rooms/ops/hooks'
  expect(await ask(daemon, 'POST', hooks, { url }, bobs)).toEqual(problem(403, 'not-permitted'))
  expect(await ask(daemon, 'GET', hooks, undefined, bobs)).toEqual(problem(403, 'not-permitted'))
  expect((await ask(daemon, 'POST', `${hooks}?as=eve`, { url }, '')).status).toBe(401)
  expect(await ask(daemon, 'POST', '/rooms/nowhere/hooks', { url })).toMatchObject({ status: 404 })
  for (const limit of [{ rooms: ['dev'] }, { may: ['read'] }]) {
    const { body } = await ask(daemon, 'POST', '/api/tokens', {
      name: JSON.stringify(limit).replace(/\W/g, ''),
      ...limit,
    })
    expect(await ask(daemon, 'POST', hooks, { url }, `Bearer ${body.value}`)).toEqual(problem(403, 'token-scope'))
  }
  for (const body of [
    {},
    { url: 'mailto:ann@example.org' },
    { url: 'x' },
    { url: 7 },
    { url, kinds: [] },
    { url, kinds: ['private'] },
    { url, secret: 'short' },
    { url, more: 1 },
  ])
    expect(await ask(daemon, 'POST', hooks, body)).toEqual(problem(400, 'invalid-request'))

  const made = await Promise.all(Array.from({ length: 11 }, () => ask(daemon, 'POST', hooks, { url })))
  expect(made.map(({ status }) => status).sort()).toEqual([...Array(10).fill(201), 409])
  const listed = await ask(daemon, 'GET', hooks)
  expect(listed.body).toHaveLength(10)
  expect(JSON.stringify(listed)).not.toContain('secret')
  const [kept, ...others] = listed.body
  for (const { id } of others) expect(await ask(daemon, 'DELETE', `${hooks}/${id}`)).toEqual({ status: 204 })
  expect(await ask(daemon, 'DELETE', `${hooks}/${others[0].id}`)).toEqual(problem(404, 'not-found'))
  bob.send('hello')
  await accepted({ bodies }, 'hello')
  // A room that is closed takes its webhooks along.
  ann.send('/close')
  await ann.until(({ type }) => type === 'userLeft')
  await dial(daemon, `LOGIN ann ${PASSWORD}`, 'JOIN ops')
  expect(await ask(daemon, 'GET', hooks)).toEqual({ status: 200, body: [] })
  expect(await ask(daemon, 'DELETE', `${hooks}/${kept.id}`)).toEqual(problem(404, 'not-found'))
})

test('none is made while the log of the room cannot be read', async () => {
  const daemon = await startDaemon()
  const { url } = await receiver()
  await dial(daemon, ...REGISTER)
  const spies = [
    vi.spyOn(LocalLogs.prototype, 'extent').mockRejectedValue(new Unavailable()),
    vi.spyOn(LocalLogs.prototype, 'read').mockImplementation(() => new Readable().destroy(new Unavailable())),
  ]
  onTestFinished(() => {
    for (const spy of spies) spy.mockRestore()
  })
  const made = await ask(daemon, 'POST', '/rooms/ops/hooks', { url })
  expect(made).toMatchObject({ status: 503, body: { code: 'unavailable' } })
})

test('while its maker is no operator of the room, a webhook posts nothing', async () => {
  const daemon = await startDaemon()
  const target = await receiver()
  const ann = await dial(daemon, ...REGISTER)
  const bob = await dial(daemon, 'LOGIN bob', `/register ${PASSWORD}`, 'JOIN ops')
  const bobs = `Basic ${Buffer.from(`bob:${PASSWORD}`).toString('base64')}`
  const order = async (...lines: string[]) => {
    for (const line of lines) {
      ann.send(line)
      expect((await ann.until(isReply)).at(-1)).toMatchObject({ type: 'commandResult' })
    }
  }
  await order('/op bob')
  expect(await ask(daemon, 'POST', '/rooms/ops/hooks', { url: target.url }, bobs)).toMatchObject({ status: 201 })
  await order('one')
  await accepted(target, 'one')
  await order('/deop bob', 'two')
  const failing = (error: string) =>
    eventually(async () => {
      const { body } = await ask(daemon, 'GET', '/rooms/ops/hooks')
      expect(body).toEqual([expect.objectContaining({ failing: { since: expect.any(String), error } })])
    })
  await failing('bob is no operator of the room')
  expect(target.bodies()).toEqual(['one'])
  await order('/op bob')
  await accepted(target, 'one', 'two')
  // A later account of this name is not its maker.
  bob.send(`/unregister ${PASSWORD}`)
  expect((await bob.until(isReply)).at(-1)).toMatchObject({ type: 'commandResult' })
  await order('three')
  await failing('bob is no operator of the room')
  expect(target.bodies()).toEqual(['one', 'two'])
})

test('receivers that do not answer do not hold up one that does', async () => {
  const daemon = await startDaemon()
  const target = await receiver()
  const silent = await silentReceiver()
  await dial(daemon, ...REGISTER)
  for (const room of ['dev', 'more', 'lively']) await dial(daemon, `LOGIN ann ${PASSWORD}`, `JOIN ${room}`)
  const say = async (room: string, text: string) =>
    expect((await ask(daemon, 'POST', `/rooms/${room}/messages`, { text })).status).toBe(201)
  await ask(daemon, 'POST', '/rooms/lively/hooks', { url: target.url })
  await say('lively', 'one')
  await accepted(target, 'one')
  for (const room of ['ops', 'dev', 'more']) {
    const made = Array.from({ length: 10 }, () => ask(daemon, 'POST', `/rooms/${room}/hooks`, { url: silent.url }))
    for (const { status } of await Promise.all(made)) expect(status).toBe(201)
    await say(room, 'into the void')
  }
  await eventually(() => expect(silent.open()).toBe(16))
  for (const text of ['two', 'three']) await say('lively', text)
  await accepted(target, 'one', 'two', 'three')
  // All of them are still waited for.
  expect(silent.ended()).toBe(0)
})

test('loopback and private addresses are refused, whether the address is written or a name has it', async () => {
  const daemon = await startDaemon({ 'hooks-private': false })
  await dial(daemon, ...REGISTER)
  for (const host of [
    '127.0.0.1',
    '2130706433',
    '[::1]',
    '[::ffff:10.0.0.1]',
    '169.254.169.254',
    'localhost',
    'a.localhost',
    '0',
  ])
    expect(await ask(daemon, 'POST', '/rooms/ops/hooks', { url: `http://${host}/` })).toEqual(
      problem(400, 'url-private'),
    )
  expect(await ask(daemon, 'POST', '/rooms/ops/hooks', { url: 'https://example.org/' })).toMatchObject({ status: 201 })
})

withRedis('webhooks on Redis', () => {
  const server = RedisServer.forAll()

  test('of several nodes one posts, whichever took the message, and another one goes on when it stops', async () => {
    const redis = { redis: server.url, 'redis-prefix': 'hooks' }
    const [one, two] = [await startDaemon(redis), await startDaemon(redis)]
    const target = await receiver()
    const ann = await dial(one, ...REGISTER)
    const other = await dial(two, 'LOGIN bob', 'JOIN ops')
    expect(await ask(two, 'POST', '/rooms/ops/hooks', { url: target.url })).toMatchObject({ status: 201 })
    const texts = Array.from({ length: 20 }, (_, index) => `line ${index}`)
    for (const [index, text] of texts.entries()) {
      const speaker = index % 2 === 0 ? ann : other
      speaker.send(text)
      await ann.until((line) => line.type === 'message' && line.body === text)
    }
    await accepted(target, ...texts)
    await one.stop()
    other.send('after the first')
    await accepted(target, ...texts, 'after the first')
    const three = await startDaemon(redis)
    await two.stop()
    await dial(three, `LOGIN ann ${PASSWORD}`, 'JOIN ops', 'after the second')
    await accepted(target, ...texts, 'after the first', 'after the second')
  })
})
