/** A message in a room without moderation, beside a server that does nothing for it; and what it does, by itself. */
import { RoomState } from '../../src/chat/room-state.ts'
import type { Event } from '../../src/engine/event.ts'
import { type FanOut, fanOut } from '../fanout.ts'
import { figure, Rounds, type Scenario } from '../scenario.ts'
import { startRoomd } from '../server.ts'

const ROUNDS = 7
const WITHOUT = new URL('../without-moderation.ts', import.meta.url)

export const moderation: Scenario = async (context) => {
  const [members, messages] = [context.size(1_000, 100), context.size(15_000, 200)]
  const play = async (imports: readonly URL[]): Promise<FanOut> => {
    await using server = await startRoomd({ imports })
    const way = { dialect: 'LINE', port: server.port } as const
    return await fanOut({ pids: [server.pid], speaker: way, others: [way], members, messages, isLocal: true })
  }
  const contestants = { roomd: () => play([]), without: () => play([WITHOUT]) }
  const rounds = await new Rounds<FanOut>().play(context, 'fan-out', contestants, { rounds: ROUNDS })
  const checks = checksNs(context.size(10_000_000, 100_000))
  const message = rounds.median('roomd', 'cost') * members * 1_000
  return [
    figure('fan-out with checks/without, cpu', rounds.ratio('roomd', 'without', 'cost'), '× µs/delivery'),
    figure('checks of a message', checks, 'ns CPU', `${((100 * checks) / message).toFixed(4)} % of it`),
  ]
}

/** Time that the state of a room without mutes and modes takes for a message, in ns. */
function checksNs(messages: number): number {
  const state = new RoomState({})
  const speaker = { key: 'ann', accountId: undefined, isAdmin: false }
  const event: Event = { id: 1, at: 1, kind: 'message', room: 1, from: 'ann', body: 'hello' }
  const before = process.cpuUsage()
  for (let n = 0; n < messages; n++) {
    state.checkSpeech(speaker)
    state.apply(event)
  }
  const { user, system } = process.cpuUsage(before)
  return ((user + system) * 1_000) / messages
}
