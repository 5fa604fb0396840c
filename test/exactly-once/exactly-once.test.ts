/**
 * Lines that are said exactly once, whatever happens to server, sender and network. ROUNDS is how often something happens, SEED another
 * order.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { openRelay } from '../client/relay.ts'
import { Line, messagesIn } from '../clients/line.ts'
import { random } from '../cluster/random.ts'
import { eventually } from '../support/eventually.ts'
import { temporaryFolder } from '../support/folder.ts'
import { reservePort } from '../support/port.ts'
import { RoomdProcess } from '../support/process.ts'
import { RedisServer, redisVersion } from '../support/redis.ts'
import { findFaults } from './checker.ts'
import { library } from './driver.ts'
import { Sender } from './sender-process.ts'

const ROUNDS = Number(process.env.ROUNDS ?? 6)
const SEED = Number(process.env.SEED ?? 7)
const SENDERS = ['ann', 'bob']
const PASSWORD = 'correct horse'
const DRIVERS = [library]

const TROUBLES = ['cut', 'hold', 'kill client', 'kill server', 'stop server', 'pause Redis'] as const
type Trouble = (typeof TROUBLES)[number]

/** A daemon that comes back on the same port. */
class Server {
  readonly #args: readonly string[]
  #process: RoomdProcess

  constructor(args: readonly string[]) {
    this.#args = ['--max-rate', '0', ...args]
    this.#process = new RoomdProcess(this.#args)
  }

  async end(signal: NodeJS.Signals): Promise<void> {
    this.#process.child.kill(signal)
    await this.#process.exit
  }

  async restart(signal: NodeJS.Signals): Promise<void> {
    await this.end(signal)
    this.#process = new RoomdProcess(this.#args)
    await this.ready()
  }

  ready(): Promise<number> {
    return this.#process.ready()
  }
}

/** Daemons on an engine, at ports that stay the same. */
async function startServers(engine: 'SQLite' | 'Redis') {
  const redis = engine === 'Redis' ? await RedisServer.start() : undefined
  if (redis) onTestFinished(() => redis.stop())
  const ports = await Promise.all((redis ? [0, 1] : [0]).map(() => reservePort()))
  const data = redis ? ['--redis', redis.url] : ['--data', temporaryFolder()]
  const servers = ports.map((port) => new Server(['--line', String(port), ...data]))
  onTestFinished(async () => {
    redis?.pause(false)
    await Promise.all(servers.map((server) => server.end('SIGKILL')))
  })
  await Promise.all(servers.map((server) => server.ready()))
  return { servers, ports, redis }
}

async function register(nickname: string, port: number): Promise<void> {
  const line = new Line(port)
  for (const request of [`LOGIN ${nickname}`, `/register ${PASSWORD}`]) {
    expect(await line.ask(request)).toMatchObject({ type: 'commandResult' })
  }
  line.destroy()
}

for (const engine of ['SQLite', 'Redis'] as const) {
  for (const driver of DRIVERS) {
    const isRunnable = engine === 'SQLite' || redisVersion !== undefined || process.env.CI === 'true'
    const title = `${driver.name} on ${engine} says each line once and in order (seed ${SEED})`
    test.runIf(isRunnable)(title, { timeout: 120_000 + ROUNDS * 20_000 }, async () => {
      const next = random(SEED)
      const below = (count: number) => Math.floor(next() * count)
      const { servers, ports, redis } = await startServers(engine)
      let connections = 0
      const relay = await openRelay(() => ports[connections++ % ports.length] ?? 0)
      for (const nickname of SENDERS) await register(nickname, ports[0] ?? 0)
      const senders = SENDERS.map((nickname) => {
        return new Sender(driver, { port: relay.port, room: 'ops', nickname, password: PASSWORD })
      })
      const make: Readonly<Record<Trouble, () => Promise<void> | void>> = {
        cut: () => relay.cut(),
        hold: async () => {
          relay.stall(true)
          await sleep(below(200))
          relay.cut()
          relay.stall(false)
        },
        'kill client': () => senders[below(senders.length)]?.kill(),
        'kill server': () => servers[below(servers.length)]?.restart('SIGKILL'),
        'stop server': () => servers[below(servers.length)]?.restart('SIGTERM'),
        'pause Redis': async () => {
          redis?.pause(true)
          await sleep(below(1_500))
          redis?.pause(false)
        },
      }
      const troubles = TROUBLES.filter((trouble) => trouble !== 'pause Redis' || redis)
      for (let round = 0; round < ROUNDS; round++) {
        // Every trouble once, then by chance.
        const trouble = troubles[round < troubles.length ? round : below(troubles.length)]
        await sleep(below(100))
        await (trouble && make[trouble]())
        const before = senders.map(({ acknowledged }) => acknowledged)
        await eventually(() => {
          for (const [place, { acknowledged }] of senders.entries())
            expect(acknowledged).toBeGreaterThan(before[place] ?? 0)
        })
      }
      await Promise.all(senders.map((sender) => sender.end()))
      expect(senders.flatMap(({ problems }) => problems)).toEqual([])
      const { messages, errors } = await messagesIn('ops', ports[0] ?? 0)
      expect(errors).toEqual([])
      expect(findFaults(senders, messages)).toEqual([])
      expect(messages.length).toBeGreaterThan(ROUNDS)
    })
  }
}
