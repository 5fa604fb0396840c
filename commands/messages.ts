import type { Command } from './command.ts'
import { OK } from './replies.ts'
import { switchOf } from './words.ts'

export const messages: Command = {
  name: '/messages',
  usage: '/messages on|off',
  help: 'Leave the messages of rooms out on this connection, for a program that only speaks. Everything else still comes.',
  state: 'any',
  least: 1,
  run({ hear }, parameter) {
    hear(switchOf(parameter))
    return OK
  },
}
