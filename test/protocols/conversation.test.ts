/** One conversation across protocols: what docs/protocols/README.md's table makes of each event. */
import { expect, onTestFinished, test } from 'vitest'
import { ChatroomClient } from '../support/chatroom.ts'
import { LineClient } from '../support/client.ts'
import { startTestDaemon } from '../support/daemon.ts'
import { type Frame, FrameClient } from '../support/frames.ts'
import { error, joined, left, ok, result, said } from '../support/stage.ts'

async function house() {
  const daemon = await startTestDaemon({ chatterbox: 0, chatroom: 0 })
  const sockets: { destroy(): unknown }[] = []
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy()
    await daemon.stop()
  })
  const line = async (name: string, room: string) => {
    const client = await LineClient.connect(daemon)
    sockets.push(client.socket)
    client.send(`LOGIN ${name}`, `JOIN ${room}`)
    await client.until(({ type }) => type === 'userJoined')
    return client
  }
  const box = async () => {
    const client = await FrameClient.connect(daemon.port('chatterbox'), 'TLS')
    sockets.push(client.socket)
    return client
  }
  const window = async (username: string) => {
    const client = await ChatroomClient.connect(daemon.port('chatroom'))
    sockets.push(client.frames.socket)
    const data = { username, password: 'correct horse' }
    await client.ask({ type: 'register', data })
    await client.ask({ type: 'login', data })
    await client.until(({ type }) => type === 'list')
    return client
  }
  const enter = async (client: ChatroomClient, room: string) => {
    client.send({ type: 'enter', data: { room } })
    await client.until(({ type }) => type === 'enter')
  }
  return { line, box, window, enter }
}

const isMessage = ({ type }: Frame) => type === 'msg'
const spoken = (from: string, text: string, to = 'public') => ({ type: 'msg', status: 'ok', data: { to, from, text } })

test('in the default room', async () => {
  const { line, box, window, enter } = await house()
  const ann = await line('ann', 'lobby')
  const bob = await box()
  expect(await bob.ask({ USERNAME: 'bob' })).toMatchObject({
    USERNAME_ACCEPTED: true,
    USER_LIST: [{ name: 'ann' }, { name: 'bob' }],
  })
  const eve = await window('eve')
  await enter(eve, 'Public Chat')
  expect(await eve.until(({ type }) => type === 'list_room')).toMatchObject({
    data: { 'Public Chat': ['ann', 'bob', 'eve'] },
  })
  expect(await ann.take(2)).toMatchObject([joined('bob'), joined('eve')])
  expect(await bob.next()).toEqual({ USERS_JOINED: ['eve'] })

  // Each protocol says something, each hears all three in one order.
  expect(await ann.ask('from a terminal')).toEqual(ok)
  expect(await ann.next()).toMatchObject(said('ann', 'from a terminal'))
  bob.send({ MESSAGES: [['bob', 'ALL', 1_524_700_000, 'from a box']] })
  expect(await ann.next()).toMatchObject(said('bob', 'from a box'))
  eve.send({ type: 'msg', data: { to: 'public', text: 'from a window' } })
  expect(await ann.next()).toMatchObject(said('eve', 'from a window'))
  const boxed = (await bob.take(3)).flatMap(({ MESSAGES }) => MESSAGES as [string, string, number, string][])
  expect(boxed.map(([from, to, , text]) => [from, to, text])).toEqual([
    ['ann', 'ALL', 'from a terminal'],
    ['bob', 'ALL', 'from a box'],
    ['eve', 'ALL', 'from a window'],
  ])
  expect(boxed[1]?.[2]).toBe(1_524_700_000)
  for (const [from, text] of [
    ['ann', 'from a terminal'],
    ['bob', 'from a box'],
    ['eve', 'from a window'],
  ] as const) {
    expect(await eve.until(isMessage)).toEqual(spoken(from, text))
  }

  // Private messages, from each to the next.
  expect(await ann.ask('/tell bob psst')).toEqual(ok)
  expect(await ann.next()).toMatchObject({ type: 'private', from: 'ann', to: 'bob', body: 'psst' })
  expect(await bob.next()).toMatchObject({ MESSAGES: [['ann', 'bob', expect.any(Number), 'psst']] })
  bob.send({ MESSAGES: [['bob', 'eve', 1_524_700_001, 'hush']] })
  expect(await eve.until(isMessage)).toEqual(spoken('bob', 'hush', 'eve'))
  eve.send({ type: 'msg', data: { to: 'ann', text: 'shh' } })
  expect(await ann.next()).toMatchObject({ type: 'private', from: 'eve', to: 'ann', body: 'shh' })

  eve.send({ type: 'exit' })
  expect(await ann.next()).toMatchObject(left('eve'))
  expect(await bob.next()).toEqual({ USERS_LEFT: ['eve'] })
  bob.socket.destroy()
  expect(await ann.next()).toMatchObject(left('bob'))
  const record = (await historyOf(ann)).map(({ type, from, body }) => ({ type, from, body }))
  expect(record).toMatchObject([
    joined('ann'),
    joined('bob'),
    joined('eve'),
    said('ann', 'from a terminal'),
    said('bob', 'from a box'),
    said('eve', 'from a window'),
    left('eve'),
    left('bob'),
  ])
})

