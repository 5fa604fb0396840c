/** What becomes of clients when their Redis is emptied under them. */
import { expect, onTestFinished, test } from 'vitest'
import { DISCONNECTS } from '../../src/transport/disconnect.ts'
import { ChatroomClient, enter, logIn, error as refusal, register } from '../support/chatroom.ts'
import { LineClient } from '../support/client.ts'
import { eventually } from '../support/eventually.ts'
import { FrameClient } from '../support/frames.ts'
import { RedisServer, withRedis } from '../support/redis.ts'
import { history, result } from '../support/stage.ts'
import { type Host, startNodesHere } from './nodes.ts'

const LOST = DISCONNECTS['membership-lost'].text
const REMOVED = DISCONNECTS['account-removed'].text

async function dial({ daemon }: Pick<Host, 'daemon'>, name: string): Promise<LineClient> {
  const client = await LineClient.connect(daemon as Parameters<typeof LineClient.connect>[0])
  onTestFinished(() => void client.socket.destroy())
  await client.ask(`LOGIN ${name}`)
  return client
}

async function join(client: LineClient, room: string): Promise<void> {
  client.send(`JOIN ${room}`)
  await client.until(({ type }) => type === 'userJoined')
}

withRedis('a Redis that is emptied', () => {
  test('loses its data: clients are told and come back, and each node says so once', async () => {
    const server = await RedisServer.start()
    onTestFinished(() => server.stop())
    const nodes = await startNodesHere([server.url, server.url], { chatterbox: 0, chatroom: 0, http: 0 })
    const [here, there] = nodes
    if (!here || !there) throw new Error('there are two')
    const [ann, bob, owner] = [await dial(here, 'ann'), await dial(there, 'bob'), await dial(here, 'owner')]
    const idle = await dial(there, 'idle')
    await owner.ask('/register correct horse')
    await join(ann, 'ops')
    await join(bob, 'lobby')
    await join(owner, 'lobby')
    const box = await FrameClient.connect(here.daemon.port('chatterbox'), 'TLS')
    onTestFinished(() => void box.socket.destroy())
    expect(await box.ask({ USERNAME: 'box' })).toMatchObject({ USERNAME_ACCEPTED: true })
    const window = await ChatroomClient.connect(there.daemon.port('chatroom'))
    onTestFinished(() => void window.frames.socket.destroy())
    window.send(register('win'), logIn('win'), enter('Public Chat'))
    await window.until(({ type }) => type === 'enter')
    const chat = (id: number) => fetch(`http://127.0.0.1:${there.daemon.port('http')}/chats/${id}`)
    expect((await chat(2)).status).toBe(200)

    await server.command('FLUSHALL')
    const lastWords = async (client: LineClient) => {
      const lines = await client.until((line) => line.type === 'error' && line.reconnect !== undefined)
      await client.closed
      return lines.at(-1)
    }
    for (const client of [ann, bob]) expect(await lastWords(client)).toMatchObject({ error: LOST, reconnect: true })
    expect(await lastWords(owner)).toMatchObject({ error: REMOVED })
    expect((await window.frames.rest()).at(-1)).toEqual(refusal('error', REMOVED))
    expect((await box.rest()).at(-1)).toEqual({ ERROR: LOST })
    expect((await chat(2)).status).toBe(404)
    for (const { errors } of nodes) {
      expect(errors).toMatchObject([{ msg: 'data loss: committed data is gone; continuing with the rest' }])
    }

    // Who was in no room goes on; accounts are gone, and so is what was said.
    expect(await idle.ask('/who ops')).toMatchObject({ type: 'error' })
    const again = await dial(here, 'bob')
    await eventually(() => join(again, 'lobby'))
    expect((await history(again)).map(({ type, from }) => `${type} ${from}`)).toEqual(['userJoined bob'])
    expect(await (await dial(there, 'ann')).ask('JOIN ops')).toEqual(result('Joined room ops'))
    expect(await (await dial(there, 'owner')).ask('JOIN ops')).toEqual(result('Joined room ops'))
    expect((await chat(2)).status).toBe(404)
  })
})
