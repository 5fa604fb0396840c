import { expect, onTestFinished, test } from 'vitest'
import { serverAddress } from '../../src/client/address.ts'
import { newClient } from '../../src/client/client.ts'
import { type ClientState, connect, DisconnectedError, type NodeConnectOptions } from '../../src/client/node/index.ts'
import { tcp } from '../../src/client/node/sockets.ts'
import { startTestDaemon } from '../support/daemon.ts'
import { openRelay } from './relay.ts'

const host = '127.0.0.1'
const PASSWORD = 'correct horse'

async function start() {
  const daemon = await startTestDaemon()
  onTestFinished(() => daemon.stop())
  return daemon.line
}

async function open(port: number, nickname: string, options: Partial<NodeConnectOptions> = {}) {
  const client = await connect(`tcp://${host}:${port}`, { nickname, ...options })
  onTestFinished(() => client.close())
  return client
}

/** An account, and the client that it is open in. */
async function openAccount(port: number, nickname: string, relayed = port) {
  const guest = await open(port, nickname)
  expect(await guest.ask(`/register ${PASSWORD}`)).toMatchObject({ type: 'commandResult' })
  guest.close()
  return open(relayed, nickname, { password: PASSWORD })
}

test('addresses of servers are read', () => {
  expect(serverAddress('chat.example')).toEqual({ by: 'tcp', host: 'chat.example', port: 9090 })
  expect(serverAddress('chat.example:17')).toEqual({ by: 'tcp', host: 'chat.example', port: 17 })
  expect(serverAddress('[::1]:17')).toEqual({ by: 'tcp', host: '::1', port: 17 })
  expect(serverAddress('tls://chat.example:443')).toEqual({ by: 'tls', host: 'chat.example', port: 443 })
  expect(serverAddress('https://chat.example')).toEqual({ by: 'websocket', url: 'wss://chat.example/line' })
  expect(serverAddress(new URL('ws://chat.example/x/line'))).toEqual({
    by: 'websocket',
    url: 'ws://chat.example/x/line',
  })
  for (const wrong of ['', 'tls://chat.example', 'ftp://chat.example', 'tcp://'])
    expect(() => serverAddress(wrong), wrong).toThrow(TypeError)
})

test('a client without a nickname is refused with a word about it', async () => {
  const connectAnyhow = connect as (url: string, options?: object) => Promise<unknown>
  for (const options of [undefined, {}, { nickname: 7 }])
    await expect(connectAnyhow('127.0.0.1:9', options)).rejects.toThrow(/^connect\(url, options\) needs .* nickname/)
})

test('a client is in several rooms, and leaves and closes them', async () => {
  const port = await start()
  const states: ClientState[] = []
  const ann = await open(port, 'ann', { onState: (state) => states.push(state) })
  const [ops, dev] = await Promise.all([ann.join('ops'), ann.join('dev')])
  const bob = await (await open(port, 'bob')).join('ops')
  await dev.say('in dev')
  await bob.say('in ops')
  const first = async (room: typeof ops) => {
    for await (const event of room) if (event.type === 'message') return `${event.from} ${event.body}`
  }
  expect(await Promise.all([first(ops), first(dev)])).toEqual(['bob in ops', 'ann in dev'])
  expect((await ann.rooms()).map(({ room }) => room)).toEqual(expect.arrayContaining(['ops', 'dev']))
  expect(ann.joined.map(({ name }) => name).sort()).toEqual(['dev', 'ops'])
  const waiting = ops.say('last')
  await ops.leave()
  await waiting
  await expect(ops.say('gone')).rejects.toThrow(DisconnectedError)
  expect((await Array.fromAsync(ops)).at(-1)).toMatchObject({ body: 'last' })
  expect((await bob.members()).map(({ nickname }) => nickname)).toEqual(['bob'])
  const again = await ann.join('ops', { recent: 3 })
  const past: string[] = []
  for await (const { type, body } of again) if (past.push(`${type} ${body}`) === 2) break
  expect(past[0]).toBe('message last')
  ann.close()
  expect(ann.joined).toEqual([])
  await expect(ann.tell('bob', 'hi')).rejects.toThrow(DisconnectedError)
  expect(states.filter(({ state }) => state === 'closed').length).toBe(4)
  expect(states.some(({ state }) => state === 'offline')).toBe(false)
})

test('a room is entered once by requests at the same time', async () => {
  const ann = await open(await start(), 'ann')
  await ann.join('ops')
  const results = await Promise.allSettled([ann.join('dev'), ann.join('DEV')])
  expect(results).toMatchObject([{ status: 'fulfilled' }, { status: 'rejected', reason: { code: 'name-in-room' } }])
  expect(ann.joined.map(({ name }) => name)).toEqual(['ops', 'dev'])
})

