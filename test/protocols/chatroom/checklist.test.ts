/** docs/protocols/chatroom.md, section 7: each point under its number; 40 and 43 are tested for all protocols. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { connect as connectTcp } from 'node:net'
import { join } from 'node:path'
import { setTimeout as pause, setImmediate as turn } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { encodeFrame } from '../../../src/transport/frames.ts'
import {
  ChatroomClient,
  chatroomStage,
  create,
  enter,
  error,
  inLobby,
  inRoom,
  logIn,
  PASSWORD,
  register,
  said,
  say,
  startChatroom,
} from '../../support/chatroom.ts'
import { LineClient } from '../../support/client.ts'
import { eventually, TIMED } from '../../support/eventually.ts'
import { temporaryFolder } from '../../support/folder.ts'
import type { Frame } from '../../support/frames.ts'
import { needPython } from '../../support/python.ts'

const LIST = { type: 'list' }
const EXIT = { type: 'exit' }
const LOGOUT = { type: 'logout' }
const INVALID = error('error', 'Invalid message')

const created = (room: string) => ({ type: 'create', status: 'ok', message: `${room} created successfully` })
const entered = (username: string, room: string) => ({
  type: 'enter',
  status: 'ok',
  data: { username, room },
  message: 'Welcome to the chatroom',
})
const loggedIn = (username: string) => ({
  type: 'login',
  status: 'ok',
  data: { username, chatroom: 'lobby' },
  message: 'Login successful',
})

test('1. TLS connects without verification and the server says nothing by itself', async () => {
  const { connect } = await chatroomStage()
  const client = await connect()
  await pause(500)
  expect(client.frames.now()).toEqual([])
})

test('2. 3. a name is registered once, whatever its case', async () => {
  const { connect } = await chatroomStage()
  const client = await connect()
  expect(await client.ask(register('harper'))).toEqual({
    type: 'register',
    status: 'ok',
    data: { username: 'harper', chatroom: 'lobby' },
    message: 'Register successfully! You can now login',
  })
  const taken = error('register', 'Username already in use, try another one')
  expect(await client.ask(register('harper'))).toEqual(taken)
  expect(await client.ask(register('Harper'))).toEqual(taken)
})

test('4. a login of an unknown name, and with a wrong password', async () => {
  const { connect } = await chatroomStage()
  const client = await connect()
  await client.ask(register('harper'))
  expect(await client.ask(logIn('nobody'))).toEqual(error('login', 'Username not exists, try register first'))
  expect(await client.ask(logIn('harper', 'wrong'))).toEqual(error('login', 'Password incorrect'))
  for (let n = 0; n < 3; n++) await client.ask(logIn('harper', 'wrong'))
  expect(await client.ask(logIn('harper'))).toEqual(error('login', 'Too many attempts, wait a minute'))
})

test('5. a login is answered first, then comes the list', async () => {
  const { connect } = await chatroomStage()
  const client = await connect()
  client.send(register('harper'), logIn('HARPER'))
  expect((await client.take(3)).slice(1)).toEqual([loggedIn('harper'), inLobby(['harper'])])
})

test('6. a second login of one user is refused, the first goes on; also of two at the same time', async () => {
  const { connect, login } = await chatroomStage()
  const [harper, second, third] = [await login('harper'), await connect(), await connect()]
  expect(await second.ask(logIn('harper'))).toEqual(error('login', 'User already logged in'))
  expect(await harper.ask(LIST)).toEqual(inLobby(['harper']))
  await second.ask(register('bob'))
  const both = await Promise.all([second.ask(logIn('bob')), third.ask(logIn('Bob'))])
  expect(both).toContainEqual(loggedIn('bob'))
  expect(both).toContainEqual(error('login', 'User already logged in'))
})

test('6. who is in a room through another protocol is logged in already', async () => {
  const { connect, line } = await chatroomStage()
  const guest = await line('harper')
  await guest.ask(`/register ${PASSWORD}`)
  await guest.ask('JOIN tech')
  const client = await connect()
  expect(await client.ask(logIn('harper'))).toEqual(error('login', 'User already logged in'))
  guest.socket.destroy()
  let answer = await client.ask(logIn('harper'))
  for (let n = 0; answer.status === 'error' && n < 20; n++) answer = await client.ask(logIn('harper'))
  expect(answer).toEqual(loggedIn('harper'))
})

test('7. another one’s login is pushed to the lobby', async () => {
  const { login } = await chatroomStage()
  const harper = await login('harper')
  await login('bob')
  expect(await harper.next()).toEqual(inLobby(['harper', 'bob']))
  expect(await harper.settled()).toEqual([])
})

test('8. 9. a list that is asked for comes once, to who has asked', async () => {
  const { login } = await chatroomStage()
  const [harper, bob] = [await login('harper'), await login('bob')]
  await harper.next()
  for (const request of [LIST, { type: 'list', data: null, message: null, status: null }]) {
    expect(await bob.ask(request)).toEqual(inLobby(['harper', 'bob']))
  }
  expect(await bob.settled()).toEqual([])
  expect(await harper.settled()).toEqual([])
})

test('10. 11. a room is made once; everybody in the lobby sees it', async () => {
  const { login } = await chatroomStage()
  const [harper, bob] = [await login('harper'), await login('bob')]
  await harper.next()
  harper.send(create('tech_talk'))
  const list = inLobby(['harper', 'bob'], { tech_talk: [] })
  expect(await harper.take(2)).toEqual([created('tech_talk'), list])
  expect(await bob.next()).toEqual(list)
  for (const room of ['tech_talk', 'Tech_Talk', 'lobby', 'LOBBY', 'Public Chat', 'public chat']) {
    expect(await harper.ask(create(room))).toEqual(error('create', `${room} already exists`))
  }
  for (const room of ['', ' a', 'a ', 'x'.repeat(71), 'a\u0007b', '\ud800']) {
    expect(await harper.ask(create(room))).toEqual(error('create', 'Invalid room name'))
  }
  expect(await harper.settled()).toEqual([])
  expect(await bob.settled()).toEqual([])
})

test('10. the lobby is the first key, whatever rooms are called', async () => {
  const { login } = await chatroomStage()
  const harper = await login('harper')
  harper.send(create('5'), create('__proto__'), create('日本'), LIST)
  await harper.settled()
  harper.send(LIST)
  await harper.next()
  const last = harper.frames.chunks.at(-1)?.subarray(4).toString()
  expect(last).toBe(
    '{"type":"list","status":"ok","data":{"lobby":["harper"],"Public Chat":[],"5":[],"__proto__":[],"日本":[]}}',
  )
})

test('12. rooms that cannot be entered', async () => {
  const { login } = await chatroomStage()
  const harper = await login('harper')
  harper.send(create('tech_talk'))
  await harper.take(2)
  for (const room of ['nope', 'techtalk', '']) {
    expect(await harper.ask(enter(room))).toEqual(error('enter', `Destination room ${room} not found`))
  }
  expect(await harper.ask(enter('lobby'))).toEqual(error('enter', 'You are already in lobby'))
  expect(await harper.settled()).toEqual([])
})

test('13. 14. entering: the reply, then the room’s list; the lobby sees it, the room sees no lobby', async () => {
  const { login, line } = await chatroomStage()
  const [harper, bob] = [await login('harper'), await login('bob')]
  harper.send(create('tech_talk'))
  // The list may be late by the cooldown of one that took long to make.
  const empty = inLobby(['harper', 'bob'], { tech_talk: [] })
  await Promise.all([harper, bob].map((client) => client.until((frame) => isDeepStrictEqual(frame, empty))))
  harper.send(enter('TECH_talk'))
  expect(await harper.take(2)).toEqual([entered('harper', 'tech_talk'), inRoom('tech_talk', 'harper')])
  expect(await bob.next()).toEqual(inLobby(['bob'], { tech_talk: ['harper'] }))
  expect(await bob.settled()).toEqual([])
  const carol = await login('carol')
  carol.send(create('more'), LOGOUT)
  const guest = await line('guest')
  await guest.ask('JOIN lobby')
  expect(await harper.settled()).toEqual([])
  const last = inLobby(['bob'], { 'Public Chat': ['guest'], tech_talk: ['harper'], more: [] })
  await bob.until((frame) => isDeepStrictEqual(frame, last))
})

test('15. 16. who else comes is seen by all; a list that is asked for comes to who has asked', async () => {
  const { login } = await chatroomStage()
  const [harper, bob] = [await login('harper'), await login('bob')]
  harper.send(create('tech_talk'), enter('tech_talk'))
  await harper.until((frame) => isDeepStrictEqual(frame, inRoom('tech_talk', 'harper')))
  bob.send(enter('tech_talk'))
  await bob.until(({ type }) => type === 'enter')
  const both = inRoom('tech_talk', 'harper', 'bob')
  expect(await bob.next()).toEqual(both)
  expect(await harper.next()).toEqual(both)
  expect(await harper.ask(LIST)).toEqual(both)
  expect(await harper.settled()).toEqual([])
  expect(await bob.settled()).toEqual([])
})

test('17. 18. what is said comes once to every member, from who has logged in, and to nobody else', async () => {
  const { login, together } = await chatroomStage()
  const [harper, bob] = await together('tech_talk', 'harper', 'bob')
  const [carol, dave] = [await login('carol'), await login('dave')]
  carol.send(create('other'), enter('other'))
  const last = [
    [carol, inRoom('other', 'carol')],
    [dave, inLobby(['dave'], { tech_talk: ['harper', 'bob'], other: ['carol'] })],
  ] as const
  for (const [client, list] of last) await client.until((frame) => isDeepStrictEqual(frame, list))
  harper.send(say('Hello everyone!', 'public', 'eve'), say(''), { type: 'msg', data: { to: 'public', text: 'ü 😀' } })
  const heard = [said('harper', 'Hello everyone!'), said('harper', 'ü 😀')]
  expect(await harper.take(2)).toEqual(heard)
  expect(await bob.take(2)).toEqual(heard)
  expect(await harper.settled()).toEqual([])
  expect(bob.frames.now()).toEqual([])
  expect(carol.frames.now()).toEqual([])
  expect(dave.frames.now()).toEqual([])
  expect(await harper.ask(say('x'.repeat(4_001)))).toEqual(error('msg', 'Message too long, at most 4000 characters'))
})

test('19. 20. 21. private messages', async () => {
  const { together } = await chatroomStage()
  const [harper, bob, carol] = await together('tech_talk', 'harper', 'bob', 'carol')
  harper.send(say('psst', 'BOB', 'eve'), say('hm', 'Harper'), say('?', 'nobody'))
  expect(await harper.take(3)).toEqual([
    said('harper', 'psst', 'harper'),
    said('harper', 'hm', 'harper'),
    error('msg', 'nobody not in tech_talk'),
  ])
  expect(await bob.next()).toEqual(said('harper', 'psst', 'bob'))
  expect(await harper.settled()).toEqual([])
  expect(bob.frames.now()).toEqual([])
  expect(carol.frames.now()).toEqual([])
})

test('22. exit: the reply, then the lobby’s list; nothing of the room comes after it', async () => {
  const { together } = await chatroomStage()
  const [harper, bob] = await together('tech_talk', 'harper', 'bob')
  for (let n = 0; n < 300; n++) {
    if (n === 150) harper.send(EXIT)
    bob.send(say(`${n}`), say(`p${n}`, 'harper'))
    if (n % 10 === 0) await turn()
  }
  expect(await harper.until(({ type }) => type === 'exit')).toEqual({
    type: 'exit',
    status: 'ok',
    message: 'Exited chatroom, returned to lobby',
  })
  expect(await harper.next()).toEqual(inLobby(['harper'], { tech_talk: ['bob'] }))
  expect(await bob.until(({ type }) => type === 'list_room')).toEqual(inRoom('tech_talk', 'bob'))
  expect(await harper.settled()).toEqual([])
  expect(bob.frames.now().filter(({ type }) => type === 'list_room')).toEqual([])
})

test('22. whole conversations in one write keep to their pages', async () => {
  const { together } = await chatroomStage()
  const [harper, bob] = await together('tech_talk', 'harper', 'bob')
  for (let n = 0; n < 20; n++) {
    harper.send(say('in'), EXIT, LIST, enter('tech_talk'), LIST, say('again'))
    bob.send(say('one'), say('two', 'harper'), LIST)
  }
  harper.send(EXIT)
  let page = 'chat'
  let exits = 0
  const check = ({ type, status }: Frame) => {
    if (type === 'enter') page = 'chat'
    if (type === 'exit') {
      page = 'lobby'
      exits++
    }
    if (type === 'list') expect(page).toBe('lobby')
    if (type === 'list_room' || (type === 'msg' && status === 'ok')) expect(page).toBe('chat')
  }
  while (exits < 21) check(await harper.next())
  for (const frame of await harper.settled()) check(frame)
  expect(page).toBe('lobby')
})

test('23. after the logout comes nothing more, until the next login', async () => {
  const { login } = await chatroomStage()
  const harper = await login('harper')
  expect(await harper.ask(LOGOUT)).toEqual({ type: 'logout', status: 'ok', message: 'harper logout successfully' })
  const bob = await login('bob')
  expect(await bob.ask(LIST)).toEqual(inLobby(['bob']))
  expect(await harper.settled()).toEqual([])
  harper.send(logIn('harper'))
  expect(await harper.take(2)).toEqual([loggedIn('harper'), inLobby(['bob', 'harper'])])
})

test('24. who vanishes is gone from every list within a second', TIMED, async () => {
  const { login, together } = await chatroomStage()
  const [harper, bob] = await together('tech_talk', 'harper', 'bob')
  const [carol, dave] = [await login('carol'), await login('dave')]
  await carol.settled()
  const started = performance.now()
  bob.frames.socket.destroy()
  expect(await harper.next()).toEqual(inRoom('tech_talk', 'harper'))
  expect(await carol.next()).toEqual(inLobby(['carol', 'dave'], { tech_talk: ['harper'] }))
  dave.frames.socket.destroy()
  expect(await carol.next()).toEqual(inLobby(['carol'], { tech_talk: ['harper'] }))
  expect(performance.now() - started).toBeLessThan(1_000)
  expect(await harper.settled()).toEqual([])
})

/** The answers to requests in a state that does not know them; a request of an unknown type marks their end. */
async function misplaced(client: ChatroomClient, ...requests: Frame[]): Promise<Frame[]> {
  client.send(...requests, { type: 'end' })
  return (await client.upTo(({ type }) => type === 'end')).slice(0, -1)
}

