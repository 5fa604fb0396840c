import type { Command } from './command.ts'
import { error } from './errors.ts'

export const help: Command = {
  name: '/help',
  usage: '/help [<command>]',
  help: 'The commands, or one of them.',
  state: 'any',
  least: 0,
  run({ commands }, parameter) {
    const asked = parameter.toUpperCase().replace(/^\//, '')
    const listed = commands
      .filter(({ name, aliases = [] }) => {
        return asked === '' || [name, ...aliases].some((word) => word.toUpperCase().replace(/^\//, '') === asked)
      })
      .map(({ name, usage, help }) => ({ name, usage, help }))
    if (listed.length === 0) return error('unknown-command', parameter)
    const text = listed.map(({ usage, help }) => `${usage}: ${help}`).join('\n')
    return { type: 'commandResult', result: text, commands: listed }
  },
}

/** `HELP` and `?` on a line of their own, without the slash that a newcomer does not know of. */
export const bareHelp: Command = {
  name: 'HELP',
  aliases: ['?'],
  usage: 'HELP',
  help: 'As /help: the commands.',
  state: 'any',
  least: 'none',
  run: (context) => help.run(context, ''),
}
