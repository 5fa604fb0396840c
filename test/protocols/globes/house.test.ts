/** Globes beside the other protocols, across restarts, and against those who mean no good. */
import { once } from 'node:events'
import { connect as connectTcp } from 'node:net'
import { expect, onTestFinished, test, vi } from 'vitest'
import { Refusal } from '../../../src/chat/refusal.ts'
import { checkConfig } from '../../../src/config.ts'
import { GlobesConversation } from '../../../src/protocols/globes/socket/conversation.ts'
import { GlobesWire } from '../../../src/protocols/globes/socket/wire.ts'
import * as core from '../../chat/stage.ts'
import { temporaryFolder } from '../../support/folder.ts'
import {
  bearer,
  failure,
  globesStage,
  joined,
  joining,
  left,
  openGlobes,
  PASSWORD,
  said,
  saying,
  serveGlobes,
} from '../../support/globes.ts'

test('a line client and a Globes client are in one room', async () => {
  const { api, connect, line } = await globesStage()
  const guest = await line('guest')
  guest.send('JOIN lobby')
  await guest.take(2)
  const david = await connect()
  expect((await api('GET', '/chats/1')).body.users).toMatchObject([{ username: 'guest', color: '' }])
  david.send(joining('David Lee', 'red'), saying('David Lee', 'hello'))
  expect(await guest.take(2)).toMatchObject([
    { type: 'userJoined', from: 'David Lee' },
    { type: 'message', from: 'David Lee', body: 'hello' },
  ])
  await david.take(2)
  guest.send('hi', '/tell David psst', 'LEAVE')
  expect(await david.take(2)).toEqual([said('guest', 'hi'), left('guest')])
})

test('a private room is entered with its password only', async () => {
  const { den, line } = await globesStage()
  const { enter } = await den()
  await enter('david')
  const guest = await line('guest')
  expect(await guest.ask('JOIN den')).toMatchObject({ type: 'error', error: 'Room is private' })
  guest.send('/rooms')
  expect(JSON.stringify(await guest.rest())).not.toContain('den')
})

test('who is blocked is not heard, and everybody else is', async () => {
  const { connect, join, line } = await globesStage()
  const watcher = await connect()
  const guest = await line('guest')
  await guest.ask('JOIN lobby')
  expect(await watcher.next()).toEqual(joined('guest'))
  const david = await join('david', '', watcher)
  await guest.ask('/block david')
  guest.send('not for david')
  expect(await watcher.next()).toEqual(said('guest', 'not for david'))
  david.send(saying('david', 'mine'))
  for (const client of [watcher, david]) expect(await client.next()).toEqual(said('david', 'mine'))
})

test('the end of a room puts out everybody in it', async () => {
  const { api, connect, create, line } = await globesStage({ 'globes-public-rooms': 'open' })
  const { id } = await create({ title: 'short' })
  const path = `/chats/${id}`
  const [david, watcher] = [await connect(`${path}/ws`), await connect(`${path}/ws`)]
  david.send(joining('david'))
  for (const client of [david, watcher]) await client.next()
  const guest = await line('guest')
  guest.send('JOIN short')
  await guest.take(2)
  for (const client of [david, watcher]) await client.next()
  expect((await api('DELETE', path)).status).toBe(200)
  for (const client of [david, watcher]) {
    expect(await client.closed).toEqual([1000, ''])
    expect(client.now()).toEqual([left('david', id), left('guest', id)])
  }
  expect(await guest.take(2)).toMatchObject([
    { type: 'userLeft', from: 'david' },
    { type: 'userLeft', from: 'guest' },
  ])
  expect(await guest.next()).toMatchObject({ type: 'notice', closed: expect.any(String) })
  expect(await guest.ask('MESSAGE anybody?')).toMatchObject({ type: 'error' })
})

test('the end of a private room makes its tokens void', async () => {
  const { api, den, refused } = await globesStage()
  const { id, path, tokenFor, enter } = await den()
  const david = await enter('david')
  const token = await tokenFor('eve')
  await api('DELETE', path, undefined, bearer(token))
  expect((await david.closed)[0]).toBe(1000)
  expect((await refused(`${path}/ws`, [token])).status).toBe(404)
  const again = await den()
  expect(again.id).toBeGreaterThan(id)
  expect((await refused(`${again.path}/ws`, [token])).status).toBe(403)
})

test('a restart keeps rooms, numbers and tokens', async () => {
  const data = temporaryFolder()
  const first = await globesStage({ data })
  const { id, path, tokenFor } = await first.den()
  const token = await tokenFor('david')
  const gone = await first.create({ title: 'gone' })
  await first.api('DELETE', `/chats/${gone.id}`)
  const before = (await first.api('GET', path)).body
  await first.stop()
  const { api, connect, create } = await globesStage({ data })
  expect((await api('GET', path)).body).toEqual(before)
  expect((await api('GET', `${path}/token/renew`, undefined, bearer(token))).status).toBe(201)
  const david = await connect(`${path}/ws`, [token])
  david.send(joining('david'))
  expect(await david.next()).toEqual(joined('david', id))
  expect((await create({ title: 'new' })).id).toBeGreaterThan(gone.id)
})