test('25. what a state does not know changes nothing', async () => {
  const { connect, login } = await chatroomStage()
  const nobody = await connect()
  expect(await misplaced(nobody, enter('x'), EXIT, LOGOUT, LIST)).toEqual([])
  for (const type of ['msg', 'create', 'nonsense', '']) {
    expect(await nobody.ask({ type })).toEqual(error(type, 'Invalid command'))
  }
  const harper = await login('harper')
  expect(await misplaced(harper, logIn('harper'), EXIT)).toEqual([])
  for (const request of [say('x'), register('x'), { type: 'nonsense' }]) {
    expect(await harper.ask(request)).toEqual(error(request.type, 'Invalid command'))
  }
  harper.send(create('tech_talk'), enter('tech_talk'))
  await harper.settled()
  expect(await misplaced(harper, logIn('harper'), enter('tech_talk'), LOGOUT)).toEqual([])
  for (const request of [create('x'), register('x'), { type: 'nonsense' }]) {
    expect(await harper.ask(request)).toEqual(error(request.type, 'Invalid command'))
  }
  expect(await harper.ask(LIST)).toEqual(inRoom('tech_talk', 'harper'))
})

test('25. a window that has shown a room gets no answer to a message outside of it', async () => {
  const { together } = await chatroomStage()
  const [harper] = await together('tech_talk', 'harper')
  harper.send(EXIT, say('late'), LOGOUT, say('later'))
  const frames = await harper.upTo(({ type }) => type === 'logout')
  expect(frames.filter(({ type }) => type !== 'list').map(({ type }) => type)).toEqual(['exit', 'logout'])
  expect(await harper.settled()).toEqual([])
})

