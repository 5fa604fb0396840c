/** What the line port feels of those who guess keys and passwords over HTTP. */
import { setTimeout as sleep } from 'node:timers/promises'
import { Client, quiet, within } from '../client.ts'
import { LINE } from '../dialect.ts'
import { type HammerOrder, startHammer } from '../hammer.ts'
import { timeAll } from '../hear.ts'
import { type HttpServer, knows, startHttp } from '../http.ts'
import { type Context, type Figure, median, quantile, type Scenario } from '../scenario.ts'
import { speakSteadily } from '../steady.ts'

const CONNECTIONS = 50
const RATE = 200
const WARM_UP_MS = 1_000
const JSON_HEAD = { 'Content-Type': 'application/json' }
/** What a guess is to be answered with. */
const REFUSED = [401, 429]

interface Times {
  readonly p50: number
  readonly p99: number
}

export const hammer: Scenario = {
  name: 'hammer',
  async run(context) {
    const server = await startHttp()
    const speaker = new Client(server.port)
    try {
      await speaker.enter(LINE, 0, 0)
      const order = { url: server.url, connections: CONNECTIONS, requests: await guesses(server, context) }
      const messages = RATE * context.size(10, 2)
      // The first lines of a server are slower than any after them.
      await speak(speaker, RATE)
      const idle: Times[] = []
      const loaded: Times[] = []
      const rates: number[] = []
      for (let round = 1; round <= context.size(5, 2); round++) {
        const calm = await speak(speaker, messages)
        const { times, rate } = await underHammer(order, () => speak(speaker, messages))
        idle.push(calm)
        loaded.push(times)
        rates.push(rate)
        const p99 = `p99 ${calm.p99.toFixed(1)} ms idle, ${times.p99.toFixed(1)} ms hammered`
        context.say(`round ${round}: ${p99} with ${Math.round(rate)} guesses/s`)
      }
      return figures(idle, loaded, rates)
    } finally {
      speaker.leave()
      await server.stop()
    }
  },
}

function figures(idle: readonly Times[], loaded: readonly Times[], rates: readonly number[]): Figure[] {
  const of = (rounds: readonly Times[], what: keyof Times) => median(rounds.map((round) => round[what]))
  // Of the medians: a round's slowest hundredth is often something else that the machine does.
  const ratio = of(loaded, 'p99') / of(idle, 'p99')
  const note = `${CONNECTIONS} HTTP clients, ${Math.round(median(rates))} guesses/s`
  return [
    { name: 'idle: line p50', value: of(idle, 'p50'), unit: 'ms', note: `${RATE} acknowledged lines/s` },
    { name: 'idle: line p99', value: of(idle, 'p99'), unit: 'ms' },
    { name: 'hammered: line p50', value: of(loaded, 'p50'), unit: 'ms', note },
    { name: 'hammered: line p99', value: of(loaded, 'p99'), unit: 'ms' },
    { name: 'hammered/idle: line p99', value: ratio, unit: '×', note: 'to be under 2' },
  ]
}

/** Wrong keys, and wrong passwords of a room where there are such rooms. */
async function guesses(server: HttpServer, context: Context): Promise<HammerOrder['requests']> {
  const login = { method: 'POST', path: '/api/login', body: JSON.stringify({ key: '0'.repeat(64) }) } as const
  if (!(await knows(server, '/chats/1'))) {
    context.say('passwords of rooms are left out: there is no /chats/1')
    return [login]
  }
  const room = JSON.stringify({ title: 'Guessed at', visibility: 'private', password: 'not to be guessed' })
  const answer = await fetch(`${server.url}/chats`, { method: 'POST', headers: JSON_HEAD, body: room })
  if (answer.status !== 201) throw new Error(`the private room was answered with ${answer.status}`)
  const { id } = (await answer.json()) as { id: number }
  const body = JSON.stringify({ secret: 'a wrong guess', name: 'guesser' })
  return [login, { method: 'POST', path: `/chats/${id}/token`, body }]
}

async function underHammer(order: HammerOrder, work: () => Promise<Times>): Promise<{ times: Times; rate: number }> {
  const { stop } = await startHammer(order)
  await sleep(WARM_UP_MS)
  const times = await work()
  const { rate, statuses, errors } = await stop()
  const odd = statuses.filter(([status]) => !REFUSED.includes(status))
  if (odd.length > 0 || errors > 0) throw new Error(`guesses were answered ${JSON.stringify({ odd, errors })}`)
  return { times, rate }
}

/** Lines one after the other, each until it is back, which its acknowledgement is too. */
async function speak(speaker: Client, messages: number): Promise<Times> {
  const sent: number[] = []
  const times = timeAll([speaker], sent)
  await within(120_000, 'lines', speakSteadily(speaker, RATE, messages, sent))
  await quiet()
  if (times.length < messages) throw new Error(`${messages - times.length} of ${messages} lines are missing`)
  return { p50: quantile(times, 0.5), p99: quantile(times, 0.99) }
}
