import type { Command } from './command.ts'
import { result } from './replies.ts'

export const unregister: Command = {
  name: '/unregister',
  usage: '/unregister <password>',
  help: 'Remove your account, with its blocks and inbox, and disconnect it everywhere. Nobody can take the nickname for 30 days.',
  state: 'named',
  least: 1,
  async run(context, password) {
    const { chat, session } = context
    const freeAt = await chat.settings.unregister(session, password)
    await context.endSession()
    return result(
      `Nickname ${session.name} is no account any more; it is free from ${new Date(freeAt).toISOString().slice(0, 10)} on`,
    )
  },
}
