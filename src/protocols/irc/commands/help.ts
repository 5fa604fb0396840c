import type { IrcCommand } from '../command.ts'
import { packed } from '../packing.ts'

/** Bytes of the names of commands in a line. */
const NAMES_BYTES = 72

/** Returns HELP and HELPOP, which tell about all commands, themselves included. */
export function helpCommands(others: readonly IrcCommand[]): readonly IrcCommand[] {
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
