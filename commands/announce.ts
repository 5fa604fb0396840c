import type { Command } from './command.ts'
import { OK } from './replies.ts'

export const announce: Command = {
  name: '/announce',
  usage: '/announce <text>',
  help: 'Show a text to everybody who is logged in, at every protocol. For admins.',
  state: 'named',
  least: 1,
  async run({ chat, session }, text) {
    await chat.supervision.announce(session, text)
    return OK
  },
}
