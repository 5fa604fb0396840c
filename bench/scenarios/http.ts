/** Requests over HTTP, on connections that are kept. */
import autocannon from 'autocannon'
import { logIn, makeKeys } from '../accounts.ts'
import { type HttpServer, knows, startHttp } from '../http.ts'
import { cpuSeconds } from '../proc.ts'
import { type Figure, median, quantile, type Scenario } from '../scenario.ts'
import { discard, temporary } from '../server.ts'

const ROUNDS = 3
const CONNECTIONS = 50
const PATHS = ['/healthz', '/api/online', '/chats/1']

interface Round {
  /** Answers a second. */
  readonly rate: number
  readonly p50: number
  readonly p99: number
  /** Share of a processor that the server took. */
  readonly busy: number
}

export const http: Scenario = {
  name: 'http',
  async run(context) {
    const data = temporary()
    const keys = await makeKeys(data, 1)
    const server = await startHttp(data)
    try {
      const [cookie = ''] = await logIn(server.httpPort, keys)
      const rounds = new Map<string, Round[]>()
      for (const path of PATHS) {
        if (await knows(server, path)) rounds.set(path, [])
        else context.say(`${path} is left out: there is none`)
      }
      for (let number = 1; number <= ROUNDS; number++) {
        for (const [path, played] of rounds) {
          const round = await ask(server, path, cookie, context.size(5, 1))
          played.push(round)
          context.say(`${path}, round ${number}: ${Math.round(round.rate)}/s, p99 ${round.p99.toFixed(1)} ms`)
        }
      }
      return [...rounds].flatMap(([path, played]) => figures(path, played))
    } finally {
      await server.stop()
      discard(data)
    }
  },
}

function figures(path: string, rounds: readonly Round[]): Figure[] {
  const of = (what: keyof Round) => median(rounds.map((round) => round[what]))
  const note = `${CONNECTIONS} connections; server ${Math.round(of('busy') * 100)} %`
  return [
    { name: `GET ${path}`, value: of('rate'), unit: 'requests/s', note },
    { name: `GET ${path} p50`, value: of('p50'), unit: 'ms' },
    { name: `GET ${path} p99`, value: of('p99'), unit: 'ms' },
  ]
}

async function ask({ url, pid }: HttpServer, path: string, cookie: string, seconds: number): Promise<Round> {
  const times: number[] = []
  const { promise: done, resolve, reject } = Promise.withResolvers<autocannon.Result>()
  const options = { url: url + path, connections: CONNECTIONS, duration: seconds, headers: { cookie } }
  const cpu = cpuSeconds(pid)
  const started = performance.now()
  // The times of the result are whole milliseconds.
  autocannon(options, (error, result) => (error ? reject(error) : resolve(result))).on(
    'response',
    (_, _status, _bytes, ms) => times.push(ms),
  )
  const { non2xx, errors } = await done
  if (non2xx + errors > 0) throw new Error(`${path}: ${non2xx} not answered well and ${errors} not at all`)
  const taken = (performance.now() - started) / 1_000
  return {
    rate: times.length / taken,
    p50: quantile(times, 0.5),
    p99: quantile(times, 0.99),
    busy: (cpuSeconds(pid) - cpu) / taken,
  }
}
