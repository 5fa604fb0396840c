import { Refusal } from '../src/chat/refusal.ts'
import type { Command } from './command.ts'
import { NICKNAMES } from './limits.ts'
import { result } from './replies.ts'

/** The last word of a line that asks for plain lines. */
const PLAIN = /[ \t]plain=yes$/
const NICKNAME = new RegExp(NICKNAMES.pattern)

export const login: Command = {
  name: 'LOGIN',
  usage: 'LOGIN <nickname> [<password>] [plain=yes]',
  help: 'Take a nickname: 3 to 16 letters and digits. A registered one needs its password. plain=yes: as /plain.',
  state: 'anonymous',
  least: 1,
  async run({ chat, session, address, speak }, line) {
    const parameter = line.replace(PLAIN, '')
    if (parameter !== line) speak('plain')
    const [, nickname = '', rest] = /^([^ \t]*)(?:[ \t](.*))?$/s.exec(parameter) ?? []
    const password = rest?.trim() === '' ? undefined : rest
    if (!NICKNAME.test(nickname)) throw new Refusal('name-invalid')
    // Two words are an invalid nickname unless the first is an account.
    if (password !== undefined && !(await chat.accounts.isRegistered(nickname))) throw new Refusal('name-invalid')
    await chat.login(
      session,
      password === undefined ? nickname : await chat.accounts.authenticate(nickname, password, address),
    )
    return result(`Username set to ${session.name}`)
  },
}
