import type { IrcCommand } from '../command.ts'
import { authenticate, cap } from './capabilities.ts'
import { invite, join, kick, list, names, part, topic } from './channels.ts'
import { chathistory, redact } from './history.ts'
import { batch, notice, privmsg, tagmsg } from './messages.ts'
import { mode } from './modes.ts'
import { monitor } from './monitor.ts'
import { nick, pass, ping, pong, quit, register, user } from './registration.ts'
import { admin, help, info, kill, links, lusers, motd, oper, rehash, stats, time, version, wallops } from './server.ts'
import { away, ison, setname, userhost, whois, whowas } from './users.ts'
import { who } from './who.ts'

/** All commands, in the groups of docs/protocols/irc.md, section 4. */
const ALL: readonly IrcCommand[] = [
  ...[cap, authenticate, pass, nick, user, ping, pong, quit, register],
  ...[join, part, topic, names, list, invite, kick, mode],
  ...[privmsg, notice, tagmsg, batch],
  ...[who, whois, whowas, away, ison, userhost, monitor, setname],
  ...[chathistory, redact],
  ...[motd, lusers, version, time, info, admin, stats, help, links],
  ...[oper, kill, wallops, rehash],
]

export const COMMANDS: ReadonlyMap<string, IrcCommand> = new Map(ALL.map((command) => [command.name, command]))