test('26. a list before the login has no answer', async () => {
  const { connect } = await chatroomStage()
  const client = await connect()
  client.send(LIST, LIST, { type: 'nonsense' })
  expect(await client.next()).toEqual(error('nonsense', 'Invalid command'))
})

test('27. what breaks the model is answered and ends nothing', async () => {
  const { connect, login } = await chatroomStage()
  const [nobody, harper] = [await connect(), await login('harper')]
  const broken = ['no JSON', '[]', '{"type":5}', '{"type":"msg","data":[]}', '{"data":{}}', '"x"', 'null', '', '\xff']
  broken.push('{"type":"list","message":5}', '{"type":"list","status":{}}', '{"type":"list","data":"x"}')
  for (const client of [nobody, harper]) {
    for (const text of broken) {
      const payload = Buffer.from(text, 'latin1')
      const header = Buffer.alloc(4)
      header.writeUInt32BE(payload.length)
      client.frames.socket.write(Buffer.concat([header, payload]))
      expect(await client.next()).toEqual(INVALID)
    }
  }
  for (const data of [{}, { room: 5 }, { room: null }, { room: ['a'] }, undefined, null]) {
    expect(await harper.ask({ type: 'enter', data })).toEqual(error('enter', 'Invalid message'))
    expect(await harper.ask({ type: 'create', data })).toEqual(error('create', 'Invalid message'))
    expect(await nobody.ask({ type: 'login', data })).toEqual(error('login', 'Invalid message'))
  }
  expect(await harper.ask(LIST)).toEqual(inLobby(['harper']))
})

