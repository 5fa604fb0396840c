/** Several processes on one Redis, beside one process with a store of its own. */
import { Client, enterAll, quiet, within } from '../client.ts'
import { Crowd } from '../crowd.ts'
import { BARE, type Dialect, LINE, LOBBY } from '../dialect.ts'
import { pipe } from '../fill.ts'
import { numbersIn } from '../marks.ts'
import { cpuSeconds, memory } from '../proc.ts'
import { busy, CROWDS, LIMIT_MS, MESSAGES, type Round, speak, split } from '../room.ts'
import { type Context, type Figure, median, quantile, type Scenario } from '../scenario.ts'
import { type Server, startRedis, startRelay, startRoomd } from '../server.ts'
import { speakSteadily } from '../steady.ts'

const ROUNDS = 3
/** The slowest of a round are what else the machine did. */
const LATENCY_ROUNDS = 5
const RATE = 200
/** A process that has just been started is slow for a second. */
const WARM_UP = 2 * RATE

/** What is compared. */
interface Fleet {
  readonly name: string
  readonly nodes: number
  readonly redis: boolean
  /** Relays in the place of nodes. */
  readonly bare?: boolean
}

const LOCAL: Fleet = { name: 'local', nodes: 1, redis: false }
const ONE: Fleet = { name: '1 node', nodes: 1, redis: true }
const TWO: Fleet = { name: '2 nodes', nodes: 2, redis: true }
const THREE: Fleet = { name: '3 nodes', nodes: 3, redis: true }
/** What the machine allows: the way of a message through two nodes, and nothing else. */
const RELAYS: Fleet = { name: 'bare relays', nodes: 0, redis: true, bare: true }

interface Running {
  readonly first: Server
  /** The first one again where there is no other. */
  readonly last: Server
  readonly all: readonly Server[]
  readonly redis: Server | undefined
  readonly dialect: Dialect
}

interface FanOut extends Round {
  /** Microseconds of Redis' processor for a message. */
  readonly redis: number
}
interface Ingest {
  readonly rate: number
  readonly cost: number
  readonly redis: number
  /** Bytes by which Redis has grown for a line. */
  readonly kept: number
  readonly refused: number
}
interface Latency {
  readonly p50: number
  readonly p99: number
  readonly missing: number
}

export const nodes: Scenario = {
  name: 'nodes',
  async run(context) {
    const fanOuts = await compare(context, 'fan-out', [LOCAL, ONE, TWO, THREE], fanOut)
    const ingests = await compare(context, 'ingest', [LOCAL, ONE], ingest)
    const latencies = await compare(context, 'latency', [LOCAL, TWO, RELAYS], latency, LATENCY_ROUNDS)
    return [...fanOutFigures(fanOuts), ...ingestFigures(ingests), ...latencyFigures(latencies)]
  },
}

class Rounds<T extends object> {
  readonly #played = new Map<Fleet, T[]>()

  of(fleet: Fleet): readonly T[] {
    return this.#played.get(fleet) ?? []
  }

  add(fleet: Fleet, round: T): void {
    this.#played.set(fleet, [...this.of(fleet), round])
  }

