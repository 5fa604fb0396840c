import type { Command } from './command.ts'
import { OK } from './replies.ts'

/** The command for lines without a command name. */
export const message: Command = {
  name: 'MESSAGE',
  usage: 'MESSAGE <text>',
  help: 'Say a text literally, even if it looks like a command.',
  state: 'inRoom',
  least: 1,
  pipelined: true,
  run: ({ chat, session }, text) => chat.messages.say(session.inRoom(), text).then(() => OK),
}
