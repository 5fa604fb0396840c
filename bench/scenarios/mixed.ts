/** One room through two protocols: what each costs, and that an event is encoded once for each of them. */
import { enterAll, quiet, within } from '../client.ts'
import { BOX, LINE, LOBBY } from '../dialect.ts'
import { cpuSeconds } from '../proc.ts'
import { type Context, type Figure, median, type Scenario } from '../scenario.ts'
import { freePort, startRoomd } from '../server.ts'
import { everybodyHears } from './fanout.ts'

const ROUNDS = 3
const WINDOW = 64
const LIMIT_MS = 120_000

/** Shares of the members who are there through Chatterbox. */
const ROOMS = [
  { name: 'line', boxes: 0 },
  { name: 'Chatterbox', boxes: 1 },
  { name: 'half of each', boxes: 0.5 },
]

interface Round {
  readonly rate: number
  /** Microseconds of the server's processor for a delivery. */
  readonly cost: number
}

export const mixed: Scenario = {
  name: 'mixed',
  async run(context) {
    const rounds = new Map<string, Round[]>(ROOMS.map(({ name }) => [name, []]))
    for (let round = 1; round <= ROUNDS; round++) {
      for (const { name, boxes } of ROOMS) {
        const result = await play(context, boxes)
        rounds.get(name)?.push(result)
        context.say(`${name}, round ${round}: ${Math.round(result.rate)}/s, ${result.cost.toFixed(2)} µs`)
      }
    }
    return [...rounds].flatMap(([name, results]): Figure[] => [
      { name: `mixed: ${name}`, value: median(results.map(({ rate }) => rate)), unit: 'deliveries/s', note: 'TCP' },
      { name: `mixed: ${name} cpu`, value: median(results.map(({ cost }) => cost)), unit: 'µs/delivery' },
    ])
  },
}

async function play(context: Context, share: number): Promise<Round> {
  const members = context.size(1_000, 100)
  const messages = context.size(2_000, 200)
  const boxPort = await freePort()
  const server = await startRoomd(undefined, '--chatterbox-plain', String(boxPort))
  const boxes = Math.round(members * share)
  const clients = [
    // The first one speaks, and is at the line protocol in any case.
    ...(await enterAll(server.port, LOBBY, Math.max(1, members - boxes), { limitMs: LIMIT_MS })),
    ...(await enterAll(boxPort, BOX, boxes, { limitMs: LIMIT_MS })),
  ]
  try {
    const lost = clients.filter(({ closed }) => closed).length
    if (lost > 0) throw new Error(`${lost} of ${clients.length} could not enter`)
    await quiet()
    const cpu = cpuSeconds(server.pid)
    const started = performance.now()
    const speak = (text: string) => clients[0]?.send(text)
    await within(LIMIT_MS, 'fan-out', everybodyHears(clients, speak, LINE, messages, WINDOW))
    const seconds = (performance.now() - started) / 1_000
    const deliveries = clients.length * messages
    return { rate: deliveries / seconds, cost: ((cpuSeconds(server.pid) - cpu) * 1e6) / deliveries }
  } finally {
    for (const client of clients) client.leave()
    await server.stop()
  }
}
