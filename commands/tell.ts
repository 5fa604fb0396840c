import type { Command } from './command.ts'
import { NONCE, saidText } from './message.ts'
import { OK } from './replies.ts'

export const tell: Command = {
  name: '/tell',
  aliases: ['/msg'],
  usage: '/tell <nickname> [nonce=<word>] <text>',
  help:
    'Send a private message to a user in any room, or to an account, which finds it in its inbox. A guest has to be in a room. ' +
    'A JSON string and a nonce are as for MESSAGE.',
  state: 'named',
  least: 2,
  async run({ chat, session }, parameter) {
    const [, nickname = '', said = ''] = /^(\S+)[ \t]+(.*)$/s.exec(parameter) ?? []
    const [prefix = '', nonce] = NONCE.exec(said) ?? []
    await chat.messages.send(session, nickname, saidText(said.slice(prefix.length)), { nonce })
    return OK
  },
}
