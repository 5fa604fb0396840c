/** What becomes of the clients of a node that the other nodes have taken for dead, in each protocol. */
import { connect } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import type { ServerLine } from '../../commands/replies.ts'
import { DISCONNECTS } from '../../src/transport/disconnect.ts'
import { GlobesClient } from '../clients/globes.ts'
import { pirateClients } from '../protocols/piratchat/stage.ts'
import { ChatroomClient, enter, logIn, said as msg, error as refusal, register, say } from '../support/chatroom.ts'
import { LineClient, type Transport } from '../support/client.ts'
import { eventually } from '../support/eventually.ts'
import { FrameClient } from '../support/frames.ts'
import { joining, saying } from '../support/globes.ts'
import { RedisServer, Wire, withRedis } from '../support/redis.ts'
import { history } from '../support/stage.ts'
import { openWebSocket } from '../support/websocket.ts'
import { type Node, startNodes } from './nodes.ts'

const LOST = DISCONNECTS['membership-lost'].text
const RESTART = 1012

/** A client of a node that is away for a while. */
interface Visitor {
  readonly name: string
  /** Resolves when the client has been told what it must be, and is there again. */
  comesBack(): Promise<void>
}

const isMessage = (body: string) => (line: ServerLine) => line.type === 'message' && line.body === body
const idOf = (line: ServerLine) => ('id' in line ? Number(line.id) : 0)

async function enterLine({ daemon }: Node, name: string, transport: Transport = 'TCP'): Promise<LineClient> {
  const client = await LineClient.connect(daemon, transport)
  onTestFinished(() => void client.socket.destroy())
  client.send(`LOGIN ${name}`, 'JOIN lobby')
  const lines = await client.until(({ type }) => type === 'userJoined' || type === 'error')
  if (lines.at(-1)?.type === 'error') throw new Error(JSON.stringify(lines.at(-1)))
  return client
}

async function lineVisitor(node: Node, name: string, transport: Transport): Promise<Visitor> {
  const client = await enterLine(node, name, transport)
  return {
    name,
    comesBack: async () => {
      const lines = await client.until((line) => line.type === 'error' && line.reconnect !== undefined)
      expect(lines.at(-1)).toMatchObject({ error: LOST, reconnect: true })
      expect(lines.filter(({ type }) => type === 'private')).toMatchObject(
        name.startsWith('cut') ? [{ body: 'psst' }] : [],
      )
      await client.closed
      if (transport === 'WS') expect(client.closing).toEqual({ code: RESTART, reason: LOST })
      const seen = Math.max(...lines.map(idOf))
      const again = await eventually(() => enterLine(node, name, transport))
      // All that it has not seen, and nothing else.
      const missed = await history(again, `HISTORY after=${seen}`)
      expect(missed.map(({ type, from }) => `${type} ${from}`)).toEqual(
        expect.arrayContaining([`userLeft ${name}`, 'message calm', `userJoined ${name}`]),
      )
      const last = Number(missed.at(-1)?.id)
      const all = await history(again)
      expect(missed).toEqual(all.filter(({ id }) => Number(id) > seen && Number(id) <= last))
    },
  }
}

/** Like `nc` on a pipe that stays open: it does not heed the end of the connection, and goes on writing. */
async function pipeVisitor(node: Node, name: string): Promise<Visitor> {
  const socket = connect({ host: '127.0.0.1', port: node.daemon.line, allowHalfOpen: true }).setEncoding('utf8')
  let received = ''
  socket.on('data', (text) => {
    received += text
  })
  socket.write(`LOGIN ${name}\nJOIN lobby\n`)
  const broken = new Promise<Error>((resolve) => socket.on('error', resolve))
  await eventually(() => expect(received).toContain('Joined room lobby'))
  return {
    name,
    comesBack: async () => {
      const talking = setInterval(() => socket.write('anybody?\n'), 20)
      onTestFinished(() => clearInterval(talking))
      expect(await broken).toMatchObject({ code: expect.stringMatching(/^(EPIPE|ECONNRESET)$/) })
      expect(received).toContain(LOST)
      await enterLine(node, name)
    },
  }
}

