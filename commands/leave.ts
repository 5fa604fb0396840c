import type { Command } from './command.ts'
import { OK } from './replies.ts'

export const leave: Command = {
  name: 'LEAVE',
  aliases: ['LEAVE ROOM', 'LEFT', 'LEFT ROOM'],
  usage: 'LEAVE',
  help: 'Leave the room, or end /speak.',
  state: 'speaking',
  least: 'none',
  async run(context) {
    const { chat, session, speaking } = context
    if (speaking) context.speaking = undefined
    else await chat.leave(session.inRoom())
    return OK
  },
}
