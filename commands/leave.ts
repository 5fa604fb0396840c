import type { Command } from './command.ts'
import { OK } from './replies.ts'

export const leave: Command = {
  name: 'LEAVE',
  aliases: ['LEAVE ROOM', 'LEFT', 'LEFT ROOM'],
  usage: 'LEAVE',
  help: 'Leave the room, or end /speak or /listen.',
  state: 'named',
  least: 'none',
  async run(context) {
    const { chat, session, speaking, listening } = context
    if (speaking || listening) {
      context.speaking = context.listening = undefined
    } else await chat.leave(session.inRoom())
    return OK
  },
}