test('28. a header that announces 4 GB closes the connection and takes no memory', async () => {
  const { connect } = await chatroomStage()
  const client = await connect()
  const before = process.memoryUsage().arrayBuffers
  client.frames.socket.write(Buffer.from([0xff, 0xff, 0xff, 0xff, 0x7b]))
  expect(await client.frames.rest()).toEqual([error('error', 'Message too long')])
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(100_000_000)
})

test('29. frames byte by byte, and many in one write, are answered in order', async () => {
  const { connect } = await chatroomStage()
  const client = await connect()
  const types = Array.from({ length: 10 }, (_, n) => ({ type: `t${n}` }))
  const refused = types.map(({ type }) => error(type, 'Invalid command'))
  client.send(...types)
  expect(await client.take(10)).toEqual(refused)
  for (const byte of Buffer.concat(types.map((frame) => encodeFrame(JSON.stringify(frame))))) {
    client.frames.socket.write(Buffer.from([byte]))
    await turn()
  }
  expect(await client.take(10)).toEqual(refused)
  client.send(register('harper'), logIn('harper'), create('tech'), enter('tech'), say('1'), say('2'), EXIT, LOGOUT)
  const order = (await client.upTo(({ type }) => type === 'logout')).map(({ type }) => String(type))
  expect(order.filter((type) => !type.startsWith('list')).join(' ')).toBe(
    'register login create enter msg msg exit logout',
  )
})

