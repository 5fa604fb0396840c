import { type Command, type CommandContext, Mistake } from './command.ts'
import { existingRoom, namedRoom } from './join.ts'
import { result } from './replies.ts'

/** The option before the room, with which a client that comes back does not create the room again. */
const EXISTING = /^exists=yes(?:[ \t]+|$)/

export const speak: Command = {
  name: '/speak',
  usage: '/speak [exists=yes] <room> [<password>]',
  help:
    'Say what follows in a room without entering it: nobody sees you join and leave, and you hear nothing. The room is created if it does not ' +
    'exist, unless exists=yes is given, and the present one is left. LEAVE and JOIN end it.',
  hints: { 'room-private': '/speak <room> <password>' },
  state: 'named',
  least: 1,
  async run(context, parameter) {
    const { chat, session } = context
    const { which, unlocked } = await placeOf(context, parameter)
    const room = await chat.speakIn(session, which, unlocked)
    if (session.membership) await chat.leave(session.membership)
    context.speaking = room
    context.listening = undefined
    return result(`Speaking in room ${room.record.slug}`)
  },
}

async function placeOf(context: CommandContext, parameter: string) {
  const [option] = EXISTING.exec(parameter) ?? []
  if (option === undefined) {
    const { name, unlocked } = await namedRoom(context, parameter)
    return { which: unlocked ?? name, unlocked }
  }
  if (option === parameter) throw new Mistake('missing-parameter')
  const { room, unlocked } = await existingRoom(context, parameter.slice(option.length))
  return { which: room, unlocked }
}
