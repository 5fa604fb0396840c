import type { IrcCommand } from '../command.ts'
import { CAPABILITY_COMMANDS } from './capabilities.ts'
import { CHANNEL_COMMANDS } from './channels.ts'
import { helpCommands } from './help.ts'
import { HISTORY_COMMANDS } from './history.ts'
import { listCommand } from './list.ts'
import { MESSAGE_COMMANDS } from './messages.ts'
import { modeCommand } from './modes.ts'
import { monitorCommand } from './monitor.ts'
import { REGISTRATION_COMMANDS } from './registration.ts'
import { SERVER_COMMANDS } from './server.ts'
import { USER_COMMANDS } from './users.ts'
import { whoCommand } from './who.ts'

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
