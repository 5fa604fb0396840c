import type { Command } from './command.ts'
import { OK } from './replies.ts'

export const leave: Command = {
  name: 'LEAVE',
  aliases: ['LEAVE ROOM', 'LEFT', 'LEFT ROOM'],
  usage: 'LEAVE',
  help: 'Leave the room.',
  state: 'inRoom',
  least: 'none',
  async run({ chat, session }) {
    await chat.leave(session.inRoom())
    return OK
  },
}
