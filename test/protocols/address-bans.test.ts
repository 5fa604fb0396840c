/**
 * Bans of addresses on both engines (docs/protocols/moderation.md, section 1.5). The admin connects from 127.0.0.1, others from further
 * loopback addresses. On Redis the admin and who is banned are on two nodes.
 */
import { once } from 'node:events'
import { Agent, get, type IncomingMessage, type RequestOptions } from 'node:http'
import { describe, expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import type { CommandResult, ServerLine } from '../../commands/replies.ts'
import { startNodesHere } from '../cluster/nodes.ts'
import { LineClient, type Transport } from '../support/client.ts'
import { type Overrides, startTestDaemon, type TestDaemon } from '../support/daemon.ts'
import { eventually } from '../support/eventually.ts'
import { temporaryFolder } from '../support/folder.ts'
import { FrameClient } from '../support/frames.ts'
import { keptLog } from '../support/log.ts'
import { RedisServer, withRedis } from '../support/redis.ts'
import { error, isReply, ok, result } from '../support/stage.ts'

const OPTIONS = { 'line-tls': 0, http: 0, 'chatterbox-plain': 0, chatroom: 0, admins: 'boss' }
const PASSWORD = 'correct horse'
const BANNED = '127.0.7.1'
const NETWORK = '127.0.7.0/24'
const ELSEWHERE = '127.0.8.1'
const LAST = error('Your address is banned: spam, spam', { code: 'address-banned', reconnect: false })

type Start = () => Promise<readonly [here: TestDaemon, there: TestDaemon]>

async function dial(daemon: TestDaemon, localAddress = '127.0.0.1', transport: Transport = 'TCP') {
  const client = await LineClient.connect(daemon, transport, 'whole', localAddress)
  onTestFinished(() => {
    client.socket.destroy()
    if (client.failure) throw client.failure
  })
  return client
}

/** The reply to a line, behind the events that the client has not read. */
async function reply(client: LineClient, line: string): Promise<ServerLine> {
  client.send(line)
  return (await client.until(isReply)).at(-1) ?? expect.fail()
}

async function logIn(daemon: TestDaemon, name: string, localAddress?: string, transport?: Transport) {
  const client = await dial(daemon, localAddress, transport)
  expect(await reply(client, `LOGIN ${name}`)).toMatchObject({ type: 'commandResult' })
  return client
}

async function admin(daemon: TestDaemon) {
  const boss = await dial(daemon)
  if ((await reply(boss, `LOGIN boss ${PASSWORD}`)).type === 'error') {
    expect(await reply(boss, 'LOGIN boss')).toMatchObject({ type: 'commandResult' })
    expect(await reply(boss, `/register ${PASSWORD}`)).toMatchObject({ type: 'commandResult' })
  }
  return boss
}

/** A GET; resolves with the response, whose body is read. */
async function fetchFrom(daemon: TestDaemon, localAddress: string, options: RequestOptions = {}) {
  const place = { host: '127.0.0.1', port: daemon.port('http'), path: '/healthz' }
  const [response] = (await once(get({ ...place, localAddress, ...options }), 'response')) as [IncomingMessage]
  response.resume()
  return response
}

/** The status with which a handshake is refused; 101 if it is not. */
async function handshakeFrom(daemon: TestDaemon, localAddress: string, headers = {}): Promise<number> {
  const websocket = new WebSocket(`ws://127.0.0.1:${daemon.port('http')}/line`, { localAddress, headers })
  onTestFinished(() => websocket.terminate())
  websocket.on('error', () => {})
  return Promise.race([
    once(websocket, 'open').then(() => 101),
    once(websocket, 'unexpected-response').then(([, response]) => (response as IncomingMessage).statusCode ?? 0),
  ])
}

/** What a client gets that sends nothing. */
async function everythingFrom(daemon: TestDaemon, localAddress: string, transport: Transport = 'TCP') {
  const client = await dial(daemon, localAddress, transport)
  const line = await client.next()
  await client.closed
  return line
}

function suite(begin: () => Start): void {
  test('a ban ends what is open and refuses what comes, at every protocol, until it is lifted', async () => {
    const [here, there] = await begin()()
    const boss = await admin(here)
    const [silent, tls, socket] = [
      await dial(there, BANNED),
      await logIn(there, 'tls', BANNED, 'TLS'),
      await logIn(there, 'web', BANNED, 'WS'),
    ]
    const bystander = await logIn(there, 'eve', ELSEWHERE)
    for (const client of [tls, bystander]) expect((await reply(client, 'JOIN tech')).type).toBe('commandResult')
    const frames = await FrameClient.connect(there.port('chatterbox-plain'), 'TCP', BANNED)
    onTestFinished(() => void frames.socket.destroy())
    expect(await frames.ask({ USERNAME: 'box' })).toMatchObject({ USERNAME_ACCEPTED: true })
    const agent = new Agent({ keepAlive: true })
    onTestFinished(() => agent.destroy())
    const idle = await fetchFrom(there, BANNED, { agent })
    expect(idle.statusCode).toBe(200)
    const ended = once(idle.socket, 'close')

    expect(await reply(boss, '/ban-address 127.0.7.99/24 spam,  spam')).toEqual(result(`Banned ${NETWORK}`))
    for (const client of [silent, tls, socket]) {
      expect((await client.until(({ type }) => type === 'error')).at(-1)).toEqual(LAST)
      await client.closed
    }
    expect(socket.closing).toEqual({ code: 1008, reason: 'Your address is banned: spam, spam' })
    expect(await frames.next()).toEqual({ ERROR: 'Your address is banned: spam, spam' })
    await Promise.all([frames.closed, ended])
    await bystander.until((line) => line.type === 'userLeft' && line.from === 'tls')

    for (const daemon of new Set([here, there])) {
      expect(await everythingFrom(daemon, BANNED)).toEqual(LAST)
      expect(await everythingFrom(daemon, BANNED, 'TLS')).toEqual(LAST)
      const refused = await FrameClient.connect(daemon.port('chatterbox-plain'), 'TCP', BANNED)
      expect(await refused.next()).toEqual({ ERROR: 'Your address is banned: spam, spam' })
      await refused.closed
      const chatroom = await FrameClient.connect(daemon.port('chatroom'), 'TLS', BANNED)
      expect(await chatroom.next()).toMatchObject({ status: 'error', message: 'Your address is banned: spam, spam' })
      expect((await fetchFrom(daemon, BANNED)).statusCode).toBe(403)
      expect(await handshakeFrom(daemon, BANNED)).toBe(403)
      expect(await handshakeFrom(daemon, ELSEWHERE)).toBe(101)
    }
    expect(await reply(bystander, 'still here')).toEqual(ok)

    expect(await reply(boss, '/unban-address 127.0.7.1')).toMatchObject({
      error: 'Not banned: 127.0.7.1',
      code: 'not-banned',
    })
    expect(await reply(boss, `/unban-address ${NETWORK}`)).toEqual(result(`No longer banned: ${NETWORK}`))
    await eventually(async () => expect((await fetchFrom(there, BANNED)).statusCode).toBe(200))
    await logIn(there, 'back', BANNED)
  })

  test('only admins ban, not their own network nor too large ones; bans are listed and replaced', async () => {
    const [here, there] = await begin()()
    const boss = await admin(here)
    const guest = await logIn(there, 'guest')
    for (const line of ['/ban-address 127.0.7.1', '/unban-address 127.0.7.1', '/address-bans']) {
      expect([line, await reply(guest, line)]).toEqual([line, error('Only for admins', { code: 'admin-required' })])
    }
    for (const text of [
      '127.0.0.1',
      '127.0.0.0/24',
      '10.0.0.0/7',
      '0.0.0.0/0',
      '2001::/15',
      '::/0',
      'nobody',
      '10.0.0.0/33',
    ]) {
      expect(await reply(boss, `/ban-address ${text} 1h because`)).toMatchObject({
        error: `Invalid network: ${text}`,
        code: 'invalid-network',
      })
    }
    expect(await reply(boss, `/ban-address 10.0.0.1 ${'x'.repeat(101)}`)).toMatchObject({ code: 'text-too-long' })
    expect(await reply(boss, '/ban-address 10.0.0.1 1week')).toMatchObject({
      code: 'invalid-time',
      hint: expect.stringContaining('7d'),
    })
    expect(await reply(boss, '/address-bans')).toEqual({ ...result('No address is banned'), addressBans: [] })
    await reply(boss, '/ban-address 2001:DB8:0::1/32 2h')
    await reply(boss, '/ban-address 10.0.0.0/8 first')
    await reply(boss, '/ban-address ::ffff:10.0.0.0/104 second')
    const listed = (await reply(boss, '/address-bans')) as CommandResult
    expect(listed.addressBans).toEqual([
      { network: '10.0.0.0/8', by: 'boss', utctimestamp: expect.any(String), reason: 'second' },
      { network: '2001:db8::/32', by: 'boss', utctimestamp: expect.any(String), until: expect.any(String) },
    ])
    expect(listed.result).toMatch(/^10\.0\.0\.0\/8, by boss: second\n2001:db8::\/32, by boss, until 20.*UTC$/)
  })

  test('of the bans those are listed that have a text in their network, or concern an address, as many as fit in a reply', async () => {
    const [here] = await begin()()
    const boss = await admin(here)
    // 400 bytes.
    const why = '\u{10380}'.repeat(100)
    const many = Array.from({ length: 200 }, (_, n) => `198.51.${n}.0/24`)
    for (const network of ['2001:db8::/32', '2001:db8:1::/48', ...many]) {
      expect(await reply(boss, `/ban-address ${network} ${why}`)).toEqual(result(`Banned ${network}`))
    }
    const listed = async (text: string) => {
      const { addressBans = [], more = 0 } = (await reply(boss, `/address-bans ${text}`)) as CommandResult
      // Of bans of the same millisecond none is newer.
      return { networks: addressBans.map(({ network }) => network).sort(), more }
    }
    expect(await listed('198.51.77.9')).toEqual({ networks: ['198.51.77.0/24'], more: 0 })
    expect(await listed('"198.51.77.0/25"')).toEqual({ networks: ['198.51.77.0/24'], more: 0 })
    expect(await listed('51.7.')).toEqual({ networks: ['198.51.7.0/24'], more: 0 })
    expect(await listed('2001:DB8:1::5')).toEqual({ networks: ['2001:db8:1::/48', '2001:db8::/32'], more: 0 })
    expect(await reply(boss, '/address-bans 192.0.2.1')).toEqual({ ...result('No such address bans'), addressBans: [] })
    const all = await listed('')
    expect(all.networks.length + all.more).toBe(202)
    expect(all.networks.length).toBeLessThan(65_536 / 400)
  })

  test('a ban holds over a restart, and one with a time ends', async () => {
    const start = begin()
    const before = await start()
    const boss = await admin(before[0])
    await reply(boss, `/ban-address ${NETWORK} spam, spam`)
    expect(await reply(boss, `/ban-address ${ELSEWHERE} 1s`)).toEqual(result(`Banned ${ELSEWHERE}`))
    expect((await everythingFrom(before[0], ELSEWHERE)).type).toBe('error')
    for (const daemon of new Set(before)) await daemon.stop()
    for (const daemon of new Set(await start())) {
      expect(await everythingFrom(daemon, BANNED)).toEqual(LAST)
      await eventually(async () => expect((await fetchFrom(daemon, ELSEWHERE)).statusCode).toBe(200))
      expect((await reply(await admin(daemon), '/address-bans')) as CommandResult).toMatchObject({
        addressBans: [{ network: NETWORK }],
      })
    }
  })

  test('an admin closes a room that it is not in, others only their own', async () => {
    const [here, there] = await begin()()
    const boss = await admin(here)
    const owner = await logIn(there, 'ann')
    expect((await reply(owner, `/register ${PASSWORD}`)).type).toBe('commandResult')
    for (const room of ['hers', 'other']) expect((await reply(owner, `JOIN ${room}`)).type).toBe('commandResult')
    const guest = await logIn(there, 'guest')
    expect(await reply(guest, '/close other')).toMatchObject({ code: 'admin-required' })
    expect(await reply(guest, '/close')).toMatchObject({ code: 'not-in-room' })
    await reply(guest, 'JOIN other')
    for (const line of ['/close', '/close other'])
      expect(await reply(guest, line)).toMatchObject({ code: 'not-permitted' })
    expect(await reply(boss, '/close nowhere')).toMatchObject({ error: 'No such room: nowhere', code: 'room-unknown' })
    expect(await reply(boss, '/close lobby')).toMatchObject({ code: 'not-permitted' })
    expect(await reply(boss, '/close Other')).toEqual(ok)
    await guest.until((line) => line.type === 'userLeft' && line.from === 'guest')
    expect(await reply(owner, 'JOIN hers')).toMatchObject({ type: 'commandResult' })
    expect(await reply(owner, '/close hers')).toEqual(ok)
    expect(await reply(boss, '/rooms all')).toMatchObject({ rooms: [{ room: 'lobby' }] })
  })
}

describe('on the local engine', () => {
  suite(() => {
    const data = temporaryFolder()
    return async () => {
      const daemon = await startTestDaemon({ ...OPTIONS, data })
      onTestFinished(() => daemon.stop())
      return [daemon, daemon]
    }
  })
})

withRedis('bans of addresses on two nodes', () => {
  const server = RedisServer.forAll()
  let places = 0
  describe('on two nodes of Redis', () => {
    suite(() => {
      const options: Overrides = { ...OPTIONS, 'redis-prefix': `bans${++places}` }
      return async () => {
        const [here, there] = await startNodesHere([server.url, server.url], options)
        return [here?.daemon ?? expect.fail(), there?.daemon ?? expect.fail()]
      }
    })
  })
})

test('behind a trusted proxy the client’s own address counts', async () => {
  const daemon = await startTestDaemon({ ...OPTIONS, 'http-trust-proxy': '127.0.9.9' })
  onTestFinished(() => daemon.stop())
  const boss = await admin(daemon)
  const proxy = '127.0.9.9'
  const by = (address: string) => ({ headers: { 'X-Forwarded-For': address } })
  const websocket = new WebSocket(`ws://127.0.0.1:${daemon.port('http')}/line`, {
    localAddress: proxy,
    ...by('203.0.113.7'),
  })
  await once(websocket, 'open')
  const closed = once(websocket, 'close')
  for (const network of ['203.0.113.0/24', '2001:db8::/32', '127.0.9.0/24']) {
    expect(await reply(boss, `/ban-address ${network}`)).toEqual(result(`Banned ${network}`))
  }
  expect((await closed)[0]).toBe(1008)
  for (const [address, status] of [
    ['203.0.113.8', 403],
    ['::ffff:203.0.113.8', 403],
    ['2001:db8:1::1', 403],
    ['203.0.114.8', 200],
    ['2001:db9::1', 200],
  ] as const) {
    expect([address, (await fetchFrom(daemon, proxy, by(address))).statusCode]).toEqual([address, status])
    const upgraded = await handshakeFrom(daemon, proxy, by(address).headers)
    expect([address, upgraded]).toEqual([address, status === 403 ? 403 : 101])
  }
})

test('each ban, its end and each closed room is one line of the log', async () => {
  const { log, logged } = keptLog()
  const daemon = await startTestDaemon(OPTIONS, log)
  onTestFinished(() => daemon.stop())
  const boss = await admin(daemon)
  for (const line of ['JOIN ops', '/ban-address 10.1.2.3/16 1h spam', '/unban-address 10.1.0.0/16', '/close']) {
    expect((await reply(boss, line)).type).toBe('commandResult')
  }
  const lines = logged()
    .split('\n')
    .flatMap((line) => (/"audit":"(address-|room-)/.test(line) ? [JSON.parse(line)] : []))
  expect(lines).toMatchObject([
    {
      audit: 'address-banned',
      address: '10.1.0.0/16',
      by: 'boss',
      reason: 'spam',
      until: expect.stringMatching(/^20.*Z$/),
    },
    { audit: 'address-unbanned', address: '10.1.0.0/16', by: 'boss' },
    { audit: 'room-closed', address: '127.0.0.1', name: 'boss', room: 'ops' },
  ])
})
