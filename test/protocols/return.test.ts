/** A client whose connection has ended gets its nickname back at once, at every protocol and however it left. */
import { once } from 'node:events'
import { connect } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { startTestDaemon, type TestDaemon } from '../support/daemon.ts'
import { temporaryFolder } from '../support/folder.ts'
import { FrameClient } from '../support/frames.ts'
import { RedisServer, withRedis } from '../support/redis.ts'
import { clientFrame, openWebSocket } from '../support/websocket.ts'
import { pirateClients } from './piratchat/stage.ts'

/** One visit: connect, enter as `name`, leave. Resolves with what refused it, or with nothing. */
type Visit = (daemon: TestDaemon, name: string, room: string) => Promise<string | undefined>

const PRESENT = /already present|in use|already logged/

/** Sends lines, hands the socket over, and gives what the server said until the socket closed or the hand let go of it. */
function lineVisit(leave: 'half-close' | 'quit' | 'destroy'): Visit {
  return async (daemon, name, room) => {
    const socket = connect(daemon.line, '127.0.0.1').setNoDelay()
    socket.on('error', () => {})
    let heard = ''
    const done = new Promise<void>((resolve) => {
      socket.on('data', (chunk) => {
        heard += chunk
        if (leave === 'quit' && heard.includes('"Bye"')) resolve()
        if (leave === 'destroy' && /"message"|"error"/.test(heard)) resolve()
      })
      // The server's FIN.
      socket.on('end', resolve)
      socket.on('close', resolve)
    })
    socket.write(`LOGIN ${name}\nJOIN ${room}\nhi\n${leave === 'quit' ? '/quit\n' : ''}`)
    if (leave === 'half-close') socket.end()
    await done
    socket.destroy()
    return PRESENT.test(heard) || !heard.includes('"message"') ? heard : undefined
  }
}

const lineOverWebSocket: Visit = async (daemon, name, room) => {
  const { websocket, socket } = await openWebSocket(daemon.port('http'), '/line')
  let heard = ''
  const said = new Promise<void>((resolve) => {
    websocket.on('message', (data) => {
      heard += data
      if (/"message"|"error"/.test(heard)) resolve()
    })
  })
  socket.write(Buffer.concat([`LOGIN ${name}`, `JOIN ${room}`, 'hi'].map((line) => clientFrame(line))))
  await said
  websocket.close(1000)
  await once(websocket, 'close')
  return PRESENT.test(heard) ? heard : undefined
}

const chatterbox: Visit = async (daemon, name) => {
  const client = await FrameClient.connect(daemon.port('chatterbox'), 'TLS')
  const reply = await client.ask({ USERNAME: name })
  client.socket.end()
  await client.closed
  return reply.USERNAME_ACCEPTED === true ? undefined : JSON.stringify(reply)
}

/** Needs an account of that name. */
function chatroom(leave: 'logout' | 'destroy'): Visit {
  return async (daemon, name) => {
    const client = await FrameClient.connect(daemon.port('chatroom'), 'TLS')
    const reply = await client.ask({ type: 'login', data: { username: name, password: 'password' } })
    if (reply.status === 'ok') {
      client.send({ type: 'enter', data: { room: 'Public Chat' } })
      while ((await client.next()).type !== 'enter');
      if (leave === 'logout') {
        client.send({ type: 'exit', data: {} }, { type: 'logout', data: {} })
        while ((await client.next()).type !== 'logout');
      }
    }
    client.socket.destroy()
    return reply.status === 'ok' ? undefined : JSON.stringify(reply)
  }
}

function globes(leave: 'close' | 'destroy'): Visit {
  return async (daemon, name) => {
    const { websocket, socket } = await openWebSocket(daemon.port('http'), '/chats/1/ws')
    const reply = new Promise<string>((resolve) => {
      websocket.on('message', (data) => {
        const event = JSON.parse(String(data))
        if (event.event_type === 'join' ? event.name === name : event.name === 'server') resolve(event.event_type)
      })
      websocket.on('close', (_, reason) => resolve(String(reason)))
    })
    websocket.send(JSON.stringify({ event_type: 'join', name, color: '', msg: '', room_id: 1 }))
    const event = await reply
    if (leave === 'destroy') {
      socket.destroy()
    } else if (event === 'join') {
      websocket.close(1000)
      await once(websocket, 'close')
    }
    return event === 'join' ? undefined : event
  }
}

const VISITS: Readonly<Record<string, Visit>> = {
  'line, half-closed': lineVisit('half-close'),
  'line, with /quit': lineVisit('quit'),
  'line, destroyed': lineVisit('destroy'),
  'line over WebSocket': lineOverWebSocket,
  Chatterbox: chatterbox,
  'Globes, closed': globes('close'),
  'Globes, destroyed': globes('destroy'),
}
const LISTENERS = {
  chatterbox: 0,
  chatroom: 0,
  http: 0,
  'max-per-address': 0,
  'max-registrations': 0,
  'max-rooms-per-address': 0,
}

async function start(overrides: Readonly<Record<string, unknown>>): Promise<TestDaemon> {
  const daemon = await startTestDaemon({ ...LISTENERS, ...overrides })
  onTestFinished(() => daemon.stop())
  return daemon
}

/** Each client visits so many times, one visit right behind the other. Gives every refusal. */
async function refusals(visit: Visit, daemons: readonly TestDaemon[], clients: number, visits: number, rooms = 1) {
  const refused: string[] = []
  const all = Array.from({ length: clients }, async (_, client) => {
    for (let n = 0; n < visits; n++) {
      const daemon = daemons[n % daemons.length]
      const refusal = daemon && (await visit(daemon, `bot${client}x`, `room${client % rooms}`))
      if (refusal !== undefined) refused.push(refusal)
    }
  })
  await Promise.all(all)
  return refused
}

