import type { Command } from './command.ts'
import { result } from './replies.ts'

export const logout: Command = {
  name: '/logout',
  usage: '/logout <id>',
  help: 'End one of your sessions.',
  state: 'named',
  least: 1,
  async run(context, id) {
    const { chat, session } = context
    if (id === session.id) await context.endSession()
    else await chat.settings.logout(session, id)
    return result(`Logged out ${id}`)
  },
}
