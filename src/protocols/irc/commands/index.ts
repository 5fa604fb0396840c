import type { IrcCommand } from '../command.ts'
import { packed } from '../message.ts'
import { CAPABILITY_COMMANDS } from './capabilities.ts'
import { CHANNEL_COMMANDS } from './channels.ts'
import { HISTORY_COMMANDS } from './history.ts'
import { listCommand } from './list.ts'
import { MESSAGE_COMMANDS } from './messages.ts'
import { modeCommand } from './modes.ts'
import { monitorCommand } from './monitor.ts'
import { REGISTRATION_COMMANDS } from './registration.ts'
import { SERVER_COMMANDS } from './server.ts'
import { USER_COMMANDS } from './users.ts'
import { whoCommand } from './who.ts'

/** Bytes of the names of commands in a line. */
const NAMES_BYTES = 72

/** Returns HELP and HELPOP, which tell about all commands, themselves included. */
function helpCommands(others: readonly IrcCommand[]): readonly IrcCommand[] {
  const run: IrcCommand['run'] = ({ reply }, { params: [asked = ''] }) => {
    if (asked === '') {
      return [
        reply('RPL_HELPSTART', '*', 'Commands of roomd; HELP <command> tells about one'),
        ...packed([...byName.keys()], NAMES_BYTES).map((names) => reply('RPL_HELPTXT', '*', names)),
        reply('RPL_ENDOFHELP', '*'),
      ]
    }
    const command = byName.get(asked.toUpperCase())
    if (!command) return [reply('ERR_HELPNOTFOUND', asked)]
    const { name, usage, help } = command
    return [reply('RPL_HELPSTART', name, usage), reply('RPL_HELPTXT', name, help), reply('RPL_ENDOFHELP', name)]
  }
  const own = ['HELP', 'HELPOP'].map((name): IrcCommand => {
    return { name, usage: `${name} [<command>]`, help: 'Lists the commands, or tells about one.', least: 0, run }
  })
  const byName = new Map([...others, ...own].map((command) => [command.name, command]))
  return own
}

/** All commands, in the groups of docs/protocols/irc.md, section 4. */
const ALL: readonly IrcCommand[] = [
  ...CAPABILITY_COMMANDS,
  ...REGISTRATION_COMMANDS,
  ...CHANNEL_COMMANDS,
  listCommand,
  modeCommand,
  ...MESSAGE_COMMANDS,
  ...HISTORY_COMMANDS,
  ...USER_COMMANDS,
  whoCommand,
  monitorCommand,
  ...SERVER_COMMANDS,
]

export const COMMANDS: ReadonlyMap<string, IrcCommand> = new Map(
  [...ALL, ...helpCommands(ALL)].map((command) => [command.name, command]),
)
