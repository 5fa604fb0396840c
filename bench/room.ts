/** One room whose members come different ways, through protocols, over TCP or TLS; and what it costs to speak in it. */
import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { createSecureContext } from 'node:tls'
import { logIn, makeAccounts, makeKeys } from './accounts.ts'
import { Client, quiet, within } from './client.ts'
import { Crowd } from './crowd.ts'
import { DIALECTS, type DialectName } from './dialect.ts'
import { hearAll } from './hear.ts'
import { payload } from './marks.ts'
import { cpuSeconds } from './proc.ts'
import { type Context, median } from './scenario.ts'
import { discard, freePort, startRoomd, temporary } from './server.ts'

const ROUNDS = 3
const WINDOW = 64
export const MESSAGES = [2_000, 1_000] as const
export const LIMIT_MS = 120_000
/** Lists of a long room are pushed up to this far apart, in ms. */
const SETTLED_MS = 1_500
/** The server has one processor to itself where there is more than one. */
export const CROWDS = Math.max(1, availableParallelism() - 1)

/** How one gets in. */
export interface Way {
  readonly dialect: DialectName
  /** The option of its listener; the line protocol over TCP is always there. */
  readonly option?: string
  readonly tls: boolean
}

export const LINE_TCP: Way = { dialect: 'LOBBY', tls: false }
export const LINE_TLS: Way = { dialect: 'LOBBY', option: '--line-tls', tls: true }
export const CHATTERBOX_TCP: Way = { dialect: 'BOX', option: '--chatterbox-plain', tls: false }
export const CHATTERBOX_TLS: Way = { dialect: 'BOX', option: '--chatterbox', tls: true }
export const CHATROOM: Way = { dialect: 'CHATROOM', option: '--chatroom', tls: true }
export const LINE_SOCKET: Way = { dialect: 'LINE_SOCKET', option: '--http', tls: false }
export const PIRATCHAT: Way = { dialect: 'PIRATCHAT', option: '--http', tls: false }
export const GLOBES: Way = { dialect: 'GLOBES', option: '--http', tls: false }

export interface Room {
  readonly name: string
  /** The way of the one member that speaks. */
  readonly speaker: Way
  /** The ways of the others, in equal parts. */
  readonly others: readonly Way[]
}

export interface Round {
  /** Deliveries a second. */
  readonly rate: number
  /** Microseconds of the server's processor for a delivery. */
  readonly cost: number
  /** Shares of a processor that server and generator took: a single process at 1 is the bottleneck. */
  readonly server: number
  readonly generator: number
}

/** Every room once a round, so that what else the machine does meets them all. */
export async function playRounds(context: Context, rooms: readonly Room[]): Promise<Map<string, Round[]>> {
  const rounds = new Map<string, Round[]>(rooms.map(({ name }) => [name, []]))
  for (let number = 1; number <= ROUNDS; number++) {
    for (const room of rooms) {
      const round = await play(context, room)
      rounds.get(room.name)?.push(round)
      const { rate, cost } = round
      context.say(`${room.name}, round ${number}: ${Math.round(rate)}/s, ${cost.toFixed(2)} µs; ${busy([round])}`)
    }
  }
  return rounds
}

/** The median of a room's rounds, */
export function middle(rounds: readonly Round[], what: 'rate' | 'cost'): number {
  return median(rounds.map((round) => round[what]))
}

/** and of what each is beside another room's of the same number, as the machine may be slower in the next. */
export function ratio(rounds: readonly Round[], others: readonly Round[], what: 'rate' | 'cost'): number {
  return median(rounds.map((round, index) => round[what] / (others[index]?.[what] ?? Number.NaN)))
}

/** How busy the two sides were. */
export function busy(rounds: readonly Round[]): string {
  const percent = (what: 'server' | 'generator') => Math.round(median(rounds.map((round) => round[what])) * 100)
  return `server ${percent('server')} %, generator ${percent('generator')} %`
}

