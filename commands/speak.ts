import type { Command } from './command.ts'
import { namedRoom } from './join.ts'
import { result } from './replies.ts'

export const speak: Command = {
  name: '/speak',
  usage: '/speak <room> [<password>]',
  help:
    'Say what follows in a room without entering it: nobody sees you join and leave, and you hear nothing. The room is created if it does not ' +
    'exist, and the present one is left. LEAVE and JOIN end it.',
  state: 'named',
  least: 1,
  async run(context, parameter) {
    const { chat, session } = context
    const { name, unlocked } = await namedRoom(context, parameter)
    const room = await chat.speakIn(session, unlocked?.slug ?? name, unlocked)
    if (session.membership) await chat.leave(session.membership)
    context.speaking = room
    return result(`Speaking in room ${room.record.slug}`)
  },
}
