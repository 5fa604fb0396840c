/** docs/protocols/moderation.md, section 5, point 17: a room that is full, at each protocol, over its sockets. */
import { expect, onTestFinished, test } from 'vitest'
import { IrcClient } from '../clients/irc.ts'
import { ChatroomClient, enter, logIn, register } from '../support/chatroom.ts'
import { LineClient } from '../support/client.ts'
import { startTestDaemon } from '../support/daemon.ts'
import { FrameClient } from '../support/frames.ts'
import { joining, notice, openGlobes } from '../support/globes.ts'
import { BoxClient } from './chatterbox/stage.ts'
import { pirateClients } from './piratchat/stage.ts'

const FULL = 'This room is full'

test('17. a full lobby lets nobody in at any protocol, but an admin, and what is posted', async () => {
  const options = { 'chatterbox-plain': 0, chatroom: 0, http: 0, irc: 0, 'guest-rate': 0 } as const
  const daemon = await startTestDaemon({ ...options, admins: 'root,other' })
  onTestFinished(() => daemon.stop())
  const http = daemon.port('http')
  const sockets: { destroy(): unknown }[] = []
  onTestFinished(() => sockets.forEach((socket) => void socket.destroy()))
  const line = async (...lines: string[]) => {
    const client = await LineClient.connect(daemon)
    sockets.push(client.socket)
    client.send(...lines)
    await client.rest()
    return client
  }
  await line('LOGIN root', '/register correct horse')
  await line('LOGIN other', '/register correct horse')

  const root = await line('LOGIN root correct horse', 'JOIN lobby')
  const setLimit = async (value: string) => {
    await root.rest()
    expect(await root.ask(`/limit ${value}`)).toMatchObject({ result: 'OK' })
    await root.until(({ type }) => type === 'mode')
  }
  await setLimit('1')

  const ann = await line('LOGIN ann')
  const irc = await IrcClient.register(daemon.port('irc'), 'irc')
  sockets.push(irc.socket)
  const box = new BoxClient(await FrameClient.connect(daemon.port('chatterbox-plain'), 'TCP'))
  sockets.push(box.raw.socket)
  const win = await ChatroomClient.connect(daemon.port('chatroom'))
  sockets.push(win.frames.socket)
  win.send(register('win', 'correct horse'), logIn('win', 'correct horse'))
  await win.until(({ type }) => type === 'list')
  const pirates = pirateClients(http, sockets)
  const pirate = await pirates.user('pirate')

  expect(await ann.ask('JOIN lobby')).toMatchObject({ error: 'Room is full', code: 'room-full' })
  expect(await irc.ask('JOIN #lobby')).toEqual([':roomd 471 irc #lobby :Cannot join channel (+l)'])
  expect(await box.login('box')).toEqual({ USERNAME_ACCEPTED: false, INFO: FULL })
  expect(await pirates.refused(pirate)).toBe(403)
  const globe = await openGlobes(http)
  globe.send(joining('globe'))
  expect(await globe.closing).toEqual([1008, FULL])
  expect(globe.now().at(-1)).toEqual(notice(FULL))
  win.send(enter('Public Chat'))
  expect(await win.until(({ type }) => type === 'enter')).toEqual({ type: 'enter', status: 'error', message: FULL })

  const messages = `http://127.0.0.1:${http}/rooms/lobby/messages?as=ci`
  expect((await fetch(messages, { method: 'POST', body: 'posted' })).status).toBe(201)
  await root.until(({ type }) => type === 'message')
  expect(await (await fetch(`http://127.0.0.1:${http}/rooms/lobby`)).json()).toMatchObject({
    members: 1,
    modes: { limit: 1 },
  })
  const again = await line('LOGIN root correct horse')
  expect(await again.ask('JOIN lobby')).toMatchObject({ result: 'Joined room lobby' })
  const other = await line('LOGIN other correct horse')
  expect(await other.ask('JOIN lobby')).toMatchObject({ result: 'Joined room lobby' })

  await setLimit('off')
  expect(await ann.ask('JOIN lobby')).toMatchObject({ result: 'Joined room lobby' })
  expect((await irc.ask('JOIN #lobby'))[0]).toContain(' JOIN #lobby')
  expect(await box.login('box')).toMatchObject({ USERNAME_ACCEPTED: true })
  await pirates.open(pirate)
  win.send(enter('Public Chat'))
  expect(await win.until(({ type }) => type === 'enter')).toMatchObject({ status: 'ok' })
})
