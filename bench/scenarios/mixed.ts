/** One room through several protocols: what each costs, and that an event is encoded once for each of them. */
import { busy, CHATROOM, CHATTERBOX_TCP, LINE_TCP, middle, playRounds, type Room, ratio } from '../room.ts'
import type { Figure, Scenario } from '../scenario.ts'

const LINE: Room = { name: 'line', speaker: LINE_TCP, others: [LINE_TCP] }
const HALF: Room = { name: 'half of each', speaker: LINE_TCP, others: [LINE_TCP, CHATTERBOX_TCP] }
const ROOMS: readonly Room[] = [
  LINE,
  { name: 'Chatterbox', speaker: LINE_TCP, others: [CHATTERBOX_TCP] },
  HALF,
  // There it is TLS only, which the tls scenario has the price of.
  { name: 'Chatroom', speaker: LINE_TCP, others: [CHATROOM] },
  // What somebody says in frames is committed before the next frame is read, so nothing leaves together.
  { name: 'Chatroom, speaking', speaker: CHATROOM, others: [CHATROOM], messages: [200, 100] },
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
    const beside = (what: 'rate' | 'cost') => ratio(of(HALF), of(LINE), what)
    const note = 'what a second protocol in the room costs: one more encoding a message, not one a member'
    found.push({ name: 'mixed: half of each/line', value: beside('rate'), unit: '× deliveries/s', note })
    found.push({ name: 'mixed: half of each/line cpu', value: beside('cost'), unit: '× µs/delivery' })
    return found
  },
}
