import type { Command, CommandContext } from './command.ts'
import { type CommandResult, error, result } from './replies.ts'
import { suggestionFor } from './suggest.ts'

/** The reply to somebody who reads plain lines: what a newcomer needs. */
const FIRST_STEPS = [
  'LOGIN <nickname>: Take a nickname; a registered one needs its password behind it.',
  'JOIN <room>: Enter a room, which is made if there is none. Every other line is said there.',
  '/who: The members of the room. /rooms: The rooms.',
  '/tell <nickname> <text>: Send a private message.',
  'HISTORY limit=20: The newest messages.',
  'LEAVE: Leave the room. /quit: Close the connection.',
  '/help <command>: Explain a command. /help all: All commands.',
].join('\n')

export const help: Command = {
  name: '/help',
  usage: '/help [<command>|all]',
  help: 'The commands, or one of them. With plain lines those that a newcomer needs; `all` adds the others.',
  state: 'any',
  least: 0,
  run({ commandGroups, form }, parameter) {
    if (parameter === '' && form === 'plain') return result(FIRST_STEPS)
    const asked = wordOf(parameter)
    if (asked === '' || asked === 'ALL') return everything(commandGroups)
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
    return error('unknown-command', parameter, suggestionFor(parameter, commandGroups))
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
