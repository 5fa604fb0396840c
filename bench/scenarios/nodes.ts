/** Several processes on one Redis, beside one process with a store of its own. */
import { Client, enterAll, quiet } from '../client.ts'
import { fanOut, fanOutFigures } from '../fanout.ts'
import { type Context, type Figure, figure, Rounds, type Scenario } from '../scenario.ts'
import { cpuSeconds, memory, type Server, startRedis, startRelay, startRoomd } from '../server.ts'
import { RATE, speakSteadily, type Times } from '../steady.ts'
import { pipe } from './ingest.ts'

/**
 * Many and short, the fleets in turn: the machine may have other guests, who come for a second or two, and the middle one of
 * many rounds is one in which they were away.
 */
const LATENCY_ROUNDS = 25
const LATENCY_SECONDS = 2

const [LOCAL, ONE, TWO, THREE] = ['local', '1 node', '2 nodes', '3 nodes'] as const
/** In the place of nodes: the way of a message through the machine, and nothing else. */
const RELAYS = 'bare relays'
const NODES = { [LOCAL]: 1, [ONE]: 1, [TWO]: 2, [THREE]: 3, [RELAYS]: 0 }
type Fleet = keyof typeof NODES

export const nodes: Scenario = async (context) => [
  ...(await fanOuts(context)),
  ...(await ingests(context)),
  ...(await latencies(context)),
]

async function start(fleet: Fleet) {
  await using stack = new AsyncDisposableStack()
  const redis = fleet === LOCAL ? undefined : stack.use(await startRedis())
  const options = redis ? ['--redis', `redis://127.0.0.1:${redis.port}`] : []
  const all: Server[] = []
  while (all.length < NODES[fleet]) all.push(stack.use(await startRoomd({ options })))
  const roles = fleet === RELAYS ? (['say', 'hear'] as const) : []
  for (const role of roles) if (redis) all.push(stack.use(await startRelay(role, redis)))
  const [first, last = first] = [all[0], all.at(-1)]
  if (!first || !last) throw new Error('nobody to talk to')
  const started = stack.move()
  return { first, last, all, redis, [Symbol.asyncDispose]: () => started.disposeAsync() }
}

type Running = Awaited<ReturnType<typeof start>>

/** Has each fleet, started anew, play each round. */
async function compare<T extends object>(
  context: Context,
  what: string,
  fleets: readonly Fleet[],
  play: (running: Running) => Promise<T>,
): Promise<Rounds<T>> {
  const playAt = async (fleet: Fleet) => {
    await using running = await start(fleet)
    return await play(running)
  }
  const contestants = fleets.map((fleet) => [fleet, () => playAt(fleet)] as const)
  return new Rounds<T>().play(context, what, Object.fromEntries(contestants))
}

async function fanOuts(context: Context): Promise<Figure[]> {
  const members = context.size(1_000, 100)
  const messages = context.size(2_000, 1_000)
  const rounds = await compare(context, 'fan-out', [LOCAL, ONE, TWO, THREE], ({ all, redis }) => {
    const others = all.map(({ port }) => ({ dialect: 'LOBBY' as const, port }))
    const [speaker = { dialect: 'LOBBY', port: 0 }] = others
    return fanOut({ pids: all.map(({ pid }) => pid), store: redis?.pid, speaker, others, members, messages })
  })
  const onRedis = [ONE, TWO, THREE] as const
  const ratios = onRedis.map((fleet) => [fleet, LOCAL] as const)
  const found = fanOutFigures(rounds, '', ratios).map((each) => {
    return each.name === `${TWO}/${LOCAL}` ? { ...each, note: bar(each.value >= 0.8, 'at least 0.8') } : each
  })
  return [
    ...found,
    ...onRedis.map((fleet) => figure(`${fleet}, Redis cpu`, rounds.median(fleet, 'store'), 'µs/message')),
  ]
}

async function ingests(context: Context): Promise<Figure[]> {
  const lines = context.size(200_000, 20_000)
  const rounds = await compare(context, 'ingest', [LOCAL, ONE], async ({ first, redis }) => {
    const empty = redis ? memory(redis.pid) : 0
    const { seconds, serverCpu, refused } = await pipe(first, lines)
    const kept = redis ? ((memory(redis.pid) - empty) * 1_024) / lines : 0
    const perLine = 1e6 / lines
    const stored = redis ? cpuSeconds(redis.pid) * perLine : 0
    return { rate: lines / seconds, cost: serverCpu * perLine, redis: stored, kept, refused }
  })
  const rate = rounds.median(ONE, 'rate')
  const unit = 'acknowledged lines/s'
  return [
    figure('one pipe, local', rounds.median(LOCAL, 'rate'), unit),
    figure('one pipe, Redis', rate, unit, bar(rate >= 20_000, 'at least 20,000')),
    figure('one pipe, Redis/local', rounds.ratio(ONE, LOCAL, 'rate'), '× lines/s'),
    figure('one pipe, Redis, node cpu', rounds.median(ONE, 'cost'), 'µs/line'),
    figure('one pipe, Redis, Redis cpu', rounds.median(ONE, 'redis'), 'µs/line'),
    figure('one pipe, Redis, kept', rounds.median(ONE, 'kept'), 'bytes/line of 100'),
    figure('one pipe, Redis, refused', rounds.median(ONE, 'refused'), 'lines'),
  ]
}

/** How long a message takes from the first process of a fleet to members at the last one, at a steady rate. */
async function latencies(context: Context): Promise<Figure[]> {
  await using stack = new AsyncDisposableStack()
  const speakers: Record<string, () => Promise<Times>> = {}
  for (const fleet of [LOCAL, TWO, RELAYS] as const) {
    const { first, last } = stack.use(await start(fleet))
    const dialect = fleet === RELAYS ? 'BARE' : 'LINE'
    const speaker = stack.use(new Client({ dialect, port: first.port }))
    await speaker.enter(0)
    const listeners = await enterAll({ dialect, port: last.port, first: 1, count: context.size(50, 10) })
    for (const listener of listeners) stack.use(listener)
    await quiet()
    speakers[fleet] = () => speakSteadily(speaker, listeners, RATE * LATENCY_SECONDS)
  }
  // A process that has just been started is slow for a second.
  for (const speak of Object.values(speakers)) await speak()
  const rounds = await new Rounds<Times>().play(context, 'latency', speakers, {
    rounds: context.size(LATENCY_ROUNDS, 3),
  })
  const across = rounds.median(TWO, 'p99')
  const missing = Math.max(...rounds.of(TWO).map(({ missing }) => missing))
  return [
    figure('local p50', rounds.median(LOCAL, 'p50'), 'ms', `${RATE} messages/s`),
    figure('local p99', rounds.median(LOCAL, 'p99'), 'ms'),
    figure('across 2 nodes p50', rounds.median(TWO, 'p50'), 'ms', `${RATE} messages/s`),
    figure('across 2 nodes p99', across, 'ms', bar(across < 10, 'under 10 ms')),
    figure('bare relays p50', rounds.median(RELAYS, 'p50'), 'ms', 'what the machine allows'),
    figure('bare relays p99', rounds.median(RELAYS, 'p99'), 'ms'),
    figure('across 2 nodes/bare relays p99', rounds.ratio(TWO, RELAYS, 'p99'), '× ms'),
    figure('across 2 nodes missing', missing, 'deliveries'),
  ]
}

function bar(met: boolean, what: string): string {
  return `bar: ${what}, ${met ? 'met' : 'missed'}`
}
