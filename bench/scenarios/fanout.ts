/** One room, many members, a bounded number of messages in flight: roomd beside redis pub/sub and ngircd. */
import { Client, enterAll, quiet, within } from '../client.ts'
import { type Dialect, IRC, LINE, RESP } from '../dialect.ts'
import { hearAll } from '../hear.ts'
import { payload } from '../marks.ts'
import { cpuSeconds } from '../proc.ts'
import type { Round } from '../room.ts'
import { type Context, type Figure, median, type Scenario } from '../scenario.ts'
import { type Server, startNgircd, startRedis, startRoomd } from '../server.ts'

const ROUNDS = 3

const RIVALS: readonly { name: string; dialect: Dialect; start: () => Promise<Server> }[] = [
  { name: 'roomd', dialect: LINE, start: () => startRoomd() },
  { name: 'redis', dialect: RESP, start: startRedis },
  { name: 'ngircd', dialect: IRC, start: startNgircd },
]

export const fanout: Scenario = { name: 'fanout', run: (context) => compare(context, 64, context.size(2_000, 200)) }
export const fanout1: Scenario = { name: 'fanout1', run: (context) => compare(context, 1, context.size(400, 50)) }

async function compare(context: Context, window: number, messages: number): Promise<Figure[]> {
  const members = context.size(1_000, 100)
  const rounds = new Map<string, Round[]>()
  const failed = new Map<string, string>()
  for (let round = 1; round <= ROUNDS; round++) {
    for (const { name, dialect, start } of RIVALS) {
      if (failed.has(name)) continue
      try {
        const result = await play(await start(), dialect, members, messages, window, 120_000)
        rounds.set(name, [...(rounds.get(name) ?? []), result])
        const { rate, cost, server, generator } = result
        const busy = `server ${Math.round(server * 100)} %, generator ${Math.round(generator * 100)} % busy`
        context.say(`window ${window}, round ${round}, ${name}: ${Math.round(rate)}/s, ${cost.toFixed(2)} µs, ${busy}`)
      } catch (error) {
        if (name === 'roomd') throw error
        failed.set(name, error instanceof Error ? error.message : String(error))
        context.say(`${name} is left out: ${failed.get(name)}`)
      }
    }
  }
  return figures(rounds, failed, window)
}

function figures(rounds: Map<string, Round[]>, failed: Map<string, string>, window: number): Figure[] {
  const of = (name: string, what: keyof Round) => median((rounds.get(name) ?? []).map((round) => round[what]))
  const found: Figure[] = []
  for (const name of rounds.keys()) {
    const note = `server ${Math.round(of(name, 'server') * 100)} %, generator ${Math.round(of(name, 'generator') * 100)} %`
    found.push({ name: `window ${window} ${name}`, value: of(name, 'rate'), unit: 'deliveries/s', note })
    found.push({ name: `window ${window} ${name} cpu`, value: of(name, 'cost'), unit: 'µs/delivery' })
  }
  for (const name of rounds.keys()) {
    if (name === 'roomd') continue
    const ratio = (what: keyof Round) => of('roomd', what) / of(name, what)
    found.push({ name: `window ${window} roomd/${name}`, value: ratio('rate'), unit: '× deliveries/s' })
    found.push({ name: `window ${window} roomd/${name} cpu`, value: ratio('cost'), unit: '× µs/delivery' })
  }
  for (const [name, note] of failed) found.push({ name: `window ${window} ${name}`, value: Number.NaN, unit: '', note })
  return found
}

async function play(
  server: Server,
  dialect: Dialect,
  members: number,
  messages: number,
  window: number,
  limitMs: number,
): Promise<Round> {
  const clients: Client[] = []
  try {
    clients.push(...(await enterAll(server.port, dialect, members, { limitMs, atOnce: dialect.atOnce })))
    const lost = clients.filter(({ closed }) => closed).length
    if (lost > 0) throw new Error(`${lost} of ${members} could not enter`)
    const speaker = dialect.echo ? clients[0] : await guest(server.port, dialect, members)
    if (!speaker) throw new Error('nobody there')
    if (!dialect.echo) clients.push(speaker)
    await quiet()

    const cpu = cpuSeconds(server.pid)
    const own = process.cpuUsage()
    const started = performance.now()
    const speak = (text: string) => speaker.send(text)
    await within(limitMs, 'fan-out', everybodyHears(clients.slice(0, members), speak, dialect, messages, window))
    const seconds = (performance.now() - started) / 1_000
    const used = cpuSeconds(server.pid) - cpu
    const { user, system } = process.cpuUsage(own)
    const deliveries = members * messages
    return {
      rate: deliveries / seconds,
      cost: (used * 1e6) / deliveries,
      server: used / seconds,
      generator: (user + system) / 1e6 / seconds,
    }
  } finally {
    for (const client of clients) client.leave()
    await server.stop()
  }
}

async function guest(port: number, dialect: Dialect, index: number): Promise<Client> {
  const client = new Client(port)
  if (dialect.speakerEnters) await client.enter(dialect, index, 0)
  return client
}

/** Resolves when every member has heard every message; at most `window` are ahead of the slowest of them. */
function everybodyHears(
  members: readonly Client[],
  speak: (text: string) => void,
  dialect: Dialect,
  messages: number,
  window: number,
): Promise<void> {
  let sent = 0
  const send = (floor: number) => {
    // One write a message: ngircd drops a client that sends many in one.
    for (; sent < Math.min(floor + window, messages); sent++) speak(dialect.say(payload(sent), 0))
  }
  const heard = hearAll(members, messages, send)
  send(0)
  return heard
}
