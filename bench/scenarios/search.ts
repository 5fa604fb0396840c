/** Finding words in a long history, what the index costs, and what both do to somebody else. */
import { setTimeout as sleep } from 'node:timers/promises'
import { Client, within } from '../client.ts'
import { payload } from '../marks.ts'
import { figure, median, quantile, Rounds, type Scenario } from '../scenario.ts'
import { startRoomd, temporary } from '../server.ts'
import { pings } from './history.ts'
import { pipe } from './ingest.ts'

/** A message of 100 bytes, 12 words. One word stands in each, one in every hundredth, one in every 100,000th. */
function textOf(number: number): string {
  const words = Array.from({ length: 11 }, (_, place) => ((number * 7_919 + place * 104_729) % 30_011).toString(36))
  return `${payload(number, 12)} ${words.join(' ')} each${number % 100 ? '' : ' some'}${number % 100_000 === 7 ? ' rare' : ''}`
}

export const search: Scenario = async (context) => {
  const [data, lines] = [temporary(), context.size(1_000_000, 20_000)]
  const ingest =
    (options: readonly string[], place = temporary(), count = lines / 5) =>
    async () => {
      await using server = await startRoomd({ data: place, options })
      return { 'lines/s': count / (await pipe(server, count, textOf)).seconds }
    }
  const rounds = await new Rounds<{ 'lines/s': number }>().play(
    context,
    'ingest',
    { indexed: ingest([]), 'not indexed': ingest(['--no-search']) },
    { rounds: 5 },
  )
  await ingest([], data, lines)()
  await using server = await startRoomd({ data })
  const way = { dialect: 'LINE', port: server.port } as const
  using asker = new Client(way)
  using other = new Client(way)
  await asker.enter(1, 0)
  await other.enter(2, 1)
  const ask = async (words: string) => {
    const started = performance.now()
    asker.send(`/search ${words}\r\n`)
    return (await within(30_000, '/search', asker.until(' found'))) - started
  }
  const untilIndexed = async () => {
    let done = false
    const complete = asker.until(`"${Math.ceil((lines - 7) / 100_000)} found"`).then(() => {
      done = true
    })
    for (; !done; await sleep(500)) asker.send('/search rare\r\n')
    await complete
  }
  const started = performance.now()
  const indexing = await pings(other, within(600_000, 'the index', untilIndexed()))
  const seconds = (performance.now() - started) / 1_000
  const figures = [
    figure('ingest with the index', rounds.median('indexed', 'lines/s'), 'acknowledged lines/s'),
    figure('beside none', rounds.ratio('indexed', 'not indexed', 'lines/s'), '×'),
    figure('indexing the rest, longest /ping', quantile(indexing, 1), 'ms', `${seconds.toFixed(0)} s`),
  ]
  for (const words of ['rare', 'some', 'each', 'each some', 'rar*']) {
    const times: number[] = []
    const held = await pings(
      other,
      (async () => {
        while (times.length < 15) times.push(await ask(words))
      })(),
    )
    figures.push(
      figure(
        `/search ${words}`,
        median(times),
        'ms',
        `first of all ${times[0]?.toFixed(1)} ms, longest /ping ${quantile(held, 1).toFixed(1)} ms`,
      ),
    )
  }
  return figures
}
