/** A message in a room without moderation, beside a server that does nothing for it. */
import { type FanOut, fanOut, fanOutFigures } from '../fanout.ts'
import { Rounds, type Scenario } from '../scenario.ts'
import { startRoomd } from '../server.ts'

const ROUNDS = 7
const WITHOUT = new URL('../without-moderation.ts', import.meta.url)

export const moderation: Scenario = async (context) => {
  const play = async (imports: readonly URL[], members: number, messages: number): Promise<FanOut> => {
    await using server = await startRoomd({ imports })
    const way = { dialect: 'LINE', port: server.port } as const
    return await fanOut({ pids: [server.pid], speaker: way, others: [way], members, messages, isLocal: true })
  }
  const compare = async (members: number, messages: number) => {
    const contestants = {
      roomd: () => play([], members, messages),
      without: () => play([WITHOUT], members, messages),
    }
    const rounds = await new Rounds<FanOut>().play(context, `${members} members`, contestants, { rounds: ROUNDS })
    return fanOutFigures(rounds, `${members} members: `, [['roomd', 'without']])
  }
  return [
    ...(await compare(context.size(1_000, 100), context.size(2_000, 200))),
    // Where a message costs most beside its deliveries.
    ...(await compare(2, context.size(300_000, 3_000))),
  ]
}
