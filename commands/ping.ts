import type { Command } from './command.ts'
import { result } from './replies.ts'

export const ping: Command = {
  name: '/ping',
  usage: '/ping [<text>]',
  help: 'Reply PONG and the text, after the replies to all earlier lines.',
  state: 'any',
  least: 0,
  run(_, text) {
    return result(text ? `PONG ${text}` : 'PONG')
  },
}
