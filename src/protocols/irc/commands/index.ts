import type { IrcCommand } from '../command.ts'
import { authenticate, cap } from './capabilities.ts'
import { invite, join, kick, list, names, part, topic } from './channels.ts'
import { chathistory, redact } from './history.ts'
import { notice, privmsg } from './messages.ts'
import { mode } from './modes.ts'
import { nick, pass, ping, pong, quit, register, user } from './registration.ts'
import { admin, help, info, kill, links, lusers, motd, oper, rehash, time, version, wallops } from './server.ts'
import { away, ison, setname, tagmsg, userhost, who, whois, whowas } from './users.ts'

/** All commands, in the groups of docs/protocols/irc.md, section 4. */
const ALL: readonly IrcCommand[] = [
  ...[cap, authenticate, pass, nick, user, ping, pong, quit, register],
  ...[join, part, topic, names, list, invite, kick, mode],
  ...[privmsg, notice, tagmsg],
  ...[who, whois, whowas, away, ison, userhost, setname],
  ...[chathistory, redact],
  ...[motd, lusers, version, time, info, admin, help, links],
  ...[oper, kill, wallops, rehash],
]

export const COMMANDS: ReadonlyMap<string, IrcCommand> = new Map(ALL.map((command) => [command.name, command]))