test('30. every frame fits the model, those before a connection is closed too', async () => {
  // In every other test each frame is held against it as it is taken.
  const { connect } = await chatroomStage({ 'login-timeout': 1, 'max-connections': 2 })
  const [late, tooLong] = [await connect(), await connect()]
  const refused = await connect()
  expect(await refused.next()).toEqual(error('error', 'Too many connections'))
  tooLong.frames.socket.write(Buffer.alloc(4, 0xff))
  expect(await tooLong.next()).toEqual(error('error', 'Message too long'))
  expect(await late.next()).toEqual(error('login', 'Login takes too long'))
})

test('31. names and passwords that are refused', async () => {
  const { connect, line } = await chatroomStage()
  const client = await connect()
  for (const name of ['public', 'Public', 'all', '', 'x'.repeat(33), ' a', 'a ', 'a<b', 'a\nb', 'e\u0301']) {
    expect(await client.ask(register(name))).toEqual(error('register', 'Invalid username'))
  }
  expect(await client.ask({ type: 'register', data: { username: 5, password: 'x' } })).toEqual(
    error('register', 'Invalid message'),
  )
  for (const password of ['', '7 chars', 'x'.repeat(129)]) {
    expect(await client.ask(register('harper', password))).toEqual(
      error('register', 'Invalid password, 8 to 128 characters'),
    )
  }
  const guest = await line('guest')
  await guest.ask('JOIN tech')
  expect(await client.ask(register('Guest'))).toEqual(error('register', 'Username already in use, try another one'))
})

