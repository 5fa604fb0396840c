/** What somebody does at one node holds at the others, as if they were one. */
import { expect, onTestFinished, test } from 'vitest'
import type { ServerLine } from '../../commands/schema.ts'
import { pirateClients } from '../protocols/piratchat/stage.ts'
import { ChatroomClient } from '../support/chatroom.ts'
import { LineClient } from '../support/client.ts'
import { startTestDaemon } from '../support/daemon.ts'
import { eventually } from '../support/eventually.ts'
import { type Frame, FrameClient } from '../support/frames.ts'
import { RedisServer, withRedis } from '../support/redis.ts'

const comes = (name: string) => (line: ServerLine) => line.type === 'userJoined' && line.from === name
const says = (text: string) => (line: ServerLine) => line.type === 'message' && line.body === text

withRedis('two nodes as one', () => {
  const server = RedisServer.forAll()

  async function stage() {
    await server.command('FLUSHALL')
    const start = () => startTestDaemon({ redis: server.url, chatterbox: 0, chatroom: 0, http: 0 })
    const nodes = [await start(), await start()] as const
    const sockets: { destroy(): unknown }[] = []
    onTestFinished(async () => {
      for (const socket of sockets) socket.destroy()
      await Promise.all(nodes.map((node) => node.stop()))
    })
    const [here, there] = nodes
    const line = async (node: typeof here, ...lines: string[]) => {
      const client = await LineClient.connect(node)
      sockets.push(client.socket)
      client.send(...lines)
      await client.take(lines.length)
      return client
    }
    /** In a room, and nothing unread. */
    const member = async (node: typeof here, name: string, room = 'ops') => {
      const client = await line(node, `LOGIN ${name}`)
      client.send(`JOIN ${room}`)
      await client.until(comes(name))
      return client
    }
    const window = async (node: typeof here) => {
      const client = await ChatroomClient.connect(node.port('chatroom'))
      sockets.push(client.frames.socket)
      return client
    }
    return { here, there, line, member, window, sockets }
  }

  /** What a client was told of messages, until somebody has said so. */
  async function heardUntil(client: LineClient, text: string): Promise<unknown[]> {
    const lines = await client.until(says(text))
    return lines.flatMap((line) => (line.type === 'message' || line.type === 'private' ? [line.body] : []))
  }

  test('a private message reaches a member at another node, and no one where there is none', async () => {
    const { here, there, member, sockets } = await stage()
    const [ann, bob] = [await member(here, 'ann'), await member(there, 'bob')]
    const eve = await member(there, 'eve')
    await ann.until(comes('eve'))
    expect(await ann.ask('/tell BOB psst')).toMatchObject({ type: 'commandResult' })
    ann.send('aloud')
    expect(await heardUntil(bob, 'aloud')).toEqual(['psst', 'aloud'])
    expect(await heardUntil(eve, 'aloud')).toEqual(['aloud'])
    expect(await heardUntil(ann, 'aloud')).toEqual(['psst', 'aloud'])
    expect(await ann.ask('/tell nobody psst')).toMatchObject({ type: 'error' })
    const zoe = await member(there, 'zoe', 'elsewhere')
    expect(await ann.ask('/tell zoe psst')).toMatchObject({ type: 'commandResult' })
    await zoe.until(({ type }) => type === 'private')

    const lobby = await member(here, 'carl', 'lobby')
    const box = await FrameClient.connect(there.port('chatterbox'), 'TLS')
    sockets.push(box.socket)
    await box.ask({ USERNAME: 'box' })
    await lobby.until(comes('box'))
    expect(await lobby.ask('/tell box hello')).toMatchObject({ type: 'commandResult' })
    expect(await box.next()).toMatchObject({ MESSAGES: [['carl', 'box', expect.any(Number), 'hello']] })
    // A protocol that knows no private messages (docs/protocols/README.md, R8).
    const pirates = pirateClients(there.port('http'), sockets)
    const pirate = await pirates.open(await pirates.user('jack'))
    await lobby.until(comes('jack'))
    expect(await lobby.ask('/tell jack hello')).toMatchObject({ type: 'error' })
    pirate.websocket.terminate()
  })

  test('a block holds between two at different nodes, both ways, until it is taken back or its owner is gone', async () => {
    const { here, there, member } = await stage()
    const [ann, bob] = [await member(here, 'ann'), await member(there, 'bob')]
    const eve = await member(there, 'eve')
    /** Everybody says something, and what the other two have heard of it. */
    const talk = async (mark: string) => {
      ann.send(`ann ${mark}`)
      await eve.until(says(`ann ${mark}`))
      bob.send(`bob ${mark}`)
      await eve.until(says(`bob ${mark}`))
      eve.send(`eve ${mark}`)
      return [await heardUntil(ann, `eve ${mark}`), await heardUntil(bob, `eve ${mark}`)]
    }
    const apart = (mark: string) => [
      [`ann ${mark}`, `eve ${mark}`],
      [`bob ${mark}`, `eve ${mark}`],
    ]
    const together = (mark: string) => Array(2).fill([`ann ${mark}`, `bob ${mark}`, `eve ${mark}`])
    expect(await talk('0')).toEqual(together('0'))
    await ann.ask('/block bob')
    expect(await talk('1')).toEqual(apart('1'))
    bob.send('/tell ann psst')
    expect(await talk('2')).toEqual(apart('2'))
    await ann.ask('/unblock bob')
    expect(await talk('3')).toEqual(together('3'))

    // Somebody who comes later is blocked from the beginning.
    await ann.ask('/block late')
    const late = await member(there, 'late')
    await ann.until(comes('late'))
    ann.send('not for late')
    await eve.until(says('not for late'))
    eve.send('for all')
    expect(await heardUntil(late, 'for all')).toEqual(['for all'])

    // A guest's block goes with him.
    await bob.ask('/block ann')
    bob.send('/quit')
    await ann.until((line) => line.type === 'userLeft' && line.from === 'bob')
    const again = await member(there, 'bob')
    await eventually(async () => {
      ann.send('hello again')
      await eve.until(says('hello again'))
      eve.send('so')
      expect(await heardUntil(again, 'so')).toContain('hello again')
    })
  })

  test('the blocks of an account are known at once where it was not', async () => {
    const { here, there, line, member } = await stage()
    const ann = await line(here, 'LOGIN ann', '/register correct horse', '/block bob')
    const bob = await member(there, 'bob')
    const eve = await member(there, 'eve')
    ann.send('JOIN ops')
    await ann.until(({ type }) => type === 'userJoined')
    ann.send('hello')
    await eve.until(says('hello'))
    eve.send('so')
    expect(await heardUntil(bob, 'so')).toEqual(['so'])
  })

  test('an account logs in to Chatroom once, at whichever node, and stands in the lobby of every node', async () => {
    const { here, there, window } = await stage()
    const data = { username: 'win', password: 'correct horse' }
    const [one, two] = [await window(here), await window(there)]
    await one.ask({ type: 'register', data })
    one.send({ type: 'login', data })
    await one.until(({ type }) => type === 'list')
    expect(await two.ask({ type: 'login', data })).toMatchObject({ status: 'error', message: 'User already logged in' })

    const other = { username: 'wanda', password: 'correct horse' }
    await two.ask({ type: 'register', data: other })
    two.send({ type: 'login', data: other })
    const shows = (...names: string[]) => {
      const sorted = names.toSorted().join()
      return ({ type, data }: Frame) => {
        return type === 'list' && (data as { lobby: string[] }).lobby.toSorted().join() === sorted
      }
    }
    await two.until(shows('win', 'wanda'))
    await one.until(shows('win', 'wanda'))
    one.send({ type: 'enter', data: { room: 'public chat' } })
    await two.until(shows('wanda'))
    one.frames.socket.destroy()
    await eventually(async () => {
      const third = await window(there)
      expect(await third.ask({ type: 'login', data })).toMatchObject({ status: 'ok' })
    })
  })

  test('a Piratchat logout closes the WebSocket at another node', async () => {
    const { here, there, sockets } = await stage()
    const [one, two] = [pirateClients(here.port('http'), sockets), pirateClients(there.port('http'), sockets)]
    const cookie = await one.user('jack')
    const jack = await one.open(cookie)
    expect((await two.get('/api/online', cookie)).body).toBe('{"online_clients":["jack"]}')
    await two.get('/api/logout', cookie)
    expect(await jack.closed).toBe(1000)
  })
})
