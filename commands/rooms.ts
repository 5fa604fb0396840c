import type { ListedRoom } from '../src/chat/room-lists.ts'
import type { Command } from './command.ts'
import type { Reply } from './replies.ts'

/** Maximum rooms in a reply, and in the reply to `/rooms all`. */
const MAX_ROOMS = 100
const MAX_ALL_ROOMS = 1_000

/** Replies by their list of rooms, shared by concurrent requests. */
const replies = new WeakMap<readonly ListedRoom[], Reply>()

export const rooms: Command = {
  name: '/rooms',
  usage: '/rooms [all | <text>]',
  help: `The public rooms with members or messages of the last week, busiest first, at most ${MAX_ROOMS}; all rooms, at most ${MAX_ALL_ROOMS}; or those with the text in their name or topic.`,
  state: 'any',
  least: 0,
  async run({ chat }, parameter) {
    if (parameter === '') return shared(await chat.rooms.lists.alive(), MAX_ROOMS)
    if (parameter.toLowerCase() === 'all') return shared(await chat.rooms.lists.all(), MAX_ALL_ROOMS)
    return replyOf(await chat.rooms.lists.matching(parameter), MAX_ROOMS)
  },
}

function shared(list: readonly ListedRoom[], most: number): Reply {
  let reply = replies.get(list)
  if (!reply) replies.set(list, (reply = Object.freeze(replyOf(list, most))))
  return reply
}

function replyOf(list: readonly ListedRoom[], most: number): Reply {
  const listed = list.slice(0, most).map(({ name, members, topic }) => {
    return { room: name, members, ...(topic !== undefined && { topic }) }
  })
  const shown = listed.map(({ room, members, topic }) => `${room} (${members}${topic ? `: ${topic}` : ''})`)
  const more = list.length - listed.length
  const text = shown.length > 0 ? shown.join(', ') : 'No such room'
  if (more === 0) return { type: 'commandResult', result: text, rooms: listed }
  const rest = `${more} more, see ${most === MAX_ROOMS ? '/rooms all and ' : ''}/rooms TEXT`
  return { type: 'commandResult', result: `${text}\n${rest}`, rooms: listed, more }
}