async function play(context: Context, room: Room): Promise<Round> {
  const members = context.size(1_000, 100)
  const data = temporary()
  if (room.others.includes(CHATROOM)) await makeAccounts(data, members)
  const keys = room.others.includes(PIRATCHAT) ? await makeKeys(data, members) : []
  const ways = new Set([room.speaker, ...room.others])
  const ports = new Map<string, number>()
  const options: string[] = []
  for (const { option } of ways) {
    if (option === undefined || ports.has(option)) continue
    const port = await freePort()
    ports.set(option, port)
    options.push(option, String(port))
  }
  const server = await startRoomd(data, ...options)
  const crowds = Array.from({ length: CROWDS }, () => new Crowd())
  let speaker: Client | undefined
  try {
    const reach = ({ dialect, option, tls }: Way) => ({
      dialect,
      port: option === undefined ? server.port : (ports.get(option) ?? 0),
      ca: tls ? readFileSync(join(data, 'cert.pem'), 'utf8') : undefined,
    })
    const { port, ca } = reach(room.speaker)
    speaker = new Client(port, ca === undefined ? undefined : createSecureContext({ ca }))
    await within(LIMIT_MS, 'entering', speaker.enter(DIALECTS[room.speaker.dialect], 0, 0))
    const cookies = await logIn(ports.get('--http') ?? 0, keys)
    const parts = split(members - 1, crowds.length * room.others.length)
    let first = 1
    // One crowd after the other: how many may log in at once is bounded for an address.
    for (const crowd of crowds) {
      const seats = room.others.map((way) => {
        const count = parts.shift() ?? 0
        first += count
        const passes = way === PIRATCHAT ? cookies.slice(first - count, first) : []
        return { ...reach(way), first: first - count, count, passes }
      })
      await crowd.enter(seats)
    }
    await quiet(SETTLED_MS)
    const messages = context.size(...MESSAGES)
    return await within(
      LIMIT_MS,
      'fan-out',
      speak([server.pid], speaker, crowds, members, messages, room.speaker.dialect),
    )
  } finally {
    speaker?.leave()
    await Promise.all(crowds.map((crowd) => crowd.leave()))
    await server.stop()
    discard(data)
  }
}

/** Has one member speak until everybody has heard everything; a bounded number of messages is ahead of the slowest. */
export async function speak(
  /** Of the servers, whose processor time counts. */
  pids: readonly number[],
  speaker: Client,
  crowds: readonly Crowd[],
  members: number,
  messages: number,
  dialect: DialectName,
): Promise<Round> {
  const { say } = DIALECTS[dialect]
  const floors = new Array<number>(crowds.length + 1).fill(0)
  const everybody = Promise.withResolvers<void>()
  let sent = messages
  const rise = (index: number) => (floor: number) => {
    floors[index] = floor
    const least = Math.min(...floors)
    for (; sent < Math.min(least + WINDOW, messages); sent++) speaker.send(say(payload(sent), 0))
    if (least === messages) everybody.resolve()
  }
  await Promise.all(crowds.map((crowd, index) => crowd.hear(messages, rise(index))))
  const own = hearAll([speaker], messages, rise(crowds.length))

  const serverSeconds = () => pids.reduce((seconds, pid) => seconds + cpuSeconds(pid), 0)
  const before = { server: serverSeconds(), generator: generatorSeconds(crowds) }
  const started = performance.now()
  sent = 0
  rise(crowds.length)(0)
  await Promise.race([Promise.all([everybody.promise, own]), ...crowds.map(({ lost }) => lost)])
  const seconds = (performance.now() - started) / 1_000
  const used = serverSeconds() - before.server
  const deliveries = members * messages
  return {
    rate: deliveries / seconds,
    cost: (used * 1e6) / deliveries,
    server: used / seconds,
    generator: (generatorSeconds(crowds) - before.generator) / seconds,
  }
}

function generatorSeconds(crowds: readonly Crowd[]): number {
  return crowds.reduce((seconds, { pid }) => seconds + cpuSeconds(pid), cpuSeconds(process.pid))
}

/** So many in parts that differ by one at most. */
export function split(count: number, parts: number): number[] {
  return Array.from({ length: parts }, (_, part) => Math.floor((count + part) / parts))
}
