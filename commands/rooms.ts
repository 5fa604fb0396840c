import type { Command } from './command.ts'
import type { Reply } from './replies.ts'

/** Maximum rooms in the reply. */
const MAX_ROOMS = 1_000

type Busiest = readonly { readonly name: string; readonly members: number }[]

/** Replies by their list of rooms, shared by concurrent requests. */
const replies = new WeakMap<Busiest, Reply>()

export const rooms: Command = {
  name: '/rooms',
  usage: '/rooms',
  help: `The public rooms with their numbers of members, busiest first, at most ${MAX_ROOMS}.`,
  state: 'any',
  least: 0,
  async run({ chat }) {
    const busiest = await chat.rooms.busiest()
    let reply = replies.get(busiest)
    if (!reply) replies.set(busiest, (reply = Object.freeze(replyOf(busiest))))
    return reply
  },
}

function replyOf(busiest: Busiest): Reply {
  const listed = busiest.slice(0, MAX_ROOMS).map(({ name, members }) => ({ room: name, members }))
  const text = listed.map(({ room, members }) => `${room} (${members})`).join(', ')
  return { type: 'commandResult', result: text, rooms: listed }
}
