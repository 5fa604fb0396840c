/** Many clients of the line protocol at one server: how fast they come in, what they cost, how soon they hear. */
import { setTimeout as sleep } from 'node:timers/promises'
import { enterAll, quiet, type Seats } from '../client.ts'
import { figure, median, type Scenario } from '../scenario.ts'
import { cpuSeconds, memory, startRoomd } from '../server.ts'
import { RATE, speakSteadily } from '../steady.ts'
import { fill } from './ingest.ts'

const STARTS = 5

/** Clients at a server of their own. */
async function seat(seats: Omit<Seats, 'dialect' | 'port'>) {
  const server = await startRoomd()
  const emptyKb = memory(server.pid)
  const started = performance.now()
  const clients = await enterAll({ ...seats, dialect: 'LINE', port: server.port })
  const enteredMs = performance.now() - started
  const lost = clients.filter(({ closed }) => closed).length
  const leave = () => {
    for (const client of clients) client[Symbol.dispose]()
    return server[Symbol.asyncDispose]()
  }
  return { pid: server.pid, clients, lost, emptyKb, started, enteredMs, [Symbol.asyncDispose]: leave }
}

/** Everybody comes into one room at the same time. */
export const joins: Scenario = async (context) => {
  const count = context.size(5_000, 300)
  await using room = await seat({ count, atOnce: 1_000 })
  const settledMs = (await quiet(500)) - room.started
  return [
    figure('joins', room.enteredMs / 1_000, 's', `${count} connections into one room`),
    figure('joins, all told', settledMs / 1_000, 's'),
    figure('joins cpu', cpuSeconds(room.pid), 's'),
    figure('joins peak memory', memory(room.pid, 'VmHWM') / 1_024, 'MB'),
    figure('joins dropped', room.lost, 'connections'),
  ]
}

/** What a connection that says nothing costs. */
export const idle: Scenario = async (context) => {
  const count = context.size(8_000, 400)
  const rooms = count / 20
  await using house = await seat({ count, rooms })
  await quiet()
  await sleep(context.size(5_000, 500))
  const fullKb = memory(house.pid)
  return [
    figure('idle memory', (fullKb - house.emptyKb) / count, 'KB/connection', `${count} in ${rooms} rooms`),
    figure('idle memory in all', fullKb / 1_024, 'MB'),
    figure('idle dropped', house.lost, 'connections'),
  ]
}

/** How long a message takes when there is time: a steady rate into one room. */
export const latency: Scenario = async (context) => {
  const members = context.size(500, 50)
  const seconds = context.size(10, 1)
  await using room = await seat({ count: members })
  const { pid, clients } = room
  await quiet()
  const [speaker] = clients
  if (!speaker) throw new Error('nobody there')
  const busy = () => [pid, process.pid].map((each) => (cpuSeconds(each) / seconds) * 100)
  const before = busy()
  const { p50, p99, max, missing } = await speakSteadily(speaker, clients, RATE * seconds)
  const [server, own] = busy().map((after, index) => Math.round(after - (before[index] ?? 0)))
  const note = `${RATE}/s to ${members}; server ${server} %, generator ${own} %`
  return [
    figure('latency p50', p50, 'ms', note),
    figure('latency p99', p99, 'ms'),
    figure('latency max', max, 'ms'),
    figure('latency missing', missing, 'deliveries'),
  ]
}

/** From the start of the process until it takes connections. */
export const start: Scenario = async (context) => {
  const { data, lines } = await fill(context)
  const timeOf = async (settings: Parameters<typeof startRoomd>[0]) => {
    const times: number[] = []
    while (times.length < STARTS) {
      await using server = await startRoomd(settings)
      times.push(server.startMs)
    }
    return median(times)
  }
  return [
    figure('start, empty', await timeOf({}), 'ms'),
    figure('start, filled', await timeOf({ data }), 'ms', `${lines} events`),
  ]
}
