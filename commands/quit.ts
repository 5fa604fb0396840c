import type { Command } from './command.ts'
import { result } from './replies.ts'

export const quit: Command = {
  name: '/quit',
  usage: '/quit',
  help: 'Close the connection.',
  state: 'any',
  least: 0,
  async run(context) {
    await context.endSession()
    return result('Bye')
  },
}
