import type { Command, CommandContext } from './command.ts'
import { error } from './errors.ts'
import type { CommandResult } from './replies.ts'

export const help: Command = {
  name: '/help',
  usage: '/help [<command>]',
  help: 'The commands, or one of them.',
  state: 'any',
  least: 0,
  run({ commandGroups }, parameter) {
    if (parameter === '') return everything(commandGroups)
    const asked = wordOf(parameter)
    for (const [group, commands] of Object.entries(commandGroups)) {
      const found = commands.filter(({ name, aliases = [] }) =>
        [name, ...aliases].some((word) => wordOf(word) === asked),
      )
      if (found.length > 0)
        return replyOf(
          found.map((command) => entryOf(command, group)),
          found.map(textOf),
        )
    }
    return error('unknown-command', parameter)
  },
}

let all: CommandResult | undefined

/** Returns the reply with all commands, which is made and encoded once. */
function everything(groups: CommandContext['commandGroups']): CommandResult {
  if (all) return all
  const topics = Object.entries(groups)
  const text = topics.map(([group, commands]) => [`${group}:`, ...commands.map(textOf)].join('\n'))
  const entries = topics.flatMap(([group, commands]) => commands.map((command) => entryOf(command, group)))
  all = Object.freeze(replyOf(entries, text))
  return all
}

function replyOf(commands: NonNullable<CommandResult['commands']>, texts: readonly string[]): CommandResult {
  return { type: 'commandResult', result: texts.join('\n'), commands }
}

function entryOf({ name, usage, help }: Command, group: string) {
  return { name, usage, help, group }
}

function textOf({ usage, help }: Command): string {
  return `${usage}: ${help}`
}

function wordOf(name: string): string {
  return name.toUpperCase().replace(/^\//, '')
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
