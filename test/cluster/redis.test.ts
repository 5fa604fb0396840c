/** What becomes of a conversation when Redis goes away, stands still, or cannot be reached. */
import { expect, onTestFinished, test } from 'vitest'
import { DISCONNECTS } from '../../src/transport/disconnect.ts'
import { eventually } from '../support/eventually.ts'
import { RedisServer, Wire, withRedis } from '../support/redis.ts'
import { Company } from './company.ts'
import { startNodesHere } from './nodes.ts'
import { random } from './random.ts'

const NODES = 3
const LOST = DISCONNECTS['membership-lost'].text
const PAUSE_MS = 5_000
const CUTS = 12
const SEED = 20_260_524

withRedis('a Redis that comes and goes', () => {
  async function startServer() {
    const server = await RedisServer.start('--appendonly', 'yes', '--appendfsync', 'always')
    onTestFinished(() => server.stop())
    return server
  }

  async function gathered(urls: readonly string[]) {
    const company = await Company.gather(await startNodesHere(urls))
    await company.talk(10)
    return company
  }

  /** Whatever there was to wait for, nobody was taken for dead. */
  function expectOneStretchEach({ members }: Company): void {
    for (const { name, stretches } of members) expect([name, stretches.length]).toEqual([name, 1])
  }

  test.for([2, 3])('Redis is killed and comes back with its file, under %i nodes', async (count) => {
    const server = await startServer()
    const company = await gathered(Array.from({ length: count }, () => server.url))
    for (let time = 0; time < 2; time++) {
      await server.kill()
      await server.run()
      await company.talk(10)
    }
    await company.prove()
    expectOneStretchEach(company)
  })

  test('Redis stands still for five seconds', async () => {
    const server = await startServer()
    const company = await gathered(Array.from({ length: NODES }, () => server.url))
    const paused = performance.now()
    await server.command('CLIENT', 'PAUSE', String(PAUSE_MS), 'ALL')
    // What was on its way may still be acknowledged; of so many the last is not.
    await company.talk(20)
    expect(performance.now() - paused).toBeGreaterThan(PAUSE_MS - 100)
    await company.prove()
    expectOneStretchEach(company)
  })

  test(`connections to Redis break again and again (seed ${SEED})`, async () => {
    const server = await startServer()
    const wires = await Promise.all(Array.from({ length: NODES }, () => Wire.to(server.port)))
    onTestFinished(() => {
      for (const wire of wires) wire.stop()
    })
    const company = await gathered(wires.map(({ place }) => place.url))
    const next = random(SEED)
    for (let cut = 0; cut < CUTS; cut++) {
      const spoken = Math.floor(next() * 20)
      // The others talk on while a node is away.
      const witness = company.members[Math.floor(next() * company.members.length)]
      if (witness) await company.talk(spoken, [witness])
      wires[Math.floor(next() * NODES)]?.cut()
    }
    await company.talk(20)
    await company.prove()
    expectOneStretchEach(company)
  })

  test('a node that does not reach Redis for longer than its lease is taken for dead, and finds out', async () => {
    const server = await startServer()
    const wire = await Wire.to(server.port)
    onTestFinished(() => wire.stop())
    const company = await gathered([wire.place.url, server.url, server.url])
    const away = company.members.filter(({ name }) => name.startsWith('member0'))
    const witness = company.members.at(-1)
    wire.hold()
    // They talk on, and what they say reaches Redis when it must not count any more.
    for (const { name } of away) await witness?.hears(({ type, from }) => type === 'userLeft' && from === name)
    wire.go()
    for (const { lastWords } of away) await eventually(() => expect(lastWords).toEqual([LOST]))
    await company.talk(20)
    const history = await company.prove()
    expect(history.filter(({ type }) => type === 'userLeft')).toHaveLength(away.length)
  })
})