test('32. 33. passwords are kept as salted slow hashes only, and outlive a restart', async () => {
  const folder = temporaryFolder()
  const daemon = await startChatroom({ data: folder })
  const client = await ChatroomClient.connect(daemon.chatroom)
  const wrong = 'giraffe-parasol-5678'
  client.send(register('harper'), register('bob'), logIn('harper', wrong), logIn('harper'), LIST, LOGOUT)
  // Broken in many ways, with a password in each.
  client.send({ type: 'login', data: PASSWORD }, { type: 5, data: { password: PASSWORD } })
  client.frames.socket.write(encodeFrame(`{"type":"login","data":{"username":"harper","password":"${PASSWORD}"`))
  await client.until(({ type }) => type === 'logout')
  await client.take(3)
  client.frames.socket.destroy()
  await daemon.stop()
  const log = daemon.log()
  expect(log).toContain('connected')
  const files = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'latin1'))
  for (const text of [log, ...files]) {
    expect(text).not.toContain(PASSWORD)
    expect(text).not.toContain(wrong)
    expect(text).not.toContain(Buffer.from(PASSWORD).toString('base64').slice(0, 16))
  }
  const hashes = files.join('').match(/\$scrypt\$ln=\d+,r=8,p=1\$[\w+/]{22}\$[\w+/]{43}/g)
  expect(new Set(hashes).size).toBe(2)
  const again = await startChatroom({ data: folder })
  onTestFinished(() => again.stop())
  const later = await ChatroomClient.connect(again.chatroom)
  onTestFinished(() => void later.frames.socket.destroy())
  expect(await later.ask(register('HARPER'))).toEqual(error('register', 'Username already in use, try another one'))
  expect(await later.ask(logIn('harper'))).toEqual(loggedIn('harper'))
})

test('34. of fifty who register one name at the same time one gets it', async () => {
  const { connect } = await chatroomStage()
  const clients = await Promise.all(Array.from({ length: 50 }, connect))
  const replies = await Promise.all(clients.map((client) => client.ask(register('harper'))))
  expect(replies.filter(({ status }) => status === 'ok')).toHaveLength(1)
  const taken = error('register', 'Username already in use, try another one')
  expect(replies.filter(({ message }) => message === taken.message)).toHaveLength(49)
})

test('35. a member who does not read delays nobody and is dropped', TIMED, async () => {
  const { daemon, together } = await chatroomStage({ 'max-queue': 65_536 })
  const [harper, deaf] = await together('tech_talk', 'harper', 'deaf')
  deaf.frames.socket.pause()
  const text = 'x'.repeat(4_000)
  for (let n = 0; n < 200 && !daemon.log().includes('reader-too-slow'); n++) {
    const started = performance.now()
    for (let burst = 0; burst < 50; burst++) harper.send(say(text))
    for (let heard = 0; heard < 50; ) if ((await harper.next()).type === 'msg') heard++
    expect(performance.now() - started).toBeLessThan(2_000)
  }
  expect(daemon.log()).toContain('reader-too-slow')
  const alone = inRoom('tech_talk', 'harper')
  harper.send(LIST)
  await eventually(async () => expect(await harper.next()).toEqual(alone))
})

