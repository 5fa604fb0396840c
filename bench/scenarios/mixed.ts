/** One room through several protocols: what each costs, and that an event is encoded once for each of them. */
import {
  busy,
  CHATROOM,
  CHATTERBOX_TCP,
  GLOBES,
  LINE_TCP,
  middle,
  PIRATCHAT,
  playRounds,
  type Room,
  ratio,
} from '../room.ts'
import type { Figure, Scenario } from '../scenario.ts'

const LINE: Room = { name: 'line', speaker: LINE_TCP, others: [LINE_TCP] }
const HALF: Room = { name: 'half of each', speaker: LINE_TCP, others: [LINE_TCP, CHATTERBOX_TCP] }
const FOUR: Room = { name: 'four protocols', speaker: LINE_TCP, others: [LINE_TCP, CHATTERBOX_TCP, PIRATCHAT, GLOBES] }
const ROOMS: readonly Room[] = [
  LINE,
  { name: 'Chatterbox', speaker: LINE_TCP, others: [CHATTERBOX_TCP] },
  HALF,
  FOUR,
  // There it is TLS only, which the tls scenario has the price of.
  { name: 'Chatroom', speaker: LINE_TCP, others: [CHATROOM] },
  { name: 'Chatroom, speaking', speaker: CHATROOM, others: [CHATROOM] },
]

export const mixed: Scenario = {
  name: 'mixed',
  async run(context) {
    const rounds = await playRounds(context, ROOMS)
    const of = ({ name }: Room) => rounds.get(name) ?? []
    const found = ROOMS.flatMap((room): Figure[] => {
      const note = `${room.others.some(({ tls }) => tls) ? 'TLS' : 'TCP'}; ${busy(of(room))}`
      return [
        { name: `mixed: ${room.name}`, value: middle(of(room), 'rate'), unit: 'deliveries/s', note },
        { name: `mixed: ${room.name} cpu`, value: middle(of(room), 'cost'), unit: 'µs/delivery' },
      ]
    })
    const note = 'what more protocols in the room cost: one more encoding a message for each, not one a member'
    for (const room of [HALF, FOUR]) {
      const beside = (what: 'rate' | 'cost') => ratio(of(room), of(LINE), what)
      found.push({ name: `mixed: ${room.name}/line`, value: beside('rate'), unit: '× deliveries/s', note })
      found.push({ name: `mixed: ${room.name}/line cpu`, value: beside('cost'), unit: '× µs/delivery' })
    }
    return found
  },
}
