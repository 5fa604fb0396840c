import type { Command } from './command.ts'
import { result } from './replies.ts'

export const pipe: Command = {
  name: 'PIPE',
  usage: 'PIPE',
  help: 'Say every further line of this connection as it is, whatever it looks like; empty lines are skipped. The end of the input ends it.',
  state: 'speaking',
  least: 'none',
  run({ pipe }) {
    pipe()
    return result('Everything that follows is said as it is')
  },
}
