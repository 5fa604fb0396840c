/** All commands of the line protocol. A new command is a file in this folder and a line here. */
import { away } from './away.ts'
import { block, blocked, unblock } from './block.ts'
import type { Command } from './command.ts'
import { bareHelp, help } from './help.ts'
import { history } from './history.ts'
import { inbox } from './inbox.ts'
import { join } from './join.ts'
import { leave } from './leave.ts'
import { limits } from './limits.ts'
import { login } from './login.ts'
import { message } from './message.ts'
import { ping } from './ping.ts'
import { pipe } from './pipe.ts'
import { json, plain } from './plain.ts'
import { quit } from './quit.ts'
import { register } from './register.ts'
import { rooms } from './rooms.ts'
import { tell } from './tell.ts'
import { who } from './who.ts'

export const commands: readonly Command[] = [
  login,
  join,
  leave,
  message,
  pipe,
  history,
  help,
  bareHelp,
  limits,
  who,
  rooms,
  away,
  tell,
  inbox,
  block,
  unblock,
  blocked,
  register,
  plain,
  json,
  ping,
  quit,
]
