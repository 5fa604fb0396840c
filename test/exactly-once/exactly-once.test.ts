/**
 * Lines that are said and read exactly once, whatever happens to server, clients and network. ROUNDS is how often something happens, SEED
 * another order, SENDERS the only senders, such as `post,upload`.
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
import { findFaults, findReadFault } from './checker.ts'
import { NumberedSender } from './numbered-sender.ts'
import { PipedSender } from './piped-sender.ts'
import { StreamReader, TailReader } from './readers.ts'
import type { Sender, Sending } from './sending.ts'

const ROUNDS = Number(process.env.ROUNDS ?? 6)
const SEED = Number(process.env.SEED ?? 7)
const PASSWORD = 'correct horse'

type Start = (sending: Omit<Sending, 'from'>) => Sender

/** The ways to say lines. Each sender has the name of its way. */
const WAYS = {
  library: (sending) => new NumberedSender('library', sending),
  send: (sending) => new PipedSender(sending),
  post: (sending) => new NumberedSender('post', sending),
  upload: (sending) => new NumberedSender('upload', sending),
} satisfies Record<string, Start>
const SENDERS = Object.entries<Start>(WAYS).filter(([name]) => process.env.SENDERS?.split(',').includes(name) ?? true)

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
    for (let isReady = false; !isReady; ) {
      this.#process = new RoomdProcess(this.#args)
      isReady = await this.ready().then(
        () => true,
        (error: Error) => {
          // As a supervisor does, where Redis has had no processor for so long.
          if (!error.message.includes('cannot reach Redis')) throw error
          return false
        },
      )
    }
  }

  ready(): Promise<number> {
    return this.#process.ready()
  }
}

/** Daemons on an engine, at ports that stay the same, and a way to them that can be cut. */
async function startServers(engine: 'SQLite' | 'Redis') {
  const redis = engine === 'Redis' ? await RedisServer.start() : undefined
  if (redis) onTestFinished(() => redis.stop())
  const nodes = await Promise.all(
    (redis ? [0, 1] : [0]).map(async () => ({ line: await reservePort(), http: await reservePort() })),
  )
  const data = redis ? ['--redis', redis.url] : ['--data', temporaryFolder()]
  const servers = nodes.map(({ line, http }) => new Server(['--line', `${line}`, '--http', `${http}`, ...data]))
  onTestFinished(async () => {
    redis?.pause(false)
    await Promise.all(servers.map((server) => server.end('SIGKILL')))
  })
  await Promise.all(servers.map((server) => server.ready()))
  let connections = 0
  const node = () => nodes[connections++ % nodes.length] ?? { line: 0, http: 0 }
  const relays = [await openRelay(() => node().line), await openRelay(() => node().http)] as const
  const [{ port: line }, { port: http }] = relays
  return { servers, relays, ports: { line, http }, direct: node().line, redis }
}

async function prepare(room: string, port: number): Promise<void> {
  const line = new Line(port)
  for (const request of ['LOGIN library', `/register ${PASSWORD}`, `JOIN ${room}`]) {
    expect(await line.ask(request)).toMatchObject({ type: 'commandResult' })
  }
  line.destroy()
}

const ROOM = 'ops'

for (const engine of ['SQLite', 'Redis'] as const) {
  const isRunnable = engine === 'SQLite' || redisVersion !== undefined || process.env.CI === 'true'
  const title = `each line is said and read once and in order, on ${engine} (seed ${SEED})`
  test.runIf(isRunnable)(title, { timeout: 120_000 + ROUNDS * 20_000 }, async () => {
    const next = random(SEED)
    const below = (count: number) => Math.floor(next() * count)
    const { servers, relays, ports, direct, redis } = await startServers(engine)
    await prepare(ROOM, direct)
    const senders = SENDERS.map(([nickname, start]) => start({ ports, room: ROOM, nickname, password: PASSWORD }))
    const reading = { ports, room: ROOM, folder: temporaryFolder() }
    const readers = [new TailReader(reading), new StreamReader(reading)]
    const clients = [...senders, ...readers]
    onTestFinished(() => {
      for (const client of clients) client.close()
    })
    const make: Readonly<Record<Trouble, () => Promise<void> | void>> = {
      cut: () => {
        for (const relay of relays) relay.cut()
      },
      hold: async () => {
        for (const relay of relays) relay.stall(true)
        await sleep(below(200))
        for (const relay of relays) {
          relay.cut()
          relay.stall(false)
        }
      },
      'kill client': () => clients[below(clients.length)]?.kill(),
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
      await Promise.all(senders.map((sender) => sender.progress())).catch((error) => {
        const problems = clients.flatMap((client) => client.problems).join('\n')
        throw new Error(`round ${round}, ${trouble}: ${error.message}\n${problems}`, { cause: error })
      })
    }
    await Promise.all(senders.map((sender) => sender.end()))
    const { messages, errors } = await messagesIn(ROOM, direct)
    expect(errors).toEqual([])
    const sent = senders.flatMap((sender) => sender.sent)
    expect(findFaults(sent, messages)).toEqual([])
    expect(messages.length).toBeGreaterThan(ROUNDS)
    await eventually(() => {
      for (const reader of readers) expect(reader.bodies.length).toBeGreaterThanOrEqual(messages.length)
    })
    await Promise.all(readers.map((reader) => reader.end()))
    expect(readers.map(({ bodies }) => findReadFault(bodies, messages))).toEqual(readers.map(() => undefined))
    expect(clients.flatMap(({ problems }) => problems)).toEqual([])
  })
}
