/** One room whose members come different ways: through protocols, over TCP, TLS or WebSocket. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { logIn, makeAccounts, makeKeys } from '../accounts.ts'
import type { DialectName } from '../dialect.ts'
import { type FanOut, fanOut, fanOutFigures } from '../fanout.ts'
import { type Context, type Figure, Rounds, type Scenario } from '../scenario.ts'
import { startRoomd, temporary } from '../server.ts'

interface Way {
  readonly dialect: DialectName
  /** Option of the listener. */
  readonly listener: string
}

const LINE: Way = { dialect: 'LOBBY', listener: '--line' }
const LINE_TLS: Way = { dialect: 'LOBBY', listener: '--line-tls' }
const CHATTERBOX: Way = { dialect: 'CHATTERBOX', listener: '--chatterbox-plain' }
const CHATTERBOX_TLS: Way = { dialect: 'CHATTERBOX', listener: '--chatterbox' }
const CHATROOM: Way = { dialect: 'CHATROOM', listener: '--chatroom' }
const LINE_SOCKET: Way = { dialect: 'LINE_SOCKET', listener: '--http' }
const PIRATCHAT: Way = { dialect: 'PIRATCHAT', listener: '--http' }
const GLOBES: Way = { dialect: 'GLOBES', listener: '--http' }
const SSE: Way = { dialect: 'SSE', listener: '--http' }
const OVER_TLS = ['--line-tls', '--chatterbox', '--chatroom']

/** The way of the member that speaks, and those of the members that listen, who come in equal parts. */
type Room = readonly [speaker: Way, ...others: Way[]]

/** What more protocols in a room cost: one more encoding of a message for each, not one for each member. */
export const mixed: Scenario = (context) => {
  const rooms: Record<string, Room> = {
    line: [LINE, LINE],
    Chatterbox: [LINE, CHATTERBOX],
    'half of each': [LINE, LINE, CHATTERBOX],
    'four protocols': [LINE, LINE, CHATTERBOX, PIRATCHAT, GLOBES],
    // There it is TLS only, which the tls scenario has the price of.
    Chatroom: [LINE, CHATROOM],
    'Chatroom, speaking': [CHATROOM, CHATROOM],
  }
  return compare(context, 'mixed: ', rooms, { 'half of each': 'line', 'four protocols': 'line' })
}

/** What TLS costs. */
export const tls: Scenario = (context) => {
  const rooms: Record<string, Room> = {
    'line, TCP': [LINE, LINE],
    'line, TLS': [LINE_TLS, LINE_TLS],
    'Chatterbox, TCP': [LINE, CHATTERBOX],
    'Chatterbox, TLS': [LINE, CHATTERBOX_TLS],
  }
  return compare(context, '', rooms, { 'line, TLS': 'line, TCP', 'Chatterbox, TLS': 'Chatterbox, TCP' })
}

/** What frames and JSON of WebSockets, and streams of server-sent events, cost beside lines over TCP. */
export const web: Scenario = (context) => {
  const ways = { '/line': LINE_SOCKET, Piratchat: PIRATCHAT, Globes: GLOBES, SSE }
  const rooms = Object.entries({ line: LINE, ...ways }).map(([name, way]) => [name, [LINE, way] as const] as const)
  const ratios = Object.keys(ways).map((name) => [name, 'line'] as const)
  return compare(context, 'web: ', Object.fromEntries(rooms), Object.fromEntries(ratios))
}

/** `ratios` has what each of some rooms is compared to. */
async function compare(
  context: Context,
  prefix: string,
  rooms: Readonly<Record<string, Room>>,
  ratios: Readonly<Record<string, string>>,
): Promise<Figure[]> {
  const contestants = Object.entries(rooms).map(([name, room]) => [name, () => play(context, room)] as const)
  const rounds = await new Rounds<FanOut>().play(context, 'fan-out', Object.fromEntries(contestants))
  return fanOutFigures(rounds, prefix, Object.entries(ratios))
}

async function play(context: Context, [speaker, ...others]: Room): Promise<FanOut> {
  const members = context.size(1_000, 100)
  const data = temporary()
  if (others.includes(CHATROOM)) await makeAccounts(data, members)
  const keys = others.includes(PIRATCHAT) ? await makeKeys(data, members) : []
  const listeners = [speaker, ...others].map(({ listener }) => listener)
  await using server = await startRoomd({ data, listeners })
  const passes = await logIn(server.url, keys)
  const reach = ({ dialect, listener }: Way) => ({
    dialect,
    port: server.ports.get(listener) ?? 0,
    ca: OVER_TLS.includes(listener) ? readFileSync(join(data, 'cert.pem'), 'utf8') : undefined,
    ...(dialect === 'PIRATCHAT' && { passes }),
  })
  const messages = context.size(2_000, 1_000)
  return await fanOut({ pids: [server.pid], speaker: reach(speaker), others: others.map(reach), members, messages })
}
