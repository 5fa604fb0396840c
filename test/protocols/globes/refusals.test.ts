/** docs/protocols/globes.md, section 2.10: refusals are seen, as both browser clients show every frame and no close reason. */
import { expect, test, vi } from 'vitest'
import { Refusal } from '../../../src/chat/refusal.ts'
import * as core from '../../chat/stage.ts'
import type { Fields } from '../../clients/json-socket.ts'
import {
  failure,
  globesStage,
  joined,
  joining,
  notice,
  openGlobes,
  PASSWORD,
  said,
  saying,
  serveGlobes,
} from '../../support/globes.ts'

test('47. each refusal is preceded by one frame that says why', async () => {
  const { account, connect, join, den } = await globesStage()
  const { path, tokenFor } = await den()
  await account('owner')
  await join('david')
  const taken = 'Client error: Duplicate username'
  const cases: [event: Fields, msg: string, path?: string][] = [
    [joining('DAVID'), taken],
    [saying('david', 'x'), taken],
    [joining('Owner'), taken],
    [joining('public'), taken],
    [joining('server'), taken],
    [joining('<b>'), 'Client error: Invalid username'],
    [joining('eve'), 'Client error: Unauthorized operation', `${path}/ws`],
  ]
  for (const [event, msg, path = '/chats/1/ws'] of cases) {
    const client = await connect(path, path === '/chats/1/ws' ? [] : [await tokenFor('mark')])
    client.send(event, saying('david', 'not heard'))
    expect(await client.closed, JSON.stringify(event)).toEqual([1008, msg])
    // As the clients read it: every frame becomes a bubble with its name and text.
    expect(client.now()).toEqual([notice(msg)])
  }
})

test('47. so is a store that is away', async () => {
  const { chat } = await core.stage()
  const david = await openGlobes(await serveGlobes(chat))
  david.send(joining('david'))
  await david.next()
  vi.spyOn(chat.messages, 'say').mockImplementation(() => Promise.reject(new Refusal('unavailable')))
  david.send(saying('david', 'hello'))
  expect(await david.closed).toEqual([1013, 'Temporarily unavailable'])
  expect(david.now()).toEqual([notice('Temporarily unavailable')])
})

test('47. the name is checked when a token is asked for, too', async () => {
  const { api, join, line, den } = await globesStage()
  const { path, enter } = await den()
  const david = await join('David')
  const guest = await line('guest')
  await guest.ask('JOIN lobby')
  await enter('mark')
  const taken = { status: 400, body: failure(202, 'Client error: Duplicate username', 'name') }
  const ask = (path: string, name: string) => api('POST', `${path}/token`, { name, secret: PASSWORD })
  for (const name of ['david', 'DAVID', 'Guest']) expect(await ask('/chats/1', name)).toMatchObject(taken)
  expect(await ask(path, 'Mark')).toMatchObject(taken)
  // In another room the name is free, and it is here when its holder has gone.
  expect((await ask(path, 'david')).status).toBe(201)
  expect((await ask('/chats/1', 'mark')).status).toBe(200)
  david.websocket.close()
  await expect.poll(async () => (await ask('/chats/1', 'david')).status).toBe(200)
})

test('48. who says too much is told so, and nobody else', async () => {
  const { connect, join } = await globesStage({ 'max-text': 10 })
  const watcher = await connect()
  const david = await join('david', '', watcher)
  const long = notice('Message too long, at most 10 characters')
  david.send(saying('david', 'x'.repeat(11)), saying('david', '😀'.repeat(10)), saying('david', 'on'))
  expect(await david.take(3)).toEqual(
    expect.arrayContaining([long, said('david', '😀'.repeat(10)), said('david', 'on')]),
  )
  expect(await watcher.take(2)).toEqual([said('david', '😀'.repeat(10)), said('david', 'on')])
  // It does not join on the way, and another's name is no matter of this socket.
  watcher.send(saying('eve', 'x'.repeat(11)))
  expect(await watcher.next()).toEqual(long)
  david.send(saying('eve', 'x'.repeat(11)), saying('david', 'done'))
  for (const client of [david, watcher]) expect(await client.next()).toEqual(said('david', 'done'))
  watcher.send(joining('eve'))
  for (const client of [david, watcher]) expect(await client.next()).toEqual(joined('eve'))
})

test('48. the limit is that of the server, four thousand characters if nothing else is said', async () => {
  const { join } = await globesStage()
  const david = await join('david')
  david.send(saying('david', 'x'.repeat(4_001)))
  expect(await david.next()).toEqual(notice('Message too long, at most 4000 characters'))
})
