/** Reading a long history, and what that does to somebody else. */
import { setTimeout as sleep } from 'node:timers/promises'
import { Client, quiet, within } from '../client.ts'
import { LINE } from '../dialect.ts'
import { fill } from '../fill.ts'
import { countLines } from '../marks.ts'
import { memory } from '../proc.ts'
import { type Figure, median, quantile, type Scenario } from '../scenario.ts'
import { type Server, startRoomd } from '../server.ts'

const ROUNDS = 9
/** A slow reader takes this many bytes, then nothing for so many ms: at most some 25 MB/s. */
const GULP = 262_144
const PAUSE_MS = 10

export const history: Scenario = {
  name: 'history',
  async run(context) {
    const { data, lines } = await fill(context)
    const server = await startRoomd(data)
    const clients: Client[] = []
    try {
      const reader = await enter(server, clients, 1, 0)
      const other = await enter(server, clients, 2, 1)
      await quiet()
      const calm = await pings(other, sleep(1_000))
      return [...(await newest(reader, lines)), ...(await whole(server, reader, other, lines, calm))]
    } finally {
      for (const client of clients) client.leave()
      await server.stop()
    }
  },
}

async function enter(server: Server, clients: Client[], index: number, room: number): Promise<Client> {
  const client = new Client(server.port)
  clients.push(client)
  await client.enter(LINE, index, room)
  return client
}

async function newest(reader: Client, lines: number): Promise<Figure[]> {
  const firsts: number[] = []
  const alls: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const started = performance.now()
    reader.send('HISTORY limit=1000\r\n/ping\r\n')
    firsts.push((await within(30_000, 'HISTORY', reader.until('"history"'))) - started)
    // The end may have come in the same chunk: a second PONG always follows.
    reader.send('/ping end\r\n')
    alls.push((await within(30_000, 'HISTORY', reader.until('PONG end'))) - started)
  }
  const note = `of ${lines}; first of all ${(firsts[0] ?? 0).toFixed(1)} ms`
  return [
    { name: 'HISTORY limit=1000, first event', value: median(firsts), unit: 'ms', note },
    { name: 'HISTORY limit=1000, all', value: median(alls), unit: 'ms' },
  ]
}

async function whole(server: Server, reader: Client, other: Client, lines: number, calm: number[]): Promise<Figure[]> {
  const before = memory(server.pid)
  const started = performance.now()
  let got = 0
  let taken = 0
  const read = new Promise<void>((resolve, reject) => {
    reader.ended = (why) => reject(new Error(`after ${got} lines: ${why}`))
    reader.heard = (chunk) => {
      got += countLines(chunk)
      if (got >= lines) resolve()
      if ((taken += chunk.length) < GULP) return
      taken = 0
      reader.socket.pause()
      setTimeout(() => reader.socket.resume(), PAUSE_MS)
    }
  })
  reader.send('HISTORY\r\n')
  const held = await pings(other, within(300_000, 'the whole history', read))
  return [
    {
      name: 'whole HISTORY, slow reader',
      value: (performance.now() - started) / 1_000,
      unit: 's',
      note: `${lines} events`,
    },
    { name: 'whole HISTORY, longest /ping', value: quantile(held, 1), unit: 'ms', note: `${held.length} pings` },
    { name: 'whole HISTORY, p99 /ping', value: quantile(held, 0.99), unit: 'ms' },
    { name: 'whole HISTORY, grown by', value: (memory(server.pid, 'VmHWM') - before) / 1_024, unit: 'MB' },
    { name: 'nothing else, longest /ping', value: quantile(calm, 1), unit: 'ms', note: `${calm.length} pings` },
  ]
}

/** Round-trip times of /ping, a millisecond apart, for as long as something else takes. */
async function pings(client: Client, meanwhile: Promise<unknown>): Promise<number[]> {
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