const file = () => ({ data: join(temporaryFolder(), 'data'), sync: 'full' })

describe('every way to leave', () => {
  let daemon: TestDaemon
  beforeAll(async () => {
    daemon = await startTestDaemon({ ...LISTENERS, ...file() })
  })
  afterAll(() => daemon.stop())

  describe.each(Object.entries(VISITS))('%s', (_, visit) => {
    test('one client returns at once', async () => {
      expect(await refusals(visit, [daemon], 1, 10)).toEqual([])
    })

    test('20 clients return at once', async () => {
      expect(await refusals(visit, [daemon], 20, 3)).toEqual([])
    })
  })
})

/** Clients of a crowd, and of one that is in one room; `SOAK=1` makes them more. */
const [CROWD, ROOMFUL] = process.env.SOAK ? [1_000, 200] : [100, 40]

test.each([
  ['one room', 1],
  ['50 rooms', 50],
])('a crowd returns to %s at once', async (_, rooms) => {
  const daemon = await start({ ...file(), chatterbox: false, chatroom: false, http: false })
  for (const leave of ['half-close', 'quit', 'destroy'] as const) {
    expect(await refusals(lineVisit(leave), [daemon], rooms === 1 ? ROOMFUL : CROWD, 3, rooms)).toEqual([])
  }
})

test('the owner of an account returns to Chatroom at once', async () => {
  const daemon = await start(file())
  const client = await FrameClient.connect(daemon.port('chatroom'), 'TLS')
  expect(await client.ask({ type: 'register', data: { username: 'bot0x', password: 'password' } })).toMatchObject({
    status: 'ok',
  })
  client.socket.destroy()
  for (const leave of ['logout', 'destroy'] as const) {
    expect(await refusals(chatroom(leave), [daemon], 1, 10)).toEqual([])
  }
})

test('a user of Piratchat returns at once', async () => {
  const daemon = await start(file())
  const sockets: { destroy(): unknown }[] = []
  const { user, open } = pirateClients(daemon.port('http'), sockets)
  const cookie = await user('bot0x')
  for (let n = 0; n < 10; n++) {
    const client = await open(cookie)
    if (n % 2 === 0) await client.close()
    else client.websocket.terminate()
  }
})

test('a client with unread lines under way is waited for', async () => {
  const daemon = await start(file())
  const first = connect(daemon.line, '127.0.0.1')
  first.on('error', () => {})
  // Several reads of the server's, and far less than it waits for.
  const lines = Array.from({ length: 1_000 }, (_, n) => `line ${n} ${'x'.repeat(200)}\n`).join('')
  first.end(`LOGIN bot0x\nJOIN room0\n${lines}`)
  const closed = once(first, 'close')
  await once(first, 'data')
  first.resume()
  expect(await lineVisit('half-close')(daemon, 'bot0x', 'room0')).toBeUndefined()
  await closed
})

test('a nickname whose holder stays is refused at once', async () => {
  const daemon = await start({})
  const holder = connect(daemon.line, '127.0.0.1')
  onTestFinished(() => void holder.destroy())
  holder.write('LOGIN bot0x\nJOIN room0\nhi\n')
  await new Promise<void>((resolve) => holder.on('data', (data) => String(data).includes('"message"') && resolve()))
  const started = performance.now()
  expect(await lineVisit('half-close')(daemon, 'bot0x', 'room0')).toContain('already present')
  // One that may be leaving is waited for, 5 s at most.
  expect(performance.now() - started).toBeLessThan(2_500)
})

withRedis('returning to several nodes', () => {
  const server = RedisServer.forAll()

  test.each([
    [1, 6],
    [15, 4],
  ])('%s clients return to another node at once', async (clients, visits) => {
    const nodes = [await start({ redis: server.url }), await start({ redis: server.url })]
    for (const leave of ['half-close', 'quit', 'destroy'] as const) {
      expect(await refusals(lineVisit(leave), nodes, clients, visits, 10)).toEqual([])
    }
    expect(await refusals(chatterbox, nodes, Math.min(clients, 10), 4)).toEqual([])
    expect(await refusals(globes('close'), nodes, Math.min(clients, 10), 4)).toEqual([])
  })
})

test.each([
  ['TCP', 'line'],
  ['TLS', 'chatterbox'],
] as const)(
  'a crowd that returns over %s is let in though its connections are just closing',
  async (transport, listener) => {
    const daemon = await start({ http: false, chatroom: false, 'max-per-address': 30 })
    const port = daemon.port(listener)
    const crowd = () => Promise.all(Array.from({ length: 30 }, () => FrameClient.connect(port, transport)))
    for (let n = 0; n < 3; n++) {
      const clients = await crowd()
      await Promise.all(clients.map((client) => answered(client, transport)))
      for (const { socket } of clients) socket.destroy()
    }
  },
)

/** Fails when the connection is refused. */
async function answered(client: FrameClient, transport: 'TCP' | 'TLS'): Promise<void> {
  if (transport === 'TLS') {
    expect(await client.ask({ nothing: true })).toHaveProperty('ERROR')
    return
  }
  client.socket.removeAllListeners('data')
  client.socket.write('/ping\n')
  const [chunk] = await once(client.socket, 'data')
  expect(String(chunk)).toContain('PONG')
}
