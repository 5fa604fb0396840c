/** What TLS costs: the same room over TCP and over TLS. */
import {
  busy,
  CHATTERBOX_TCP,
  CHATTERBOX_TLS,
  LINE_TCP,
  LINE_TLS,
  middle,
  playRounds,
  type Room,
  ratio,
} from '../room.ts'
import type { Figure, Scenario } from '../scenario.ts'

interface Pair {
  readonly name: string
  readonly tcp: Room
  readonly tls: Room
}

const PAIRS: readonly Pair[] = [
  {
    name: 'line',
    tcp: { name: 'line, TCP', speaker: LINE_TCP, others: [LINE_TCP] },
    tls: { name: 'line, TLS', speaker: LINE_TLS, others: [LINE_TLS] },
  },
  {
    name: 'Chatterbox',
    tcp: { name: 'Chatterbox, TCP', speaker: LINE_TCP, others: [CHATTERBOX_TCP] },
    tls: { name: 'Chatterbox, TLS', speaker: LINE_TCP, others: [CHATTERBOX_TLS] },
  },
]

export const tls: Scenario = {
  name: 'tls',
  async run(context) {
    const pairs = PAIRS.flatMap(({ tcp, tls }) => [tcp, tls])
    const rounds = await playRounds(context, pairs)
    const of = ({ name }: Room) => rounds.get(name) ?? []
    const found = pairs.flatMap((room): Figure[] => [
      { name: room.name, value: middle(of(room), 'rate'), unit: 'deliveries/s', note: busy(of(room)) },
      { name: `${room.name} cpu`, value: middle(of(room), 'cost'), unit: 'µs/delivery' },
    ])
    for (const { name, tcp, tls } of PAIRS) {
      const beside = (what: 'rate' | 'cost') => ratio(of(tls), of(tcp), what)
      found.push({ name: `${name}, TLS/TCP`, value: beside('rate'), unit: '× deliveries/s' })
      found.push({ name: `${name}, TLS/TCP cpu`, value: beside('cost'), unit: '× µs/delivery' })
    }
    return found
  },
}