test('36. who never finishes its handshake keeps nobody out and is dropped', TIMED, async () => {
  const { daemon, connect } = await chatroomStage()
  const silent = Array.from({ length: 20 }, () => connectTcp({ host: '127.0.0.1', port: daemon.chatroom }))
  onTestFinished(() => silent.forEach((socket) => void socket.destroy()))
  const closed = silent.map((socket) => once(socket.on('error', () => {}).resume(), 'close'))
  const started = performance.now()
  const client = await connect()
  expect(await client.ask({ type: 'nonsense' })).toEqual(error('nonsense', 'Invalid command'))
  expect(performance.now() - started).toBeLessThan(2_000)
  await Promise.all(closed)
  expect(performance.now() - started).toBeLessThan(12_000)
})

test('37. who is in the room through another protocol is listed and heard, and hears', async () => {
  const { line, together } = await chatroomStage()
  const [harper] = await together('tech_talk', 'harper')
  const guest = await line('guest')
  guest.send('JOIN tech_talk')
  await guest.take(2)
  expect(await harper.next()).toEqual(inRoom('tech_talk', 'harper', 'guest'))
  guest.send('hello', '/tell harper psst')
  expect(await harper.take(2)).toEqual([said('guest', 'hello'), said('guest', 'psst', 'harper')])
  await guest.rest()
  harper.send(say('hi'), say('pst', 'guest'))
  expect(await guest.take(2)).toMatchObject([
    { type: 'message', from: 'harper', body: 'hi' },
    { type: 'private', from: 'harper', body: 'pst' },
  ])
  expect(await harper.take(2)).toEqual([said('harper', 'hi'), said('harper', 'pst', 'harper')])
  guest.send('LEAVE')
  expect(await harper.next()).toEqual(inRoom('tech_talk', 'harper'))
})

test('38. deleting the room brings its members back to the lobby', async () => {
  const { daemon, together, line } = await chatroomStage({ http: 0, 'globes-public-rooms': 'open' })
  const [harper, bob] = await together('tech_talk', 'harper', 'bob')
  const guest = await line('guest')
  guest.send('JOIN tech_talk')
  await guest.take(2)
  const all = inRoom('tech_talk', 'harper', 'bob', 'guest')
  for (const client of [harper, bob]) expect(await client.next()).toEqual(all)
  const url = `http://127.0.0.1:${daemon.port('http')}/chats/tech_talk`
  expect((await fetch(url, { method: 'DELETE' })).status).toBe(200)
  for (const client of [harper, bob]) {
    const frames = await client.upTo(({ type, data }) => type === 'list' && (data as Lobby).lobby.length === 2)
    expect(frames[0]).toEqual({ type: 'exit', status: 'ok', message: 'Exited chatroom, returned to lobby' })
    expect(frames.slice(1).every(({ type }) => type === 'list')).toBe(true)
    // In the order in which they came back; the one that was waited for is there.
    const last = frames.at(-1) as Frame & { data: Lobby }
    expect(last).toEqual(inLobby(last.data.lobby))
    expect(last.data.lobby.toSorted()).toEqual(['bob', 'harper'])
  }
  const seen = await guest.until((line) => line.type === 'userLeft' && line.from === 'guest')
  expect(seen.every(({ type }) => type === 'userLeft')).toBe(true)
})

interface Lobby {
  lobby: string[]
}