async function enterChatterbox({ daemon }: Node, name: string): Promise<FrameClient> {
  const client = await FrameClient.connect(daemon.port('chatterbox'), 'TLS')
  onTestFinished(() => void client.socket.destroy())
  expect(await client.ask({ USERNAME: name })).toMatchObject({ USERNAME_ACCEPTED: true })
  return client
}

async function chatterboxVisitor(node: Node, name: string): Promise<Visitor> {
  const client = await enterChatterbox(node, name)
  return {
    name,
    comesBack: async () => {
      const frames = await client.rest()
      expect(frames.at(-1)).toEqual({ ERROR: LOST })
      expect(JSON.stringify(frames)).not.toContain(`"USERS_LEFT":["${name}"]`)
      const again = await eventually(() => enterChatterbox(node, name))
      again.send({ MESSAGES: [[name, 'ALL', 1, `${name} is back`]] })
      for (;;) if (JSON.stringify(await again.next()).includes(`${name} is back`)) return
    },
  }
}

async function chatroomVisitor({ daemon }: Node, name: string): Promise<Visitor> {
  const client = await ChatroomClient.connect(daemon.port('chatroom'))
  onTestFinished(() => void client.frames.socket.destroy())
  client.send(register(name), logIn(name), enter('Public Chat'))
  await client.until(({ type }) => type === 'enter')
  return {
    name,
    comesBack: async () => {
      // Its window shows nothing of it.
      const frames = await client.upTo(({ data }) => JSON.stringify(data)?.includes('after') === true)
      expect(frames.filter(({ type }) => type !== 'msg' && type !== 'list_room')).toEqual([])
      client.send(say(`${name} is back`))
      const frame = msg(name, `${name} is back`)
      expect(await client.until(({ data }) => JSON.stringify(data) === JSON.stringify(frame.data))).toEqual(frame)
    },
  }
}

/** Somebody in Chatroom's lobby, who holds no more than the account's only login. */
async function lobbyVisitor({ daemon }: Node, name: string, elsewhere?: Node): Promise<Visitor> {
  const client = await ChatroomClient.connect(daemon.port('chatroom'))
  onTestFinished(() => void client.frames.socket.destroy())
  client.send(register(name), logIn(name))
  await client.until(({ type }) => type === 'login')
  if (!elsewhere) {
    const comesBack = async () => {
      await eventually(async () => {
        client.send(enter('Public Chat'))
        expect(await client.until(({ type }) => type === 'enter')).toMatchObject({ status: 'ok' })
      })
    }
    return { name, comesBack }
  }
  return {
    name,
    comesBack: async () => {
      const frames = await client.frames.rest()
      expect(frames.at(-1)).toEqual(refusal('error', DISCONNECTS['logged-in-elsewhere'].text))
    },
  }
}

async function logInTo({ daemon }: Node, name: string): Promise<void> {
  const client = await ChatroomClient.connect(daemon.port('chatroom'))
  onTestFinished(() => void client.frames.socket.destroy())
  client.send(logIn(name))
  expect(await client.until(({ type }) => type === 'login')).toMatchObject({ status: 'ok' })
}

async function piratchatVisitor({ daemon }: Node, name: string): Promise<Visitor> {
  const sockets: { destroy(): unknown }[] = []
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
  })
  const pirates = pirateClients(daemon.port('http'), sockets)
  const cookie = await pirates.user(name)
  const client = await pirates.open(cookie)
  return {
    name,
    comesBack: async () => {
      const reason = new Promise((resolve) => client.websocket.on('close', (_, text) => resolve(String(text))))
      expect(await client.closed).toBe(RESTART)
      expect(await reason).toBe(LOST)
      const again = await eventually(() => pirates.open(cookie))
      again.send(`${name} is back`)
      await again.until(({ status }) => status === true)
    },
  }
}

