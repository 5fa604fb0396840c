import type { Command } from './command.ts'
import { breakingOff, NONCE, saidText } from './message.ts'
import { OK } from './replies.ts'
import { splitName } from './words.ts'

export const tell: Command = {
  name: '/tell',
  aliases: ['/msg'],
  usage: '/tell <nickname> [nonce=<word>] <text>',
  help:
    'Send a private message to a user in any room, or to an account, which finds it in its inbox. A guest has to be in a room. ' +
    'A nickname with spaces stands in quotes. A JSON string and a nonce are as for MESSAGE.',
  state: 'named',
  least: 2,
  async run(context, parameter) {
    const { chat, session } = context
    const { name: nickname, rest: said } = splitName(parameter)
    const [prefix = '', nonce] = NONCE.exec(said) ?? []
    if (nonce !== undefined) context.usesNonces = true
    const sent = chat.messages.send(session, nickname, saidText(said.slice(prefix.length)), { nonce })
    await (nonce === undefined ? sent : sent.catch(breakingOff(context)))
    return OK
  },
}
