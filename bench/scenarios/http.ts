/** Requests over HTTP, on connections that are kept. */
import autocannon from 'autocannon'
import { logIn, makeKeys } from '../accounts.ts'
import { figure, quantile, Rounds, type Scenario } from '../scenario.ts'
import { cpuSeconds, type Roomd, startRoomd, temporary } from '../server.ts'

const CONNECTIONS = 50
const SAY = '/rooms/ops/messages?as=ci'
const PATHS = ['/healthz', '/api/online', '/chats/1']

export const http: Scenario = async (context) => {
  const data = temporary()
  const keys = await makeKeys(data, 1)
  await using server = await startRoomd({ data, listeners: ['--http'] })
  const [cookie = ''] = await logIn(server.url, keys)
  const asking = { headers: { cookie } } satisfies Asking
  const saying = { method: 'POST', body: 'deploy done', headers: { 'content-type': 'text/plain' } } satisfies Asking
  const contestants = [...PATHS, SAY].map(
    (path) => [path, () => ask(server, path, path === SAY ? saying : asking, context.size(5, 1))] as const,
  )
  const lines = await sayLines(server, context.size(100_000, 5_000))
  const rounds = await new Rounds<Awaited<ReturnType<typeof ask>>>().play(
    context,
    'HTTP',
    Object.fromEntries(contestants),
  )
  const figures = [...PATHS, SAY].flatMap((path) => {
    const name = path === SAY ? 'POST /rooms/ops/messages' : `GET ${path}`
    const note = `${CONNECTIONS} connections; server ${Math.round(rounds.median(path, 'busy') * 100)} %`
    return [
      figure(name, rounds.median(path, 'rate'), 'requests/s', note),
      figure(`${name} p50`, rounds.median(path, 'p50'), 'ms'),
      figure(`${name} p99`, rounds.median(path, 'p99'), 'ms'),
    ]
  })
  return [...figures, figure('PUT /rooms/ops/messages, split=lines', lines, 'lines/s', 'one request')]
}

type Asking = Pick<autocannon.Options, 'method' | 'body' | 'headers'>

/** Lines a second of one request whose body streams. */
async function sayLines({ url }: Roomd, count: number): Promise<number> {
  const chunk = 'deploy done\n'.repeat(1_000)
  const body = ReadableStream.from(Array.from({ length: count / 1_000 }, () => Buffer.from(chunk)))
  const started = performance.now()
  const response = await fetch(`${url}${SAY}&split=lines`, { method: 'PUT', body, duplex: 'half' } as RequestInit)
  const { messages } = (await response.json()) as { messages: number }
  if (messages !== count) throw new Error(`${messages} of ${count} lines were said`)
  return (1_000 * count) / (performance.now() - started)
}

/** Answers a second, ms to an answer, and the share of a processor that the server took. */
async function ask({ url, pid }: Roomd, path: string, asking: Asking, duration: number) {
  const times: number[] = []
  const cpu = cpuSeconds(pid)
  const started = performance.now()
  const { non2xx, errors } = await new Promise<autocannon.Result>((resolve, reject) => {
    const options = { url: url + path, connections: CONNECTIONS, duration, ...asking }
    const run = autocannon(options, (error, result) => (error ? reject(error) : resolve(result)))
    // The times of the result are whole milliseconds.
    run.on('response', (_client, _status, _bytes, ms) => times.push(ms))
  })
  if (non2xx + errors > 0) throw new Error(`${path}: ${non2xx} not answered well and ${errors} not at all`)
  const taken = (performance.now() - started) / 1_000
  const [p50 = 0, p99 = 0] = [0.5, 0.99].map((q) => quantile(times, q))
  return { rate: times.length / taken, p50, p99, busy: (cpuSeconds(pid) - cpu) / taken }
}
