/** What each protocol says while Redis is away. */
import { once } from 'node:events'
import { expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { GlobesClient } from '../clients/globes.ts'
import { ACK, pirateClients } from '../protocols/piratchat/stage.ts'
import { ChatroomClient, enter, logIn, error as refusal, register, say } from '../support/chatroom.ts'
import { LineClient } from '../support/client.ts'
import { startTestDaemon } from '../support/daemon.ts'
import { eventually } from '../support/eventually.ts'
import { type Frame, FrameClient } from '../support/frames.ts'
import { failure, joining, saying } from '../support/globes.ts'
import { RedisServer, Wire, withRedis } from '../support/redis.ts'
import { error, ok } from '../support/stage.ts'

const AWAY = 'Temporarily unavailable'

/** The first that fits of what somebody gets. */
async function first<T>(client: { next(): Promise<T> }, fits: (thing: T) => boolean): Promise<T> {
  for (;;) {
    const thing = await client.next()
    if (fits(thing)) return thing
  }
}

withRedis('a daemon without its Redis', () => {
  test('says so in the words of each protocol, keeps who is there, and goes on', async () => {
    const server = await RedisServer.start()
    const wire = await Wire.to(server.port)
    const daemon = await startTestDaemon({
      chatterbox: 0,
      chatroom: 0,
      http: 0,
      redis: wire.place.url,
    })
    const sockets: { destroy(): unknown }[] = []
    onTestFinished(async () => {
      for (const socket of sockets) socket.destroy()
      await daemon.stop()
      wire.stop()
      await server.stop()
    })
    const http = daemon.port('http')
    const ready = (status: number) =>
      eventually(async () => expect((await fetch(`http://127.0.0.1:${http}/readyz`)).status).toBe(status))

    const connect = {
      line: async () => {
        const client = await LineClient.connect(daemon)
        sockets.push(client.socket)
        return client
      },
      box: async () => {
        const client = await FrameClient.connect(daemon.port('chatterbox'), 'TLS')
        sockets.push(client.socket)
        return client
      },
      window: async () => {
        const client = await ChatroomClient.connect(daemon.port('chatroom'))
        sockets.push(client.frames.socket)
        return client
      },
      globe: async () => {
        const websocket = new WebSocket(`ws://127.0.0.1:${http}/chats/1/ws`)
        sockets.push({ destroy: () => websocket.terminate() })
        const client = new GlobesClient(websocket)
        await once(websocket, 'open')
        return client
      },
    }
    const pirates = pirateClients(http, sockets)

    const ann = await connect.line()
    await ann.ask('LOGIN ann')
    ann.send('JOIN lobby')
    await ann.until(({ type }) => type === 'userJoined')
    const box = await connect.box()
    expect(await box.ask({ USERNAME: 'box' })).toMatchObject({ USERNAME_ACCEPTED: true })
    const window = await connect.window()
    window.send(register('win'), logIn('win'), enter('Public Chat'))
    expect(await window.until(({ type }) => type === 'enter')).toMatchObject({ status: 'ok' })
    const key = await pirates.register('pirate')
    const cookie = await pirates.login(key)
    const pirate = await pirates.open(cookie)
    const globe = await connect.globe()
    globe.send(joining('globe'))
    await ann.until((line) => line.type === 'userJoined' && line.from === 'globe')

    wire.close()
    await ready(503)
    expect((await fetch(`http://127.0.0.1:${http}/healthz`)).status).toBe(200)

    await ann.rest()
    for (const line of ['hello', 'JOIN other', 'LEAVE', 'HISTORY 2026-01-01', '/rooms']) {
      expect([line, await ann.ask(line)]).toEqual([line, error(AWAY)])
    }
    const stranger = await connect.line()
    expect(await stranger.ask('LOGIN new')).toEqual(error(AWAY))

    const spoken = (content: string) => ({ MESSAGES: [['box', 'ALL', 1_524_700_000, content]] })
    box.send(spoken('hello'))
    expect(await first(box, ({ ERROR }: Frame) => ERROR !== undefined)).toEqual({ ERROR: AWAY })
    const newBox = await connect.box()
    expect(await newBox.ask({ USERNAME: 'newbox' })).toEqual({ USERNAME_ACCEPTED: false, INFO: AWAY })

    window.send(say('hello'))
    expect(await window.until(({ type }) => type === 'msg')).toEqual(refusal('msg', AWAY))
    window.send({ type: 'exit' })
    expect(await window.until(({ type }) => type === 'exit')).toEqual(refusal('exit', AWAY))
    const newWindow = await connect.window()
    expect(await newWindow.ask(register('newwin'))).toEqual(refusal('register', AWAY))
    expect(await newWindow.ask(logIn('win'))).toEqual(refusal('login', AWAY))

    pirate.send('hello')
    expect((await pirate.until(({ status }) => status !== undefined)).at(-1)).toEqual({
      status: false,
      code: 'unavailable',
    })
    expect(await pirates.post('/api/register', JSON.stringify({ username: 'newpirate' }))).toMatchObject({
      status: 503,
    })
    expect(await pirates.post('/api/login', JSON.stringify({ key }))).toMatchObject({ status: 503 })
    expect(await pirates.get('/api/online', cookie)).toMatchObject({ status: 503 })

    globe.send(saying('globe', 'hello'))
    expect(await globe.closed).toEqual([1013, AWAY])
    const chats = await pirates.get('/chats')
    expect([chats.status, JSON.parse(chats.body)]).toEqual([503, failure(503, AWAY)])

    wire.open()
    await ready(200)
    // Its leaving is told as soon as it can be.
    await ann.until((line) => line.type === 'userLeft' && line.from === 'globe')
    const again = await connect.globe()
    again.send(joining('globe'))
    await ann.until((line) => line.type === 'userJoined' && line.from === 'globe')
    expect(await ann.ask('back')).toEqual(ok)
    box.send(spoken('box is back'))
    window.send(say('win is back'))
    await window.until(({ data }) => (data as Frame | undefined)?.text === 'win is back')
    pirate.send('pirate is back')
    expect((await pirate.until(({ status }) => status !== undefined)).at(-1)).toEqual(ACK)
    const heard = await ann.until((line) => line.type === 'message' && line.from === 'pirate')
    const bodies = heard.flatMap((line) => (line.type === 'message' ? [line.body] : []))
    expect(bodies).toEqual(['back', 'box is back', 'win is back', 'pirate is back'])
  })
})
