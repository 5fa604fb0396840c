/** What an admin's /announce and /disconnect are at each protocol (docs/protocols/moderation.md, sections 1.5 and 4). */
import { expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { ChatroomClient, logIn as chatroomLogIn, error, register } from '../support/chatroom.ts'
import { FrameClient } from '../support/frames.ts'
import { globesStage, joining, notice } from '../support/globes.ts'

const ENDED = 'Disconnected by an admin: spam'

async function withAdmin() {
  const stage = await globesStage({ chatroom: 0, 'chatterbox-plain': 0, admins: 'boss' })
  const boss = await stage.line('boss')
  expect(await boss.ask('/register correct horse')).toMatchObject({ type: 'commandResult' })
  const announce = async () => {
    expect(await boss.ask('/announce back at noon')).toMatchObject({ result: 'OK' })
    expect(await boss.next()).toEqual({ type: 'notice', notice: 'back at noon' })
  }
  const end = async (name: string) => {
    expect(await boss.ask(`/disconnect ${name} spam`)).toMatchObject({ result: `Disconnected ${name}: 1 session` })
  }
  return { ...stage, announce, end }
}

test('at Chatterbox', async () => {
  const { daemon, announce, end } = await withAdmin()
  const client = await FrameClient.connect(daemon.port('chatterbox-plain'), 'TCP')
  onTestFinished(() => void client.socket.destroy())
  expect(await client.ask({ USERNAME: 'box' })).toMatchObject({ USERNAME_ACCEPTED: true })
  await announce()
  expect(await client.next()).toEqual({ MESSAGES: [['server', 'ALL', expect.any(Number), 'back at noon']] })
  await end('box')
  expect(await client.next()).toEqual({ ERROR: ENDED })
})

test('at Globes', async () => {
  const { connect, announce, end } = await withAdmin()
  const client = await connect()
  client.send(joining('globe'))
  expect(await client.next()).toMatchObject({ event_type: 'join' })
  await announce()
  expect(await client.next()).toEqual(notice('back at noon'))
  await end('globe')
  expect(await client.closed).toEqual([1008, ENDED])
  expect(client.now().at(-1)).toEqual(notice(ENDED))
})

test('at Chatroom, in a room only', async () => {
  const { daemon, announce, end } = await withAdmin()
  const client = await ChatroomClient.connect(daemon.port('chatroom'))
  onTestFinished(() => void client.frames.socket.destroy())
  client.send(register('win'), chatroomLogIn('win'))
  await client.until(({ type }) => type === 'list')
  await announce()
  client.send({ type: 'enter', data: { room: 'Public Chat' } })
  await client.until(({ type }) => {
    expect(type).not.toBe('msg')
    return type === 'list_room'
  })
  await announce()
  expect(await client.next()).toMatchObject({ type: 'msg', data: { to: 'win', from: 'server', text: 'back at noon' } })
  await end('win')
  expect(await client.next()).toEqual(error('error', ENDED))
})

test('at Piratchat', async () => {
  const { port, api, announce, end } = await withAdmin()
  const { key } = (await api('POST', '/api/register', { username: 'pirate' })).body
  const login = await fetch(`http://127.0.0.1:${port}/api/login`, { method: 'POST', body: JSON.stringify({ key }) })
  const Cookie = login.headers.get('set-cookie')?.split(';', 1)[0] ?? ''
  const websocket = new WebSocket(`ws://127.0.0.1:${port}/ws`, { headers: { Cookie } })
  onTestFinished(() => websocket.terminate())
  await new Promise((opened) => websocket.on('open', opened))
  const message = new Promise((resolve) => websocket.once('message', (data) => resolve(JSON.parse(String(data)))))
  const closed = new Promise((resolve) => websocket.on('close', (code, reason) => resolve([code, String(reason)])))
  await announce()
  expect(await message).toEqual({ message: 'back at noon', author: 'server' })
  await end('pirate')
  expect(await closed).toEqual([1008, ENDED])
})
