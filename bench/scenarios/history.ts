/** Reading a long history, and what that does to somebody else. */
import { setTimeout as sleep } from 'node:timers/promises'
import { Client, quiet, within } from '../client.ts'
import { countLines } from '../marks.ts'
import { figure, median, quantile, type Scenario } from '../scenario.ts'
import { memory, startRoomd } from '../server.ts'
import { fill } from './ingest.ts'

const ROUNDS = 9
/** A slow reader takes this many bytes, then nothing for so many ms: at most some 25 MB/s. */
const GULP = 262_144
const PAUSE_MS = 10

export const history: Scenario = async (context) => {
  const { data, lines } = await fill(context)
  await using server = await startRoomd({ data })
  const way = { dialect: 'LINE', port: server.port } as const
  using reader = new Client(way)
  using other = new Client(way)
  await reader.enter(1, 0)
  await other.enter(2, 1)
  await quiet()
  const calm = await pings(other, sleep(1_000))
  const newest: (readonly [first: number, all: number])[] = []
  while (newest.length < ROUNDS) newest.push(await readNewest(reader))
  const before = memory(server.pid)
  const started = performance.now()
  const held = await pings(other, within(300_000, 'the whole history', readSlowly(reader, lines)))
  const seconds = (performance.now() - started) / 1_000
  const note = `of ${lines}; first of all ${newest[0]?.[0].toFixed(1)} ms`
  return [
    figure('HISTORY limit=1000, first event', median(newest.map(([first]) => first)), 'ms', note),
    figure('HISTORY limit=1000, all', median(newest.map(([, all]) => all)), 'ms'),
    figure('whole HISTORY, slow reader', seconds, 's', `${lines} events`),
    figure('whole HISTORY, longest /ping', quantile(held, 1), 'ms', `${held.length} pings`),
    figure('whole HISTORY, p99 /ping', quantile(held, 0.99), 'ms'),
    figure('whole HISTORY, grown by', (memory(server.pid, 'VmHWM') - before) / 1_024, 'MB'),
    figure('nothing else, longest /ping', quantile(calm, 1), 'ms', `${calm.length} pings`),
  ]
}

/** Reads the newest 1,000 events; returns the ms to the first and to the last. */
async function readNewest(reader: Client): Promise<readonly [first: number, all: number]> {
  const started = performance.now()
  reader.send('HISTORY limit=1000\r\n/ping\r\n')
  const first = await within(30_000, 'HISTORY', reader.until('"history"'))
  // The end may have come in the same chunk: a second PONG always follows.
  reader.send('/ping end\r\n')
  return [first - started, (await within(30_000, 'HISTORY', reader.until('PONG end'))) - started]
}

function readSlowly(reader: Client, lines: number): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    let got = 0
    let taken = 0
    reader.ended = (why) => reject(new Error(`after ${got} lines: ${why}`))
    reader.heard = (chunk) => {
      got += countLines(chunk)
      if (got >= lines) resolve()
      if ((taken += chunk.length) < GULP) return
      taken = 0
      reader.socket.pause()
      setTimeout(() => reader.socket.resume(), PAUSE_MS)
    }
    reader.send('HISTORY\r\n')
  })
}

/** Round-trip times of /ping, a millisecond apart, for as long as something else takes. */
export async function pings(client: Client, meanwhile: Promise<unknown>): Promise<number[]> {
  const times: number[] = []
  let done = false
  const end = meanwhile.finally(() => {
    done = true
  })
  const ping = async () => {
    while (!done) {
      const started = performance.now()
      client.send('/ping\r\n')
      times.push((await client.until('PONG')) - started)
      await sleep(1)
    }
  }
  await Promise.all([end, ping()])
  return times
}