test('a stop is told by the close alone', async () => {
  const { daemon, connect } = await globesStage()
  const david = await connect()
  david.send(joining('david'))
  await david.next()
  const stopped = daemon.stop()
  expect((await david.closed)[0]).toBe(1001)
  expect(david.now()).toEqual([])
  await stopped
})

test('while nothing can be committed requests are answered so, and sockets are asked to come back', async () => {
  const { chat } = await core.stage()
  const port = await serveGlobes(chat)
  const david = await openGlobes(port)
  david.send(joining('david'))
  await david.next()
  const away = () => Promise.reject(new Refusal('unavailable'))
  vi.spyOn(chat.rooms, 'find').mockImplementation(away)
  vi.spyOn(chat.messages, 'say').mockImplementation(away)
  const response = await fetch(`http://127.0.0.1:${port}/chats/1`)
  expect(response.status).toBe(503)
  expect(await response.json()).toEqual(failure(503, 'Temporarily unavailable'))
  david.send(saying('david', 'hello'))
  expect(await david.closed).toEqual([1013, 'Temporarily unavailable'])
})

test('a room that has ended during the handshake lets its client go', async () => {
  const { chat } = await core.stage()
  const room = await chat.rooms.create({ title: 'short', visibility: 'public' })
  await chat.rooms.close(room.id)
  const client = await chat.access.identify('', core.HERE)
  const code = await new Promise((hangUp) => {
    const link = {
      address: core.HERE,
      push: () => {},
      drained: async () => {},
      hangUp,
      disconnect: () => {},
      mayBeEnding: false,
      isGone: false,
    }
    const pass = { room, unlocked: undefined, username: undefined, proof: undefined, client }
    const conversation = new GlobesConversation({ chat, wire: new GlobesWire() }, link, pass)
    onTestFinished(() => conversation.leave())
  })
  expect(code).toBe(1000)
})

test('bodies too long are refused, and the next request is answered', async () => {
  const { api } = await globesStage()
  const long = JSON.stringify({ title: 'long', visibility: 'public', more: 'x'.repeat(65_536) })
  for (const path of ['/chats', '/chats/1/token']) expect((await api('POST', path, long)).status).toBe(413)
  expect((await api('POST', '/chats', { title: 'long', visibility: 'public' })).status).toBe(201)
})

test('what is no UTF-8 is no JSON', async () => {
  const { port } = await globesStage()
  const body = Buffer.from('{"title":"\xff\xff","visibility":"public"}', 'latin1')
  const { status } = await fetch(`http://127.0.0.1:${port}/chats`, { method: 'POST', body })
  expect(status).toBe(400)
})

test('who sends half a request holds nobody up', async () => {
  const { api, port } = await globesStage()
  const slow = connectTcp({ host: '127.0.0.1', port })
  onTestFinished(() => void slow.destroy())
  await once(slow, 'connect')
  slow.write('POST /chats HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{"title":')
  expect((await api('GET', '/chats/1')).status).toBe(200)
  const rest = JSON.stringify({ title: 'slow', visibility: 'public' }).slice('{"title":'.length)
  slow.write(rest.padEnd(100 - '{"title":'.length))
  const [answer] = await once(slow, 'data')
  expect(String(answer)).toMatch(/^HTTP\/1\.1 201 /)
})

test('what was never meant to be a room or a method', async () => {
  const { api } = await globesStage()
  expect((await api('PATCH', '/chats/1', '{}')).status).toBe(405)
  expect((await api('DELETE', '/chats')).status).toBe(405)
  expect((await api('GET', '/chats/1/nothing')).status).toBe(404)
  expect((await api('GET', '/chats/%zz')).status).toBe(400)
  for (const which of ['__proto__', 'constructor', '%00', '..%2f..', "' OR 1=1"]) {
    expect((await api('GET', `/chats/${which}`)).status, which).toBe(404)
  }
  const room = { title: '__proto__', visibility: 'public', __proto__: null }
  expect((await api('POST', '/chats', room)).status).toBe(201)
  expect((await api('GET', '/chats/__proto__')).status).toBe(200)
  expect((await api('POST', '/chats', `{"__proto__":{"title":"x"},"password":"${PASSWORD}"}`)).status).toBe(400)
})

test('a secret that could be guessed is none', () => {
  expect(() => checkConfig({ 'globes-secret': 'too short' })).toThrow('--globes-secret needs at least 16 characters')
  expect(() => checkConfig({ 'globes-public-rooms': 'maybe' })).toThrow('--globes-public-rooms is one of')
})