test('39. a client as naive as the original one holds whole conversations without freezing', async (context) => {
  needPython(context)
  const { daemon } = await chatroomStage()
  let busy = true
  // Somebody comes and goes in the same rooms all the while.
  const crowd = Array.from({ length: 4 }, async (_, n) => {
    while (busy) {
      const client = await LineClient.connect(daemon)
      client.send(
        `LOGIN guest${n}`,
        `JOIN ${n % 2 ? 'tech_talk' : 'other'}`,
        'hello',
        '/tell naive0 psst',
        'JOIN lobby',
      )
      await client.rest()
      if (n < 2) client.socket.destroy()
      else client.end()
      await client.closed
    }
  })
  const script = join(import.meta.dirname, 'naive.py')
  const clients = Array.from({ length: 3 }, async (_, n) => {
    const child = spawn('python3', [script, String(daemon.chatroom), `naive${n}`, '6'], { stdio: 'pipe' })
    onTestFinished(() => void child.kill())
    let output = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk))
    const [status] = await once(child, 'close')
    return { status, output }
  })
  const ends = await Promise.all(clients)
  busy = false
  await Promise.all(crowd)
  for (const { status, output } of ends) expect({ status, output }).toEqual({ status: 0, output: 'done\n' })
})

test('41. two of a request in one write are answered once', async () => {
  const { connect, login } = await chatroomStage()
  const bob = await login('bob')
  bob.send(create('tech_talk'))
  await bob.settled()
  const harper = await connect()
  await harper.ask(register('harper'))
  const twice = async (request: Frame, ...answers: Frame[]) => {
    harper.send(request, request)
    expect(await harper.take(answers.length)).toEqual(answers)
    expect(await harper.settled()).toEqual([])
  }
  const list = inLobby(['bob', 'harper'], { tech_talk: [] })
  await twice(logIn('harper'), loggedIn('harper'), list)
  await twice(enter('tech_talk'), entered('harper', 'tech_talk'), inRoom('tech_talk', 'harper'))
  await twice(EXIT, { type: 'exit', status: 'ok', message: 'Exited chatroom, returned to lobby' }, list)
  await twice(LOGOUT, { type: 'logout', status: 'ok', message: 'harper logout successfully' })
  await twice(logIn('harper'), loggedIn('harper'), list)
})

test('42. across a block the sender gets the copy, in its place, and the other one nothing', async () => {
  const { line, together } = await chatroomStage()
  const [harper, bob] = await together('tech_talk', 'harper', 'bob')
  const guest = await line('guest')
  guest.send('JOIN tech_talk', '/block harper')
  await guest.rest()
  await Promise.all([harper.next(), bob.next()])
  harper.send(say('one'), say('ps\u0007st', 'GUEST'), say('two'), say('hm', 'bob'), say('three', 'guest'), say('four'))
  expect(await harper.take(6)).toEqual([
    said('harper', 'one'),
    said('harper', 'psst', 'harper'),
    said('harper', 'two'),
    said('harper', 'hm', 'harper'),
    said('harper', 'three', 'harper'),
    said('harper', 'four'),
  ])
  expect(await bob.take(4)).toEqual([
    said('harper', 'one'),
    said('harper', 'two'),
    said('harper', 'hm', 'bob'),
    said('harper', 'four'),
  ])
  expect(await guest.rest()).toEqual([])
  // What is refused is refused across a block, too.
  expect(await harper.ask(say('x'.repeat(4_001), 'guest'))).toMatchObject({ status: 'error' })
  harper.send(say('', 'guest'), say('last', 'guest'), EXIT, say('later', 'guest'))
  expect(await harper.next()).toEqual(said('harper', 'last', 'harper'))
  expect(await harper.next()).toMatchObject({ type: 'exit' })
  expect((await harper.settled()).map(({ type }) => type)).toEqual(['list'])
})

test('42. a private message to a member whose protocol carries none', async () => {
  const { daemon, together } = await chatroomStage({ http: 0 })
  const [harper] = await together('tech_talk', 'harper')
  const globe = new WebSocket(`ws://127.0.0.1:${daemon.port('http')}/chats/tech_talk/ws`)
  onTestFinished(() => globe.close())
  await once(globe, 'open')
  globe.send(JSON.stringify({ event_type: 'join', name: 'globe' }))
  expect(await harper.next()).toEqual(inRoom('tech_talk', 'harper', 'globe'))
  expect(await harper.ask(say('psst', 'globe'))).toEqual(error('msg', 'globe cannot receive private messages'))
  expect(await harper.ask(say('psst', 'nobody'))).toEqual(error('msg', 'nobody not in tech_talk'))
})