test('operators have their commands; who is kicked is told why', async () => {
  const port = await start()
  const ann = await (await open(port, 'ann')).join('ops')
  const bobs = await open(port, 'bob')
  const bob = await bobs.join('ops')
  await expect(bob.setTopic('mine')).rejects.toMatchObject({ code: 'not-permitted' })
  await ann.setTopic('no raids')
  await ann.grant('bob', 'voiced')
  expect(await ann.members()).toMatchObject([
    { nickname: 'ann', marks: ['operator'] },
    { nickname: 'bob', marks: ['voiced'] },
  ])
  await ann.withdraw('bob', 'voiced')
  const id = await bob.say('rude words')
  expect(await ann.search('rude')).toMatchObject([{ id, body: 'rude words' }])
  expect(await ann.history({ kinds: ['message'], grep: 'RUDE', limit: 1 })).toMatchObject([{ id }])
  expect(await ann.history({ grep: 'not "said" before' })).toEqual([])
  expect(await ann.history({ before: id })).toMatchObject([
    { type: 'userJoined' },
    { type: 'userJoined' },
    { type: 'topic', body: 'no raids' },
    { type: 'role', to: 'bob', on: true },
    { type: 'role', to: 'bob', on: false },
  ])
  await ann.delete(id, 'rude')
  await ann.mute('bob', { time: '1h', reason: 'rude' })
  await expect(bob.say('sorry')).rejects.toMatchObject({
    code: 'muted',
    until: expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}$/),
    reason: 'rude',
  })
  await ann.withdraw('bob', 'muted')
  await ann.kick('bob', 'enough')
  const told: string[] = []
  const reading = async () => {
    for await (const { type } of bob) told.push(type)
  }
  await expect(reading()).rejects.toMatchObject({ message: 'Kicked from ops by ann: enough', code: 'kicked' })
  expect(told.at(-1)).toBe('userKicked')
  expect(bob.topic).toBe('no raids')
  expect(bobs.joined).toEqual([])
  expect((await bobs.join('ops')).topic).toBe('no raids')
  await ann.mute('bob', { reason: '3 warnings' })
  await ann.ban('bob', { reason: '4 warnings' })
  await expect(bobs.join('ops')).rejects.toMatchObject({ code: 'name-in-room' })
  expect(await ann.ask('/bans')).toMatchObject({ result: 'bob and its address, by ann: 4 warnings' })
})

test('a client stays connected when its only room ends, and when the way back into it is refused', async () => {
  const port = await start()
  const relay = await openRelay(port)
  const ann = await openAccount(port, 'ann', relay.port)
  const bob = await open(port, 'bob')
  const owned = await bob.join('ops')
  await bob.join('bobs')
  const told = ann.inbox[Symbol.asyncIterator]()
  const first = await ann.join('ops')
  await owned.kick('ann')
  await expect(Array.fromAsync(first)).rejects.toThrow('Kicked from ops by bob')
  await bob.tell('ann', 'still there?')
  expect((await told.next()).value).toMatchObject({ body: 'still there?' })

  // The same connection is in another room: what is asked of the old one does not reach it.
  const dev = await ann.join('dev')
  await expect(first.setTopic('wrong room')).rejects.toThrow(DisconnectedError)
  await first.leave()
  expect(ann.joined).toEqual([dev])
  await dev.leave()

  const second = await ann.join('ops')
  relay.hold(true)
  relay.cut()
  await owned.ban('ann')
  relay.hold(false)
  ann.wake()
  await expect(Array.fromAsync(second)).rejects.toMatchObject({ code: 'banned' })
  await bob.tell('ann', 'banned, and reads it')
  expect((await told.next()).value).toMatchObject({ body: 'banned, and reads it' })
})

test('whoever asks before there is a connection shares the one that is being opened', async () => {
  const relay = await openRelay(await start())
  const client = newClient(tcp({ host, port: relay.port }), { nickname: 'ann' })
  onTestFinished(() => client.close())
  await Promise.all([client.start(), client.rooms(), client.limits()])
  await client.join('ops')
  expect(relay.count).toBe(1)
})

test('private messages come once, whatever the number of connections, also those that were missed', async () => {
  const port = await start()
  const relay = await openRelay(port)
  const ann = await openAccount(port, 'ann', relay.port)
  await ann.join('ops')
  await ann.join('dev')
  const bob = await open(port, 'bob')
  await bob.join('bobs')
  await bob.tell('ann', 'one')
  await bob.tell('ann', 'two')
  relay.hold(true)
  relay.cut()
  await bob.tell('ann', 'missed')
  relay.hold(false)
  ann.wake()
  const told: string[] = []
  for await (const { from, body } of ann.inbox) {
    if (told.push(`${from} ${body}`) === 3) break
  }
  expect(told).toEqual(['bob one', 'bob two', 'bob missed'])
  await expect
    .poll(() => ann.inbox.history({ limit: 2 }).catch(() => []), { interval: 20 })
    .toMatchObject([{ body: 'two' }, { body: 'missed', to: 'ann' }])
})

test('a guest takes its nickname back from connections that are dead', async () => {
  const relay = await openRelay(await start())
  const states: string[] = []
  const ann = await open(relay.port, 'ann', { onState: ({ state }) => states.push(state) })
  const rooms = await Promise.all([ann.join('ops'), ann.join('dev')])
  relay.strand()
  await Promise.all(rooms.map((room) => room.say('back')))
  expect(states).toContain('offline')
  expect(states).not.toContain('waiting')
})