test('in a room with a name', async () => {
  const { line, box, window, enter } = await house()
  const eve = await window('eve')
  await eve.ask({ type: 'create', data: { room: 'tech_talk' } })
  await enter(eve, 'tech_talk')
  const ann = await line('ann', 'tech_talk')
  expect(await eve.until(({ data }) => JSON.stringify(data) === '{"tech_talk":["eve","ann"]}')).toBeDefined()
  const bob = await box()
  await bob.ask({ USERNAME: 'bob' })
  ann.send('hello')
  expect(await eve.until(isMessage)).toEqual(spoken('ann', 'hello'))
  expect(await ann.rest()).toMatchObject([ok, said('ann', 'hello')])
  // Who is elsewhere hears nothing of it.
  bob.send({ MESSAGES: [['bob', 'ALL', 1, 'anybody?']] })
  expect(await bob.next()).toEqual({ MESSAGES: [['bob', 'ALL', 1, 'anybody?']] })
})

test('a name taken at one protocol is refused at the others, in their own words', async () => {
  const { line, box, window, enter } = await house()
  await line('ann', 'lobby')
  const bob = await box()
  expect(await bob.ask({ USERNAME: 'ANN' })).toEqual({
    USERNAME_ACCEPTED: false,
    INFO: 'The provided username is already in use.',
  })
  expect(await bob.ask({ USERNAME: 'bob' })).toMatchObject({ USERNAME_ACCEPTED: true })
  const eve = await window('eve')
  const taken = { type: 'register', data: { username: 'Bob', password: 'long enough' } }
  // Registering needs no login.
  await eve.ask({ type: 'logout' })
  expect(await eve.ask(taken)).toMatchObject({ status: 'error', message: 'Username already in use, try another one' })
  const other = await box()
  expect(await other.ask({ USERNAME: 'Eve' })).toEqual({
    USERNAME_ACCEPTED: false,
    INFO: 'The provided username is reserved.',
  })
  const zed = await line('zed', 'ops')
  expect(await zed.ask('/quit')).toEqual(result('Bye'))
  const late = await line('yan', 'ops')
  late.send('LEAVE')
  await late.until(({ type }) => type === 'userLeft')
  const eveAgain = { type: 'login', data: { username: 'eve', password: 'correct horse' } }
  expect(await eve.ask(eveAgain)).toMatchObject({ status: 'ok' })
  await enter(eve, 'Public Chat')
  const impostor = await LineClient.connect({
    line: late.socket.remotePort ?? 0,
    lineTls: 0,
    port: () => 0,
    stop: async () => {},
  })
  expect(await impostor.ask('LOGIN eve')).toEqual(error('Nickname is reserved'))
  impostor.socket.destroy()
})

async function historyOf(client: LineClient) {
  client.send('HISTORY')
  return (await client.rest()).flatMap((line) => (line.type === 'history' ? [line.body] : []))
}
