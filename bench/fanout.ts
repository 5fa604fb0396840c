/** One member speaks, everybody hears it: deliveries a second, and the server's processor time for each. */
import { availableParallelism } from 'node:os'
import { Client, quiet, type Reach, within } from './client.ts'
import { hearAll, listen, listenInThread } from './crowd.ts'
import { payload } from './marks.ts'
import { type Figure, figure, type Rounds } from './scenario.ts'
import { cpuSeconds } from './server.ts'

const LIMIT_MS = 120_000
/** Lists of a long room are pushed up to this far apart. */
const SETTLED_MS = 1_500
/** The server has one processor to itself where there is more than one. */
const CROWDS = Math.max(1, availableParallelism() - 1)

export interface Room {
  /** Servers whose processor time counts. */
  readonly pids: readonly number[]
  readonly speaker: Reach
  /** Ways of the other members, who come in equal parts. */
  readonly others: readonly Reach[]
  readonly members: number
  readonly messages: number
  /** Messages that may be ahead of the slowest member. */
  readonly window?: number
  /** Keeps the members in this thread. */
  readonly isLocal?: boolean
  /** A store whose processor time is measured by itself. */
  readonly store?: number | undefined
}

export interface FanOut {
  /** Deliveries a second. */
  readonly rate: number
  /** Microseconds of the servers' processors for a delivery. */
  readonly cost: number
  /** Shares of a processor that servers and generator took: a single process at 1 is the bottleneck. */
  readonly server: number
  readonly generator: number
  /** Microseconds of the store's processor for a message. */
  readonly store: number
}

type Ratio = readonly [name: string, other: string]

export async function fanOut(room: Room): Promise<FanOut> {
  const { pids, others, members, messages, window = 64, isLocal = false, store } = room
  await using stack = new AsyncDisposableStack()
  const speaker = stack.use(new Client(room.speaker))
  const { echo, say, speakerEnters } = speaker.dialect
  const everybody = Promise.withResolvers<void>()
  everybody.promise.catch(() => {})
  const crowds = isLocal ? 1 : CROWDS
  const floors = new Array<number>(crowds + Number(echo)).fill(0)
  let sent = messages
  const rise = (index: number) => (floor: number) => {
    floors[index] = floor
    const least = Math.min(...floors)
    // One write a message: ngircd drops a client that sends many in one.
    for (; sent < Math.min(least + window, messages); sent++) speaker.send(say(payload(sent), 0))
    if (least === messages) everybody.resolve()
  }

  if (speakerEnters) await within(LIMIT_MS, 'entering', speaker.enter(0))
  const listeners = echo ? members - 1 : members
  const parts = crowds * others.length
  let first = 1
  let part = 0
  // One crowd after the other: how many may log in at once is bounded for an address.
  for (let crowd = 0; crowd < crowds; crowd++) {
    const seats = others.map((way) => {
      const count = Math.floor((listeners + part++) / parts)
      first += count
      return { ...way, first: first - count, count }
    })
    stack.defer(await (isLocal ? listen : listenInThread)({ seats, messages }, rise(crowd), everybody.reject))
  }
  await quiet(isLocal ? undefined : SETTLED_MS)
  if (echo) hearAll([speaker], messages, rise(crowds), everybody.reject)

  const seconds = () => [pids, [process.pid], store === undefined ? [] : [store]].map(sumOfSeconds)
  const before = seconds()
  const started = performance.now()
  sent = 0
  rise(0)(0)
  await within(LIMIT_MS, 'fan-out', everybody.promise)
  const taken = (performance.now() - started) / 1_000
  const [server = 0, generator = 0, stored = 0] = seconds().map((after, index) => after - (before[index] ?? 0))
  return {
    rate: (members * messages) / taken,
    cost: (server * 1e6) / (members * messages),
    server: server / taken,
    generator: generator / taken,
    store: (stored * 1e6) / messages,
  }
}

function sumOfSeconds(pids: readonly number[]): number {
  return pids.reduce((seconds, pid) => seconds + cpuSeconds(pid), 0)
}

/** Figures of all contestants, and ratios of some of them to others. */
export function fanOutFigures(rounds: Rounds<FanOut>, prefix: string, ratios: readonly Ratio[]): Figure[] {
  const percent = (name: string, what: 'server' | 'generator') => Math.round(rounds.median(name, what) * 100)
  return [
    ...[...rounds.played.keys()].flatMap((name) => {
      const note = `server ${percent(name, 'server')} %, generator ${percent(name, 'generator')} %`
      return [
        figure(prefix + name, rounds.median(name, 'rate'), 'deliveries/s', note),
        figure(`${prefix}${name} cpu`, rounds.median(name, 'cost'), 'µs/delivery'),
      ]
    }),
    ...ratios.flatMap(([name, other]) => [
      figure(`${prefix}${name}/${other}`, rounds.ratio(name, other, 'rate'), '× deliveries/s'),
      figure(`${prefix}${name}/${other} cpu`, rounds.ratio(name, other, 'cost'), '× µs/delivery'),
    ]),
    ...Array.from(rounds.failed, ([name, note]) => figure(prefix + name, Number.NaN, '', note)),
  ]
}
