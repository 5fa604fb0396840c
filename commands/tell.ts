import type { Command } from './command.ts'
import { OK } from './replies.ts'

export const tell: Command = {
  name: '/tell',
  aliases: ['/msg'],
  usage: '/tell <nickname> <text>',
  help: 'Send a private message to a member of your room.',
  state: 'inRoom',
  least: 2,
  async run({ chat, session }, parameter) {
    const [, nickname = '', text = ''] = /^(\S+)[ \t]+(.*)$/s.exec(parameter) ?? []
    await chat.messages.tell(session.inRoom(), nickname, text)
    return OK
  },
}
