/** What is said goes from Redis to a node once, however many hear it there, and not at all where nobody does. */
import { expect, onTestFinished, test } from 'vitest'
import type { LogName } from '../../src/engine/event.ts'
import { Keys } from '../../src/engine/redis/keys.ts'
import { LineClient } from '../support/client.ts'
import { startTestDaemon, type TestDaemon } from '../support/daemon.ts'
import { eventually } from '../support/eventually.ts'
import { RedisServer, withRedis } from '../support/redis.ts'

const PREFIX = 'channels'

withRedis('channels', () => {
  const server = RedisServer.forAll()

  async function startNode(): Promise<TestDaemon> {
    const daemon = await startTestDaemon({ redis: server.url, 'redis-prefix': PREFIX })
    onTestFinished(() => daemon.stop())
    return daemon
  }

  async function login(node: TestDaemon, name: string): Promise<LineClient> {
    const client = await LineClient.connect(node)
    onTestFinished(() => void client.socket.destroy())
    await client.ask(`LOGIN ${name}`)
    return client
  }

  async function enter(client: LineClient, room: string): Promise<void> {
    client.send(`JOIN ${room}`)
    await client.until(({ type }) => type === 'userJoined')
  }

  /** How many subscribers each channel has. */
  async function subscribers(): Promise<Record<string, number>> {
    const channels = (await server.command('PUBSUB', 'CHANNELS', `${PREFIX}:*`)) as string[]
    const counts = (await server.command('PUBSUB', 'NUMSUB', ...channels)) as (string | number)[]
    return Object.fromEntries(channels.map((channel) => [channel, Number(counts[counts.indexOf(channel) + 1])]))
  }

  /** Resolves when nodes listen just to these logs, so many to each, and to one another. */
  async function listening(nodes: number, logs: Partial<Record<LogName, number>>): Promise<void> {
    const keys = new Keys(PREFIX)
    const named = Object.entries(logs).map(([log, count]) => [keys.log(log as LogName), count])
    await eventually(async () => {
      expect(await subscribers()).toEqual({ [keys.control]: nodes, ...Object.fromEntries(named) })
    })
  }

  test('a node hears each room once in which it has members, and no other', async () => {
    const [here, there] = [await startNode(), await startNode()]
    await listening(2, {})
    const [ann, bob, cyd] = [await login(here, 'ann'), await login(here, 'bob'), await login(there, 'cyd')]
    await listening(2, {})
    for (const client of [ann, bob]) await enter(client, 'ops')
    const inboxes = { 'inbox:ann': 1, 'inbox:bob': 1 } as const
    await listening(2, { ...inboxes, 'room:2': 1 })
    await enter(cyd, 'quiet')
    await listening(2, { ...inboxes, 'inbox:cyd': 1, 'room:2': 1, 'room:3': 1 })
    await enter(cyd, 'ops')
    await listening(2, { ...inboxes, 'inbox:cyd': 1, 'room:2': 2 })
    bob.send('/quit')
    await listening(2, { 'inbox:ann': 1, 'inbox:cyd': 1, 'room:2': 2 })
    ann.send('/quit')
    await listening(2, { 'inbox:cyd': 1, 'room:2': 1 })
    cyd.send('/quit')
    await listening(2, {})
  })
})
