/** Finding words in a long history, what the index costs, and what both do to somebody else. */
import { setTimeout as sleep } from 'node:timers/promises'
import { Client, within } from '../client.ts'
import { payload } from '../marks.ts'
import { type Figure, figure, median, quantile, Rounds, type Scenario } from '../scenario.ts'
import { startRoomd, temporary } from '../server.ts'
import { pings } from './history.ts'
import { pipe } from './ingest.ts'

/** 12 words: `each` stands in every message, `some` in one of 100, `rare` in one of 100,000. */
function textOf(number: number): string {
  const words = Array.from({ length: 11 }, (_, place) => ((number * 7_919 + place * 104_729) % 30_011).toString(36))
  return [
    payload(number, 12),
    ...words,
    number % 100_000 === 7 ? 'rare' : number % 100 === 0 ? 'some' : '',
    'each',
  ].join(' ')
}

export const search: Scenario = async (context) => {
  const [data, lines] = [temporary(), context.size(1_000_000, 20_000)]
  const ingest =
    (count: number, data = temporary(), ...options: string[]) =>
    async () => {
      await using server = await startRoomd({ data, options })
      const { seconds, serverCpu } = await pipe(server, count, textOf)
      return { rate: count / seconds, cpu: serverCpu / count }
    }
  const contestants = { index: ingest(lines / 5), none: ingest(lines / 5, temporary(), '--no-search') }
  const rounds = await new Rounds<{ rate: number; cpu: number }>().play(context, 'ingest', contestants, { rounds: 5 })
  await ingest(lines, data)()
  const figures = [
    figure('ingest with the index', rounds.median('index', 'rate'), 'acknowledged lines/s'),
    figure('ingest with the index, beside none', rounds.ratio('index', 'none', 'rate'), '×'),
    figure('until all is indexed', (await indexed(data, Math.ceil((lines - 7) / 100_000))) / 1_000, 's'),
  ]
  for (const words of ['rare', 'some', 'each', 'each some', 'rar*']) figures.push(await finding(data, words))
  return figures
}

/** Waits until all messages are indexed. Returns the time, in ms. */
async function indexed(data: string, rare: number): Promise<number> {
  await using server = await startRoomd({ data })
  using asker = new Client({ dialect: 'LINE', port: server.port })
  await asker.enter(1, 0)
  const started = performance.now()
  let isDone = false
  void asker.until(`"${rare} found"`).then(() => (isDone = true))
  for (; !isDone; await sleep(500)) asker.send('/search rare\r\n')
  return performance.now() - started
}

/** Searches in a server that has just started. */
async function finding(data: string, words: string): Promise<Figure> {
  await using server = await startRoomd({ data })
  using asker = new Client({ dialect: 'LINE', port: server.port })
  using other = new Client({ dialect: 'LINE', port: server.port })
  await asker.enter(1, 0)
  await other.enter(2, 1)
  const times: number[] = []
  const ask = async () => {
    const asked = performance.now()
    asker.send(`/search ${words}\r\n`)
    times.push((await within(30_000, '/search', asker.until(' found'))) - asked)
    if (times.length < 15) await ask()
  }
  const note = `longest /ping ${quantile(await pings(other, ask()), 1).toFixed(1)} ms`
  return figure(`/search ${words}`, median(times), 'ms', `first after the start ${times[0]?.toFixed(1)} ms, ${note}`)
}
