/** IRC: one room of IRC clients beside the line protocol and other IRC servers, a room of several protocols, and a crowd that comes in. */
import { type Client, enterAll, quiet, within } from '../client.ts'
import type { DialectName } from '../dialect.ts'
import { type FanOut, fanOut, fanOutFigures } from '../fanout.ts'
import { type Context, type Figure, figure, Rounds, type Scenario } from '../scenario.ts'
import {
  AT_ONCE_AT_NGIRCD,
  cpuSeconds,
  memory,
  type Server,
  startInspircd,
  startNgircd,
  startRoomd,
} from '../server.ts'

const LISTENERS = ['--irc', '--http', '--chatterbox-plain']
/** The ways of the members in a room of several protocols. */
const MIXED = {
  '--line': 'LOBBY',
  '--irc': 'IRC_LOBBY',
  '--http': 'LINE_SOCKET',
  '--chatterbox-plain': 'CHATTERBOX',
} as const
/** Members that come in at the same time: InspIRCd completes registrations once a second. */
const AT_ONCE_AT_INSPIRCD = 250
const LIMIT_MS = 60_000

export const irc: Scenario = async (context) => [
  ...(await compare(context, 64, context.size(1_000, 200))),
  ...(await compare(context, 1, context.size(200, 50))),
]

async function compare(context: Context, window: number, messages: number): Promise<Figure[]> {
  const members = context.size(1_000, 100)
  const room = { members, messages, window, isLocal: true }
  const play = async (start: () => Promise<Server>, dialect: DialectName, atOnce?: number): Promise<FanOut> => {
    await using server = await start()
    const way = { dialect, port: server.port, ...(atOnce !== undefined && { atOnce }) }
    return await fanOut({ pids: [server.pid], speaker: way, others: [way], ...room })
  }
  const playMixed = async (): Promise<FanOut> => {
    await using roomd = await startRoomd({ listeners: LISTENERS })
    const others = Object.entries(MIXED).map(([option, dialect]) => ({ dialect, port: roomd.ports.get(option) ?? 0 }))
    return await fanOut({ pids: [roomd.pid], speaker: { dialect: 'LOBBY', port: roomd.port }, others, ...room })
  }
  const contestants = {
    line: () => play(startRoomd, 'LINE'),
    irc: () => play(startIrc, 'IRC'),
    'four protocols': playMixed,
    inspircd: () => play(startInspircd, 'IRC', AT_ONCE_AT_INSPIRCD),
    ngircd: () => play(startNgircd, 'IRC', AT_ONCE_AT_NGIRCD),
  }
  const rivals = ['inspircd', 'ngircd']
  const rounds = await new Rounds<FanOut>().play(context, `irc, window ${window}`, contestants, { optional: rivals })
  const ratios: (readonly [string, string])[] = [
    ['irc', 'line'],
    ['four protocols', 'line'],
    ...rivals.filter((rival) => rounds.played.has(rival)).map((rival) => ['irc', rival] as const),
  ]
  return fanOutFigures(rounds, `irc, window ${window} `, ratios)
}

async function startIrc() {
  const roomd = await startRoomd({ listeners: LISTENERS })
  return { ...roomd, port: roomd.ports.get('--irc') ?? 0 }
}

/** Everybody registers and comes into one channel at the same time, and NAMES then tells of all. */
export const ircJoins: Scenario = async (context) => {
  const count = context.size(5_000, 300)
  await using server = await startIrc()
  const started = performance.now()
  const clients = await enterAll({ dialect: 'IRC', port: server.port, count, atOnce: 1_000 })
  const enteredMs = performance.now() - started
  const settledMs = (await quiet(500)) - started
  const [first] = clients
  if (!first) throw new Error('nobody there')
  const names = await namesOf(first, '#bench0')
  const lost = clients.filter(({ closed }) => closed).length
  for (const client of clients) client[Symbol.dispose]()
  return [
    figure('irc, joins', enteredMs / 1_000, 's', `${count} clients register and enter one channel`),
    figure('irc, joins, all told', settledMs / 1_000, 's'),
    figure('irc, joins cpu', cpuSeconds(server.pid), 's'),
    figure('irc, joins peak memory', memory(server.pid, 'VmHWM') / 1_024, 'MB'),
    figure('irc, joins dropped', lost, 'connections'),
    figure('irc, joins missing in NAMES', count - names.size, 'nicknames'),
  ]
}

/** The nicknames that NAMES tells. */
async function namesOf(client: Client, channel: string): Promise<Set<string>> {
  let text = ''
  const { promise, resolve } = Promise.withResolvers<void>()
  client.heard = (chunk) => {
    text += chunk.toString('latin1')
    if (text.includes(' 366 ')) resolve()
  }
  client.send(`NAMES ${channel}\r\n`)
  await within(LIMIT_MS, 'NAMES', promise)
  const lines = text.split('\r\n').filter((line) => line.includes(' 353 '))
  return new Set(
    lines.flatMap((line) =>
      line
        .replace(/^.* :/, '')
        .split(' ')
        .map((nick) => nick.replace(/^[@+]/, '')),
    ),
  )
}