test('clients of a guest with one word are one user, which is given what it has missed', async () => {
  const port = await start()
  const relay = await openRelay(port)
  const session = 'a-word-of-this-browser'
  const [one, two] = [await open(port, 'ann', { session }), await open(relay.port, 'ann', { session })]
  const [room, other] = [await one.join('ops'), await two.join('ops')]
  await two.join('dev')
  await expect((await open(port, 'ann')).join('ops')).rejects.toMatchObject({ code: 'name-in-room' })
  const bob = await open(port, 'bob')
  const bobs = await bob.join('bobs')
  await other.say('hello')
  expect((await room.history({ kinds: ['joined', 'message'] })).map(({ type }) => type)).toEqual([
    'userJoined',
    'message',
  ])
  await bob.tell('ann', 'one')
  relay.hold(true)
  relay.cut()
  await bob.tell('ann', 'missed')
  relay.hold(false)
  two.wake()
  for (const client of [one, two]) {
    const told: string[] = []
    for await (const { body } of client.inbox) if (told.push(body) === 2) break
    expect(told).toEqual(['one', 'missed'])
  }
  expect(await one.inbox.history()).toMatchObject([{ body: 'one' }, { body: 'missed' }])
  await two.tell('bob', 'back')
  for await (const { body } of bob.inbox) {
    expect(body).toBe('one')
    break
  }
  await bobs.leave()
})

test('a signal ends connecting, and a client', async () => {
  const port = await start()
  await expect(open(port, 'ann', { signal: AbortSignal.abort('no') })).rejects.toBe('no')
  const aborting = new AbortController()
  const ann = await open(port, 'ann', { signal: aborting.signal })
  const room = await ann.join('ops')
  aborting.abort()
  expect((await Array.fromAsync(room)).length).toBeLessThan(2)
  await expect(room.say('gone')).rejects.toThrow(DisconnectedError)
})

test('a client whose account is gone is closed, with the reason', async () => {
  const port = await start()
  const ended = Promise.withResolvers<Error | undefined>()
  await openAccount(port, 'ann')
  const ann = await open(port, 'ann', {
    password: PASSWORD,
    onState: (state) => {
      if (state.state === 'closed') ended.resolve(state.error)
    },
  })
  const other = await open(port, 'ann', { password: PASSWORD })
  await other.ask(`/passwd "${PASSWORD}" another ${PASSWORD}`)
  expect(await ended.promise).toMatchObject({ name: 'DisconnectedError', code: 'password-changed' })
  await expect(ann.join('ops')).rejects.toMatchObject({ code: 'secret-wrong' })
})

test('a password for a room without one is not repeated', async () => {
  const client = await open(await start(), 'ann')
  await client.join('ops')
  const joining = client.join('dev', { password: 'hush-hush' })
  await expect(joining).rejects.toMatchObject({
    code: 'room-name-invalid',
    message: expect.not.stringContaining('hush'),
    hint: expect.stringContaining('a second word is the password'),
  })
  await client.join('dev')
})

test('a guest who registers enters further rooms, and comes back, as the account', async () => {
  const port = await start()
  const relay = await openRelay(port)
  const back = Promise.withResolvers<void>()
  let isLost = false
  const client = await open(relay.port, 'ann', {
    onState: ({ state, room }) => {
      if (isLost && state === 'online' && room === 'ops') back.resolve()
    },
  })
  await client.join('ops')
  await client.ask(`/register ${PASSWORD}`)
  client.usePassword(PASSWORD)
  await client.join('dev')
  isLost = true
  relay.cut()
  await back.promise
  await expect(client.ask('/whoami')).resolves.toMatchObject({ type: 'commandResult' })
  await expect(open(port, 'ann')).rejects.toMatchObject({ code: 'name-reserved' })
})

test('of what is said while the connection is away, nothing is missed by a session that no event had reached', async () => {
  const port = await start()
  const relay = await openRelay(port)
  const first = await open(port, 'ann', { session: 'a-word-of-the-client' })
  const said = await first.join('ops')
  await said.say('before')
  const second = await connect(`tcp://${host}:${relay.port}`, { nickname: 'ann', session: 'a-word-of-the-client' })
  onTestFinished(() => second.close())
  const room = await second.join('ops')
  await room.ask('/ping settled')
  relay.cut()
  await said.say('meanwhile')
  const heard: string[] = []
  for await (const event of room) {
    if (event.type === 'message') heard.push(event.body)
    if (heard.includes('meanwhile')) break
  }
  expect(heard).toEqual(['meanwhile'])
})

test('a private message rejects when the last connection is gone for good', async () => {
  const daemon = await startTestDaemon()
  const ann = await open(daemon.line, 'ann')
  await ann.join('ops')
  const told = ann.tell('nobody-here', 'x').catch((error: unknown) => error)
  ann.close()
  expect(await told).toBeInstanceOf(DisconnectedError)
  await daemon.stop()
  await expect(ann.tell('ann', 'x')).rejects.toThrow(DisconnectedError)
  await expect(ann.tell('ann', 'x', { nonce: 'two\nlines' })).rejects.toThrow(TypeError)
})
