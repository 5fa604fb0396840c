import type { Command } from './command.ts'
import { result } from './replies.ts'

export const ping: Command = {
  name: '/ping',
  usage: '/ping [<text>]',
  help: 'Answered with PONG and the text, after everything asked before it.',
  state: 'any',
  least: 0,
  run(_talk, text) {
    return result(text ? `PONG ${text}` : 'PONG')
  },
}
