/** What each protocol tells a client whose account the operator removes, or gives another password. */
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { askDaemon } from '../../src/control/client.ts'
import type { ControlRequest } from '../../src/control/operations.ts'
import {
  PASSWORD as CHATROOM_PASSWORD,
  ChatroomClient,
  logIn as chatroomLogIn,
  error,
  register,
} from '../support/chatroom.ts'
import { LineClient } from '../support/client.ts'
import { temporaryFolder } from '../support/folder.ts'
import { globesStage, joining, notice, PASSWORD } from '../support/globes.ts'

const REMOVED = 'Your account has been removed'
const CHANGED = 'Your password has been changed, log in with the new one'

/** A daemon of all protocols, and an operator beside it. */
async function withOperator() {
  const data = temporaryFolder()
  const stage = await globesStage({ chatroom: 0, data })
  const operate = async (request: ControlRequest) => {
    const replies = await askDaemon(join(data, 'control.sock'), request)
    return Array.fromAsync(replies ?? expect.fail('nobody answers'))
  }
  return { ...stage, operate }
}

test.each([
  [
    'a removed account',
    { action: 'account remove', name: 'ann' },
    { done: 'removed account ann' },
    REMOVED,
    'account-removed',
  ],
  [
    'another password',
    { action: 'account password', name: 'ann', password: 'a new one' },
    { done: 'changed the password of ann' },
    CHANGED,
    'password-changed',
  ],
] as const)('%s, at the line protocol and at Globes', async (_, request, done, text, code) => {
  const { daemon, account, logIn, connect, operate } = await withOperator()
  await account('ann')
  const { token, headers } = await logIn('ann')
  const socket = await connect('/chats/1/ws', [token])
  socket.send(joining('ann'))
  await socket.next()
  const watcher = await connect('/chats/1/ws', [token])
  const [line, message] = [await LineClient.connect(daemon), await LineClient.connect(daemon, 'WS')]
  for (const client of [line, message]) {
    onTestFinished(() => void client.socket.destroy())
    expect(await client.ask(`LOGIN ann ${PASSWORD}`)).toMatchObject({ type: 'commandResult' })
  }
  expect(await operate(request)).toEqual([done])
  for (const client of [line, message]) {
    expect(await client.next()).toEqual({ type: 'error', error: text, code, reconnect: false })
    await client.closed
  }
  expect(message.closing).toEqual({ code: 1008, reason: text })
  expect(await socket.closed).toEqual([1008, text])
  expect(socket.now().at(-1)).toEqual(notice(text))
  // Who only listens is nobody; the login that opened the socket is good no more.
  expect((await watcher.next()).event_type).toBe('leave')
  const again = await connect('/chats/1/ws', [], { headers })
  again.send(joining('ann'))
  if (request.action === 'account remove') {
    expect(await again.next()).toMatchObject({ event_type: 'join' })
    expect(again.now()).toEqual([])
  } else expect((await again.closed)[0]).toBe(1008)
})

test('at Chatroom', async () => {
  const { daemon, operate } = await withOperator()
  const client = await ChatroomClient.connect(daemon.port('chatroom'))
  onTestFinished(() => void client.frames.socket.destroy())
  client.send(register('bob'), chatroomLogIn('bob'))
  await client.until(({ type }) => type === 'list')
  expect(await operate({ action: 'account password', name: 'bob', password: CHATROOM_PASSWORD })).toHaveLength(1)
  expect(await client.next()).toEqual(error('error', CHANGED))
})

test('at Piratchat, where the close frame says it, and the cookie is good no more', async () => {
  const { port, api, operate } = await withOperator()
  const { key } = (await api('POST', '/api/register', { username: 'pirate' })).body
  const logIn = () => fetch(`http://127.0.0.1:${port}/api/login`, { method: 'POST', body: JSON.stringify({ key }) })
  const Cookie = (await logIn()).headers.get('set-cookie')?.split(';', 1)[0] ?? ''
  const websocket = new WebSocket(`ws://127.0.0.1:${port}/ws`, { headers: { Cookie } })
  onTestFinished(() => websocket.terminate())
  await new Promise((opened) => websocket.on('open', opened))
  const closed = new Promise((resolve) => websocket.on('close', (code, reason) => resolve([code, String(reason)])))
  expect(await operate({ action: 'account remove', name: 'pirate' })).toEqual([{ done: 'removed account pirate' }])
  expect(await closed).toEqual([1008, REMOVED])
  expect((await api('GET', '/api/online', undefined, { Cookie })).status).toBe(401)
  expect((await logIn()).status).toBe(401)
})