  get fleets(): Fleet[] {
    return [...this.#played.keys()]
  }

  middle(fleet: Fleet, what: (round: T) => number): number {
    return median(this.of(fleet).map(what))
  }

  /** What each round is beside the other fleet's of the same number, as the machine may be slower in the next. */
  beside(fleet: Fleet, what: (round: T) => number, other = LOCAL): number {
    const others = this.of(other).map(what)
    return median(this.of(fleet).map((round, index) => what(round) / (others[index] ?? Number.NaN)))
  }
}

async function compare<T extends object>(
  context: Context,
  name: string,
  fleets: readonly Fleet[],
  play: (running: Running, context: Context) => Promise<T>,
  count = ROUNDS,
): Promise<Rounds<T>> {
  const rounds = new Rounds<T>()
  for (let number = 1; number <= count; number++) {
    for (const fleet of fleets) {
      const round = await withFleet(fleet, (running) => play(running, context))
      rounds.add(fleet, round)
      const told = Object.entries(round).map(([what, value]) => `${what} ${Number(value).toFixed(2)}`)
      context.say(`${name}, ${fleet.name}, round ${number}: ${told.join(', ')}`)
    }
  }
  return rounds
}

async function withFleet<T>({ nodes, redis: wanted, bare }: Fleet, work: (running: Running) => Promise<T>): Promise<T> {
  const servers: Server[] = []
  try {
    const redis = wanted ? await startRedis() : undefined
    if (redis) servers.push(redis)
    const all: Server[] = []
    const start = async (starting: Promise<Server>) => {
      const server = await starting
      servers.push(server)
      all.push(server)
    }
    const options = redis ? ['--redis', `redis://127.0.0.1:${redis.port}`] : []
    while (all.length < nodes) await start(startRoomd(undefined, ...options))
    if (bare && redis) for (const role of ['say', 'hear'] as const) await start(startRelay(role, redis))
    const [first] = all
    const last = all.at(-1)
    if (!first || !last) throw new Error('nobody to talk to')
    return await work({ first, last, all, redis, dialect: bare ? BARE : LINE })
  } finally {
    // Redis, which was started first, goes last.
    for (const server of servers.reverse()) await server.stop()
  }
}

async function fanOut({ first, all, redis }: Running, context: Context): Promise<FanOut> {
  const members = context.size(1_000, 100)
  const messages = context.size(...MESSAGES)
  const crowds = Array.from({ length: CROWDS }, () => new Crowd())
  const speaker = new Client(first.port)
  try {
    await within(LIMIT_MS, 'entering', speaker.enter(LOBBY, 0, 0))
    const parts = split(members - 1, crowds.length * all.length)
    let next = 1
    for (const crowd of crowds) {
      const seats = all.map(({ port }) => {
        const count = parts.shift() ?? 0
        next += count
        return { dialect: 'LOBBY' as const, port, ca: undefined, first: next - count, count, passes: [] }
      })
      await crowd.enter(seats)
    }
    await quiet()
    const before = secondsOf(redis)
    const pids = all.map(({ pid }) => pid)
    const round = await within(LIMIT_MS, 'fan-out', speak(pids, speaker, crowds, members, messages, 'LOBBY'))
    return { ...round, redis: ((secondsOf(redis) - before) * 1e6) / messages }
  } finally {
    speaker.leave()
    await Promise.all(crowds.map((crowd) => crowd.leave()))
  }
}

async function ingest({ first, redis }: Running, context: Context): Promise<Ingest> {
  const lines = context.size(200_000, 20_000)
  const empty = redis ? memory(redis.pid) : 0
  const { seconds, serverCpu, refused } = await pipe(first, lines)
  const kept = redis ? ((memory(redis.pid) - empty) * 1_024) / lines : 0
  const perLine = 1e6 / lines
  return { rate: lines / seconds, cost: serverCpu * perLine, redis: secondsOf(redis) * perLine, kept, refused }
}

/** What is said at the first node is heard at the last one. */
async function latency({ first, last, dialect }: Running, context: Context): Promise<Latency> {
  const listeners = context.size(50, 10)
  const messages = RATE * context.size(10, 2)
  const clients = [new Client(first.port)]
  try {
    const [speaker] = clients
    if (!speaker) throw new Error('nobody there')
    if (dialect.speakerEnters) await within(LIMIT_MS, 'entering', speaker.enter(dialect, 0, 0))
    clients.push(...(await enterAll(last.port, dialect, listeners, { first: 1 })))
    await within(LIMIT_MS, 'warming up', speakSteadily(speaker, RATE, context.size(WARM_UP, RATE), [], dialect))
    await quiet()
    const sent: number[] = []
    const times: number[] = []
    for (const client of clients.slice(1)) {
      client.heard = (chunk) => {
        const now = performance.now()
        numbersIn(chunk, (number) => times.push(now - (sent[number] ?? Number.NaN)))
      }
    }
    await within(LIMIT_MS, 'latency', speakSteadily(speaker, RATE, messages, sent, dialect))
    await quiet()
    return { p50: quantile(times, 0.5), p99: quantile(times, 0.99), missing: listeners * messages - times.length }
  } finally {
    for (const client of clients) client.leave()
  }
}

function secondsOf(server: Server | undefined): number {
  return server ? cpuSeconds(server.pid) : 0
}

function fanOutFigures(rounds: Rounds<FanOut>): Figure[] {
  const rate = (round: FanOut) => round.rate
  const cost = (round: FanOut) => round.cost
  const found = rounds.fleets.flatMap((fleet): Figure[] => [
    { name: fleet.name, value: rounds.middle(fleet, rate), unit: 'deliveries/s', note: busy(rounds.of(fleet)) },
    { name: `${fleet.name} cpu`, value: rounds.middle(fleet, cost), unit: 'µs/delivery' },
  ])
  for (const fleet of rounds.fleets.filter(({ redis }) => redis)) {
    const beside = rounds.beside(fleet, rate)
    const note = fleet === TWO ? bar(beside >= 0.8, 'at least 0.8') : undefined
    found.push({ name: `${fleet.name}/local`, value: beside, unit: '× deliveries/s', ...(note && { note }) })
    found.push({ name: `${fleet.name}/local cpu`, value: rounds.beside(fleet, cost), unit: '× µs/delivery' })
    found.push({
      name: `${fleet.name}, Redis cpu`,
      value: rounds.middle(fleet, ({ redis }) => redis),
      unit: 'µs/message',
    })
  }
  return found
}

function ingestFigures(rounds: Rounds<Ingest>): Figure[] {
  const rate = (round: Ingest) => round.rate
  const unit = 'acknowledged lines/s'
  const through = rounds.middle(ONE, rate)
  const refused = Math.max(...rounds.of(ONE).map((round) => round.refused))
  return [
    { name: 'one pipe, local', value: rounds.middle(LOCAL, rate), unit },
    { name: 'one pipe, Redis', value: through, unit, note: bar(through >= 20_000, 'at least 20,000') },
    { name: 'one pipe, Redis/local', value: rounds.beside(ONE, rate), unit: '× lines/s' },
    { name: 'one pipe, Redis, node cpu', value: rounds.middle(ONE, ({ cost }) => cost), unit: 'µs/line' },
    { name: 'one pipe, Redis, Redis cpu', value: rounds.middle(ONE, ({ redis }) => redis), unit: 'µs/line' },
    { name: 'one pipe, Redis, kept', value: rounds.middle(ONE, ({ kept }) => kept), unit: 'bytes/line of 100' },
    { name: 'one pipe, Redis, refused', value: refused, unit: 'lines' },
  ]
}

function latencyFigures(rounds: Rounds<Latency>): Figure[] {
  const p50 = (round: Latency) => round.p50
  const p99 = (round: Latency) => round.p99
  const across = rounds.middle(TWO, p99)
  const missing = Math.max(...rounds.of(TWO).map((round) => round.missing))
  return [
    { name: 'local p50', value: rounds.middle(LOCAL, p50), unit: 'ms', note: `${RATE} messages/s` },
    { name: 'local p99', value: rounds.middle(LOCAL, p99), unit: 'ms' },
    { name: 'across 2 nodes p50', value: rounds.middle(TWO, p50), unit: 'ms', note: `${RATE} messages/s` },
    { name: 'across 2 nodes p99', value: across, unit: 'ms', note: bar(across < 10, 'under 10 ms') },
    { name: 'bare relays p50', value: rounds.middle(RELAYS, p50), unit: 'ms', note: 'what the machine allows' },
    { name: 'bare relays p99', value: rounds.middle(RELAYS, p99), unit: 'ms' },
    { name: 'across 2 nodes/bare relays p99', value: rounds.beside(TWO, p99, RELAYS), unit: '× ms' },
    { name: 'across 2 nodes missing', value: missing, unit: 'deliveries' },
  ]
}

function bar(met: boolean, what: string): string {
  return `bar: ${what}, ${met ? 'met' : 'missed'}`
}
