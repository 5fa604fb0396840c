/** Requests over HTTP, on connections that are kept. */
import autocannon from 'autocannon'
import { logIn, makeKeys } from '../accounts.ts'
import { figure, quantile, Rounds, type Scenario } from '../scenario.ts'
import { cpuSeconds, type Roomd, startRoomd, temporary } from '../server.ts'

const CONNECTIONS = 50
const PATHS = ['/healthz', '/api/online', '/chats/1']

export const http: Scenario = async (context) => {
  const data = temporary()
  const keys = await makeKeys(data, 1)
  await using server = await startRoomd({ data, listeners: ['--http'] })
  const [cookie = ''] = await logIn(server.url, keys)
  const contestants = PATHS.map((path) => [path, () => ask(server, path, cookie, context.size(5, 1))] as const)
  const rounds = await new Rounds<Awaited<ReturnType<typeof ask>>>().play(
    context,
    'HTTP',
    Object.fromEntries(contestants),
  )
  return PATHS.flatMap((path) => {
    const note = `${CONNECTIONS} connections; server ${Math.round(rounds.median(path, 'busy') * 100)} %`
    return [
      figure(`GET ${path}`, rounds.median(path, 'rate'), 'requests/s', note),
      figure(`GET ${path} p50`, rounds.median(path, 'p50'), 'ms'),
      figure(`GET ${path} p99`, rounds.median(path, 'p99'), 'ms'),
    ]
  })
}

/** Answers a second, ms to an answer, and the share of a processor that the server took. */
async function ask({ url, pid }: Roomd, path: string, cookie: string, duration: number) {
  const times: number[] = []
  const cpu = cpuSeconds(pid)
  const started = performance.now()
  const { non2xx, errors } = await new Promise<autocannon.Result>((resolve, reject) => {
    const options = { url: url + path, connections: CONNECTIONS, duration, headers: { cookie } }
    const run = autocannon(options, (error, result) => (error ? reject(error) : resolve(result)))
    // The times of the result are whole milliseconds.
    run.on('response', (_client, _status, _bytes, ms) => times.push(ms))
  })
  if (non2xx + errors > 0) throw new Error(`${path}: ${non2xx} not answered well and ${errors} not at all`)
  const taken = (performance.now() - started) / 1_000
  const [p50 = 0, p99 = 0] = [0.5, 0.99].map((q) => quantile(times, q))
  return { rate: times.length / taken, p50, p99, busy: (cpuSeconds(pid) - cpu) / taken }
}
