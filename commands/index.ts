/** All commands of the line protocol. A new command is a file in this folder and a line here. */
import { block, blocked, unblock } from './block.ts'
import type { Command } from './command.ts'
import { help } from './help.ts'
import { history } from './history.ts'
import { join } from './join.ts'
import { leave } from './leave.ts'
import { limits } from './limits.ts'
import { login } from './login.ts'
import { message } from './message.ts'
import { ping } from './ping.ts'
import { quit } from './quit.ts'
import { register } from './register.ts'
import { rooms } from './rooms.ts'
import { search } from './search.ts'
import { tell } from './tell.ts'
import { who } from './who.ts'

export const commands: readonly Command[] = [
  login,
  join,
  leave,
  message,
  history,
  search,
  help,
  limits,
  who,
  rooms,
  tell,
  block,
  unblock,
  blocked,
  register,
  ping,
  quit,
]
