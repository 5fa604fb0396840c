/** One room on WebSockets: what frames and JSON cost beside lines over TCP. */
import { knows, startHttp } from '../http.ts'
import {
  busy,
  GLOBES,
  LINE_SOCKET,
  LINE_TCP,
  middle,
  PIRATCHAT,
  playRounds,
  type Room,
  ratio,
  type Way,
} from '../room.ts'
import type { Context, Figure, Scenario } from '../scenario.ts'

const heardThrough = (name: string, way: Way): Room => ({ name, speaker: LINE_TCP, others: [way] })

const LINE = heardThrough('line, TCP', LINE_TCP)
const SOCKETS: readonly { readonly path: string; readonly room: Room }[] = [
  { path: '/line', room: heardThrough('/line', LINE_SOCKET) },
  { path: '/ws', room: heardThrough('Piratchat', PIRATCHAT) },
  { path: '/chats/1/ws', room: heardThrough('Globes', GLOBES) },
]

export const web: Scenario = {
  name: 'web',
  async run(context) {
    const sockets = await there(context)
    const rooms = [LINE, ...sockets]
    const rounds = await playRounds(context, rooms)
    const of = ({ name }: Room) => rounds.get(name) ?? []
    const found = rooms.flatMap((room): Figure[] => [
      { name: `web: ${room.name}`, value: middle(of(room), 'rate'), unit: 'deliveries/s', note: busy(of(room)) },
      { name: `web: ${room.name} cpu`, value: middle(of(room), 'cost'), unit: 'µs/delivery' },
    ])
    for (const room of sockets) {
      const beside = (what: 'rate' | 'cost') => ratio(of(room), of(LINE), what)
      found.push({ name: `web: ${room.name}/line`, value: beside('rate'), unit: '× deliveries/s' })
      found.push({ name: `web: ${room.name}/line cpu`, value: beside('cost'), unit: '× µs/delivery' })
    }
    return found
  },
}

async function there(context: Context): Promise<Room[]> {
  const server = await startHttp()
  try {
    const rooms: Room[] = []
    for (const { path, room } of SOCKETS) {
      if (await knows(server, path)) rooms.push(room)
      else context.say(`${room.name} is left out: there is no ${path}`)
    }
    return rooms
  } finally {
    await server.stop()
  }
}
