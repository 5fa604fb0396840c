import type { Command } from './command.ts'
import { existingRoom } from './join.ts'
import { result } from './replies.ts'

export const listen: Command = {
  name: '/listen',
  usage: '/listen <room> [<password>]',
  help:
    'Hear what happens in a room that exists without entering it: nobody sees you join and leave, and you say nothing. HISTORY gives its past. ' +
    'The present room is left. LEAVE and JOIN end it.',
  hints: { 'room-private': '/listen <room> <password>' },
  state: 'named',
  least: 1,
  async run(context, parameter) {
    const { chat, session } = context
    const { room, unlocked } = await existingRoom(context, parameter)
    const place = chat.listeningIn(session, room, unlocked)
    await place.readable()
    context.listening = place
    await place.begin().catch((error) => {
      context.listening = undefined
      throw error
    })
    context.speaking = undefined
    if (session.membership) await chat.leave(session.membership)
    return result(`Listening in room ${room.slug}`)
  },
}
