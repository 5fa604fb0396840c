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
    const { listening } = context
    const place = listening?.isOf(room) ? listening : chat.listeningIn(session, room)
    try {
      await place.begin(unlocked)
      if (session.membership) {
        await chat.leave(session.membership)
        // It may have been barred meanwhile, which nobody has told it.
        await place.readable()
      }
    } catch (error) {
      if (place !== listening) place.end()
      throw error
    }
    if (session.closed) place.end()
    context.listening = place
    context.speaking = undefined
    return result(`Listening in room ${room.slug}`)
  },
}
