import { type Command, Mistake } from './command.ts'
import { saidText } from './message.ts'
import { result } from './replies.ts'

/** Matches a word, or a text in quotes with the escapes of JSON, and the rest. */
const FIRST = /^("(?:[^"\\]|\\.)*"(?=[ \t])|[^ \t]+)[ \t]+(.*)$/s

export const passwd: Command = {
  name: '/passwd',
  usage: '/passwd <old>|<nickname> <new>',
  help:
    'Change the password of your account, and log out everywhere else; an old password with spaces stands in quotes. An admin sets the ' +
    'password of any account.',
  state: 'named',
  least: 2,
  async run({ chat, session }, parameter) {
    const [, first = '', password = ''] = FIRST.exec(parameter) ?? []
    if (password === '') throw new Mistake('missing-parameter')
    if (await chat.settings.resetPassword(session, first, password)) return result(`Password of ${first} changed`)
    await chat.settings.changePassword(session, saidText(first), password)
    return result('Password changed')
  },
}
