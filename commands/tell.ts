import type { Command } from './command.ts'
import { OK } from './replies.ts'

export const tell: Command = {
  name: '/tell',
  aliases: ['/msg'],
  usage: '/tell <nickname> <text>',
  help: 'Send a private message to a user in any room, or to an account, which finds it in its inbox. A guest has to be in a room.',
  state: 'named',
  least: 2,
  async run({ chat, session }, parameter) {
    const [, nickname = '', text = ''] = /^(\S+)[ \t]+(.*)$/s.exec(parameter) ?? []
    await chat.messages.send(session, nickname, text)
    return OK
  },
}
