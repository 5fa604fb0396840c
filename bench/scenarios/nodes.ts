/** Several processes on one Redis, beside one process with a store of its own. */
import { acrossFleets, type Latency, RATE } from '../across.ts'
import { Client, quiet, within } from '../client.ts'
import { Crowd } from '../crowd.ts'
import { LOBBY } from '../dialect.ts'
import { pipe } from '../fill.ts'
import { compare, LOCAL, ONE, RELAYS, type Rounds, type Running, THREE, TWO } from '../fleet.ts'
import { cpuSeconds, memory } from '../proc.ts'
import { busy, CROWDS, LIMIT_MS, MESSAGES, type Round, speak, split } from '../room.ts'
import type { Context, Figure, Scenario } from '../scenario.ts'
import type { Server } from '../server.ts'

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

export const nodes: Scenario = {
  name: 'nodes',
  async run(context) {
    const fanOuts = await compare(context, 'fan-out', [LOCAL, ONE, TWO, THREE], fanOut)
    const ingests = await compare(context, 'ingest', [LOCAL, ONE], ingest)
    const latencies = await acrossFleets(context, [LOCAL, TWO, RELAYS])
    return [...fanOutFigures(fanOuts), ...ingestFigures(ingests), ...latencyFigures(latencies)]
  },
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
