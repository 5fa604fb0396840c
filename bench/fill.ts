/** One pipe that says a great many lines in a room of its own, as `cat file | nc` would; once for all scenarios. */
import { Client, quiet, within } from './client.ts'
import { LINE } from './dialect.ts'
import { countLines, countMarks, payload } from './marks.ts'
import { cpuSeconds, memory } from './proc.ts'
import type { Context } from './scenario.ts'
import { type Server, startRoomd, temporary } from './server.ts'

export interface Piped {
  readonly seconds: number
  readonly serverCpu: number
  readonly peakKb: number
  /** Lines that were not answered with OK. */
  readonly refused: number
}

export interface Filled extends Piped {
  /** The data folder; the lines are in room bench0. */
  readonly data: string
  readonly lines: number
}

const BATCH = 256
let filled: Promise<Filled> | undefined

export function fill(context: Context): Promise<Filled> {
  return (filled ??= ingest(context.size(1_000_000, 20_000), context))
}

async function ingest(lines: number, context: Context): Promise<Filled> {
  const data = temporary()
  const server = await startRoomd(data)
  context.say(`one pipe says ${lines} lines`)
  const piped = await pipe(server, lines)
  await server.stop()
  return { data, lines, ...piped }
}

/** Says so many lines in room bench0, as fast as they are taken. */
export async function pipe(server: Server, lines: number): Promise<Piped> {
  const client = new Client(server.port)
  await client.enter(LINE, 0, 0)
  const cpu = cpuSeconds(server.pid)
  const started = performance.now()
  let echoes = 0
  let said = 0
  const done = new Promise<void>((resolve, reject) => {
    client.ended = (why) => reject(new Error(`after ${echoes} lines: ${why}`))
    client.heard = (chunk) => {
      echoes += countMarks(chunk)
      said += countLines(chunk)
      // A line comes back twice, as OK and as the message; one that is refused once.
      if (echoes + (said - 2 * echoes) >= lines && said >= 2 * echoes) resolve()
    }
  })
  const pour = async () => {
    for (let number = 0; number < lines; ) {
      let text = ''
      for (const end = Math.min(lines, number + BATCH); number < end; number++) text += LINE.say(payload(number), 0)
      if (!client.socket.write(text, 'latin1')) await new Promise((next) => client.socket.once('drain', next))
    }
  }
  await within(300_000, 'ingest', Promise.all([done, pour()]))
  const seconds = (performance.now() - started) / 1_000
  const serverCpu = cpuSeconds(server.pid) - cpu
  const peakKb = memory(server.pid, 'VmHWM')
  // Acknowledgements come before the messages themselves.
  await quiet()
  client.leave()
  return { seconds, serverCpu, peakKb, refused: lines - echoes }
}
