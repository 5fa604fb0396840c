/** IRC: one room of IRC clients beside the line protocol and other IRC servers, and a room of several protocols. */
import type { DialectName } from '../dialect.ts'
import { type FanOut, fanOut, fanOutFigures } from '../fanout.ts'
import { type Context, type Figure, Rounds, type Scenario } from '../scenario.ts'
import { type Server, startInspircd, startNgircd, startRoomd } from '../server.ts'

const LISTENERS = ['--irc', '--http', '--chatterbox-plain']
/** The ways of the members in a room of several protocols. */
const MIXED = {
  '--line': 'LOBBY',
  '--irc': 'IRC_LOBBY',
  '--http': 'LINE_SOCKET',
  '--chatterbox-plain': 'CHATTERBOX',
} as const

export const irc: Scenario = async (context) => [
  ...(await compare(context, 64, context.size(2_000, 200))),
  ...(await compare(context, 1, context.size(400, 50))),
]

async function compare(context: Context, window: number, messages: number): Promise<Figure[]> {
  const members = context.size(1_000, 100)
  const room = { members, messages, window, isLocal: true }
  const play = async (start: () => Promise<Server>, dialect: DialectName): Promise<FanOut> => {
    await using server = await start()
    const way = { dialect, port: server.port }
    return await fanOut({ pids: [server.pid], speaker: way, others: [way], ...room })
  }
  const playIrc = async () => {
    const roomd = await startRoomd({ listeners: LISTENERS })
    return { ...roomd, port: roomd.ports.get('--irc') ?? 0 }
  }
  const playMixed = async (): Promise<FanOut> => {
    await using roomd = await startRoomd({ listeners: LISTENERS })
    const others = Object.entries(MIXED).map(([option, dialect]) => ({ dialect, port: roomd.ports.get(option) ?? 0 }))
    return await fanOut({ pids: [roomd.pid], speaker: { dialect: 'LOBBY', port: roomd.port }, others, ...room })
  }
  const contestants = {
    line: () => play(startRoomd, 'LINE'),
    irc: () => play(playIrc, 'IRC'),
    'four protocols': playMixed,
    inspircd: () => play(startInspircd, 'IRC'),
    ngircd: () => play(startNgircd, 'IRC'),
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