async function openGlobes({ daemon }: Node): Promise<GlobesClient> {
  const { websocket } = await openWebSocket(daemon.port('http'), '/chats/1/ws')
  onTestFinished(() => websocket.terminate())
  return new GlobesClient(websocket)
}

async function globesVisitor(node: Node, name: string): Promise<Visitor> {
  const client = await openGlobes(node)
  client.send(joining(name))
  return {
    name,
    comesBack: async () => {
      expect(await client.closed).toEqual([RESTART, LOST])
      await eventually(async () => {
        const again = await openGlobes(node)
        again.send(saying(name, `${name} is back`))
        for (let event = await again.next(); event.msg !== `${name} is back`; ) event = await again.next()
      })
    },
  }
}

withRedis('the clients of a node that stood still, and of one that was cut off, for longer than its lease', () => {
  test('are told and come back by themselves, and miss nothing', async () => {
    const server = await RedisServer.start()
    onTestFinished(() => server.stop())
    const wire = await Wire.to(server.port)
    onTestFinished(() => wire.stop())
    const listeners = ['chatterbox', 'chatroom', 'http'].flatMap((name) => [`--${name}`, '0'])
    const nodes = await startNodes([server.url, server.url, wire.place.url], ...listeners)
    const [calm, still, cut] = nodes
    if (!calm || !still || !cut) throw new Error('there are three')
    const witness = await enterLine(calm, 'calm')
    const visitors = await Promise.all(
      [still, cut].flatMap((node) => {
        const how = node === still ? 'still' : 'cut'
        return [
          lineVisitor(node, `${how}line`, 'TCP'),
          lineVisitor(node, `${how}ws`, 'WS'),
          pipeVisitor(node, `${how}pipe`),
          chatterboxVisitor(node, `${how}box`),
          chatroomVisitor(node, `${how}win`),
          piratchatVisitor(node, `${how}pirate`),
          globesVisitor(node, `${how}globe`),
        ]
      }),
    )
    const lobby = await Promise.all([
      lobbyVisitor(still, 'stilllobby'),
      lobbyVisitor(cut, 'cutlobby'),
      lobbyVisitor(still, 'stilltwice', calm),
      lobbyVisitor(cut, 'cuttwice', calm),
    ])
    const watchers = await Promise.all([openGlobes(still), openGlobes(cut)])
    const names = visitors.map(({ name }) => name)
    const awaited = async (type: 'userJoined' | 'userLeft', ...who: readonly string[]) => {
      const missing = new Set(who)
      await witness.until((line) => line.type === type && missing.delete(line.from) && missing.size === 0)
    }
    await awaited('userJoined', ...names)
    still.signal('SIGSTOP')
    wire.close()
    // As long as the node is not taken for dead, its members can be reached.
    witness.send('/tell cutline psst', '/tell cutws psst')
    await awaited('userLeft', ...names)
    witness.send('meanwhile')
    await witness.until(isMessage('meanwhile'))
    for (const name of ['stilltwice', 'cuttwice']) await logInTo(calm, name)

    wire.open()
    still.signal('SIGCONT')
    const windows = awaited('userJoined', 'stillwin', 'cutwin').then(() => witness.send('after'))
    await Promise.all([...visitors, ...lobby].map((visitor) => visitor.comesBack()).concat(windows))
    for (const watcher of watchers) {
      const heard: unknown[] = []
      while (!heard.includes('after')) heard.push((await watcher.next()).msg)
      expect(heard).toContain('meanwhile')
    }
    for (const { errors } of nodes) expect(errors).toEqual([])
    for (const { warnings } of [still, cut]) {
      expect(warnings.filter((text) => text.startsWith('evicted: '))).toHaveLength(1)
    }

    const presence = new Map<string, string>()
    for (const { type, from } of await history(await enterLine(calm, 'late'))) {
      if (type === 'userJoined') expect([from, presence.get(from) ?? 'userLeft']).toEqual([from, 'userLeft'])
      if (type === 'userLeft') expect([from, presence.get(from)]).toEqual([from, 'userJoined'])
      if (type !== 'message') presence.set(from, type)
    }
  })
})
