import type { Command } from './command.ts'
import { OK } from './replies.ts'

/** Also what a line is that names no command. */
export const message: Command = {
  name: 'MESSAGE',
  usage: 'MESSAGE <text>',
  help: 'Say a text literally, even if it looks like a command.',
  state: 'inRoom',
  least: 1,
  pipelined: true,
  run: ({ chat, session }, text) => chat.talk.say(session, text).then(() => OK),
}
