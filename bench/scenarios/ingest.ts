/** One pipe that says a great many lines in a room of its own, as `cat file | nc` would. */
import { once } from 'node:events'
import { Client, quiet, within } from '../client.ts'
import { LINE } from '../dialect.ts'
import { countLines, markCounter, payload } from '../marks.ts'
import { type Context, figure, type Scenario } from '../scenario.ts'
import { cpuSeconds, memory, type Server, startRoomd, temporary } from '../server.ts'

const BATCH = 256
let filled: ReturnType<typeof fillAnew> | undefined

/** Fills the room bench0 of a store, once for all scenarios. */
export const fill = (context: Context) => (filled ??= fillAnew(context))

async function fillAnew({ size, say }: Context) {
  const [data, lines] = [temporary(), size(1_000_000, 20_000)]
  say(`one pipe says ${lines} lines`)
  await using server = await startRoomd({ data })
  return { data, lines, ...(await pipe(server, lines)) }
}

/** Says lines in room bench0, as fast as they are taken; `refused` are those that were not answered with OK. */
export async function pipe({ pid, port }: Server, lines: number, textOf: (number: number) => string = payload) {
  using client = new Client({ dialect: 'LINE', port })
  await client.enter(0)
  const cpu = cpuSeconds(pid)
  const started = performance.now()
  const count = markCounter()
  let echoes = 0
  let said = 0
  const done = new Promise<void>((resolve, reject) => {
    client.ended = (why) => reject(new Error(`after ${echoes} lines: ${why}`))
    client.heard = (chunk) => {
      echoes += count(chunk)
      said += countLines(chunk)
      // A line comes back twice, as OK and as the message; one that is refused once.
      if (said - echoes >= lines && said >= 2 * echoes) resolve()
    }
  })
  const pour = async () => {
    for (let number = 0; number < lines; ) {
      let text = ''
      for (const end = Math.min(lines, number + BATCH); number < end; number++) text += LINE.say(textOf(number), 0)
      if (!client.socket.write(text, 'latin1')) await once(client.socket, 'drain')
    }
  }
  await within(300_000, 'ingest', Promise.all([done, pour()]))
  const seconds = (performance.now() - started) / 1_000
  const serverCpu = cpuSeconds(pid) - cpu
  const peakKb = memory(pid, 'VmHWM')
  // Acknowledgements come before the messages themselves.
  await quiet()
  return { seconds, serverCpu, peakKb, refused: lines - echoes }
}

export const ingest: Scenario = async (context) => {
  const { lines, seconds, serverCpu, peakKb, refused } = await fill(context)
  return [
    figure('ingest', lines / seconds, 'acknowledged lines/s', `${lines} lines`),
    figure('ingest cpu', (serverCpu * 1e6) / lines, 'µs/line'),
    figure('ingest peak memory', peakKb / 1_024, 'MB'),
    figure('ingest refused', refused, 'lines'),
  ]
}
