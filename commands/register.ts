import type { Command } from './command.ts'
import { result } from './replies.ts'

export const register: Command = {
  name: '/register',
  usage: '/register <password>',
  help: 'Make your nickname an account: from then on nobody can use it without the password.',
  state: 'named',
  least: 1,
  async run({ chat, session, address }, password) {
    await chat.accounts.register(session.name, password, address, session)
    return result(`Nickname ${session.name} is registered`)
  },
}
