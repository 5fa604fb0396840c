/** One room, many members, a bounded number of messages in flight: roomd beside Redis pub/sub and ngircd. */
import type { DialectName } from '../dialect.ts'
import { type FanOut, fanOut, fanOutFigures } from '../fanout.ts'
import { type Context, type Figure, Rounds, type Scenario } from '../scenario.ts'
import { AT_ONCE_AT_NGIRCD, type Server, startNgircd, startRedis, startRoomd } from '../server.ts'

export const fanout: Scenario = (context) => compare(context, 64, context.size(2_000, 200))
export const fanout1: Scenario = (context) => compare(context, 1, context.size(400, 50))

async function compare(context: Context, window: number, messages: number): Promise<Figure[]> {
  const members = context.size(1_000, 100)
  const play = async (start: () => Promise<Server>, dialect: DialectName, atOnce?: number): Promise<FanOut> => {
    await using server = await start()
    const way = { dialect, port: server.port, ...(atOnce !== undefined && { atOnce }) }
    return await fanOut({ pids: [server.pid], speaker: way, others: [way], members, messages, window, isLocal: true })
  }
  const contestants = {
    roomd: () => play(startRoomd, 'LINE'),
    redis: () => play(startRedis, 'RESP'),
    ngircd: () => play(startNgircd, 'IRC', AT_ONCE_AT_NGIRCD),
  }
  const rivals = ['redis', 'ngircd']
  const rounds = await new Rounds<FanOut>().play(context, `window ${window}`, contestants, { optional: rivals })
  const ratios = rivals.filter((rival) => rounds.played.has(rival)).map((rival) => ['roomd', rival] as const)
  return fanOutFigures(rounds, `window ${window} `, ratios)
}
