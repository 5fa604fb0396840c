/** The login timeout at every protocol that has one; the clock that the connections see is set forward. */
import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { checkConfig } from '../../src/config.ts'
import { ChatroomClient, logIn, register } from '../support/chatroom.ts'
import { LineClient, type Transport } from '../support/client.ts'
import { startTestDaemon, type TestDaemon } from '../support/daemon.ts'
import { FrameClient } from '../support/frames.ts'

const MINUTE_MS = 60_000
const TEXT = 'Login takes too long'

/** A client that has not logged in. */
interface Nobody {
  /** Sends one line, frame or message, and resolves when it is answered. */
  ask(): Promise<unknown>
  /** Sends the beginning of one. */
  begin(): void
  next(): Promise<unknown>
  readonly closed: Promise<unknown>
  destroy(): void
}

interface Way {
  readonly name: string
  readonly connect: (daemon: TestDaemon) => Promise<Nobody>
  /** What it is told before the connection is closed. */
  readonly reason: object
}

const line = (transport: Transport): Way => ({
  name: `the line protocol over ${transport}`,
  connect: async (daemon) => {
    const client = await LineClient.connect(daemon, transport)
    return {
      ask: () => answered(client.ask('/ping')),
      // Over WebSocket a ping, which is no message; one that is only begun has a time of its own.
      begin: () => client.socket.write(transport === 'WS' ? Buffer.from([0x89, 0x80, 0, 0, 0, 0]) : '/pi'),
      next: () => client.next(),
      closed: client.closed,
      destroy: () => client.socket.destroy(),
    }
  },
  reason: { type: 'error', error: TEXT, code: 'login-timeout', reconnect: true },
})

const frames = (client: FrameClient) => ({
  begin: () => client.socket.write(Buffer.from([0, 0, 0, 9, 0x7b])),
  closed: client.closed,
  destroy: () => client.socket.destroy(),
})

const WAYS: readonly Way[] = [
  line('TCP'),
  line('TLS'),
  line('WS'),
  ...(['TLS', 'TCP'] as const).map((transport) => ({
    name: `Chatterbox over ${transport} (43)`,
    connect: async (daemon: TestDaemon) => {
      const port = daemon.port(transport === 'TLS' ? 'chatterbox' : 'chatterbox-plain')
      const client = await FrameClient.connect(port, transport)
      return { ...frames(client), ask: () => client.ask({ USERNAME: 'ALL' }), next: () => client.next() }
    },
    reason: { ERROR: TEXT },
  })),
  {
    name: 'Chatroom (40)',
    connect: async (daemon) => {
      const client = await ChatroomClient.connect(daemon.port('chatroom'))
      return { ...frames(client.frames), ask: () => client.ask({ type: 'nonsense' }), next: () => client.next() }
    },
    reason: { type: 'login', status: 'error', message: TEXT },
  },
]

/** A daemon with every listener and the default timeout, whose timers stand still until they are set forward. */
async function stage(overrides = {}) {
  const daemon = await startTestDaemon({
    'line-tls': 0,
    chatterbox: 0,
    'chatterbox-plain': 0,
    chatroom: 0,
    http: 0,
    ...overrides,
  })
  onTestFinished(async () => {
    vi.useRealTimers()
    await daemon.stop()
  })
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  return daemon
}

/** Lets what is on its way to the server arrive, since setting the clock forward waits for nothing. */
async function settle(): Promise<void> {
  for (let n = 0; n < 20; n++) await turn()
}

/** Moves the clock until a reply has come: a new connection is answered when it has been silent for a moment. */
async function answered<T>(reply: Promise<T>): Promise<T> {
  let done = false
  const finished = reply.finally(() => {
    done = true
  })
  while (!done) {
    await settle()
    vi.advanceTimersByTime(10)
  }
  return finished
}

test('the login timeout is 10 minutes by default', () => {
  expect(checkConfig({})['login-timeout']).toBe(600)
})

describe.each(WAYS)('$name', ({ connect, reason }) => {
  test('a client that is silent for five minutes is still there', async () => {
    const client = await connect(await stage())
    await settle()
    vi.advanceTimersByTime(5 * MINUTE_MS)
    expect(JSON.stringify(await client.ask())).not.toContain(TEXT)
    client.destroy()
  })

  test('whatever it sends whole starts the ten minutes anew, and their end is told', async () => {
    const client = await connect(await stage())
    for (let n = 0; n < 3; n++) {
      vi.advanceTimersByTime(9 * MINUTE_MS)
      await client.ask()
    }
    vi.advanceTimersByTime(9 * MINUTE_MS)
    client.begin()
    await settle()
    vi.advanceTimersByTime(MINUTE_MS)
    expect(await client.next()).toEqual(reason)
    client.destroy()
    await client.closed
  })
})

test('Chatroom (40): silent for minutes before and after a wrong password, and after a logout', async () => {
  const daemon = await stage()
  const client = await ChatroomClient.connect(daemon.port('chatroom'))
  const wait = (minutes: number) => vi.advanceTimersByTime(minutes * MINUTE_MS)
  await settle()
  wait(9)
  expect(await client.ask(register('harper'))).toMatchObject({ status: 'ok' })
  wait(9)
  expect(await client.ask(logIn('harper', 'wrong'))).toMatchObject({ type: 'login', status: 'error' })
  wait(9)
  expect(await client.ask(logIn('harper'))).toMatchObject({ type: 'login', status: 'ok' })
  await client.until(({ type }) => type === 'list')
  wait(60)
  expect(await client.ask({ type: 'logout' })).toMatchObject({ type: 'logout', status: 'ok' })
  wait(9)
  expect(await client.ask({ type: 'nonsense' })).toMatchObject({ type: 'nonsense' })
  wait(10)
  expect(await client.next()).toEqual({ type: 'login', status: 'error', message: TEXT })
  await client.frames.closed
})
