/** All commands of the line protocol, by topic. A new command is a file in this folder and a line here. */
import { addressBans, banAddress, unbanAddress } from './address-bans.ts'
import { announce } from './announce.ts'
import { away } from './away.ts'
import { block, blocked, unblock } from './block.ts'
import type { Command } from './command.ts'
import { deleteMessage } from './delete.ts'
import { disconnect } from './disconnect.ts'
import { bareHelp, help } from './help.ts'
import { history } from './history.ts'
import { inbox } from './inbox.ts'
import { enterExisting, join } from './join.ts'
import { leave } from './leave.ts'
import { limits } from './limits.ts'
import { listen } from './listen.ts'
import { login } from './login.ts'
import { logout } from './logout.ts'
import { me, notice } from './me.ts'
import { message } from './message.ts'
import { messages } from './messages.ts'
import { hidden, inviteOnly, keep, limit, lock, moderated, modes, slow, unlock } from './modes.ts'
import { passwd } from './passwd.ts'
import { ping } from './ping.ts'
import { pipe } from './pipe.ts'
import { json, plain } from './plain.ts'
import { quit } from './quit.ts'
import { register } from './register.ts'
import { deop, devoice, invite, op, owner, voice } from './roles.ts'
import { rooms } from './rooms.ts'
import { bans, mutes } from './sanction-lists.ts'
import { ban, kick, mute, unban, unmute } from './sanctions.ts'
import { search } from './search.ts'
import { sessions } from './sessions.ts'
import { speak } from './speak.ts'
import { tell } from './tell.ts'
import { token } from './token.ts'
import { close, title, topic } from './topic.ts'
import { unregister } from './unregister.ts'
import { who } from './who.ts'
import { whoami } from './whoami.ts'
import { whois } from './whois.ts'

/** The commands by topic, in the order in which /help shows them: first those that a newcomer needs. */
export const COMMAND_GROUPS = {
  Talk: [
    help,
    login,
    join,
    message,
    tell,
    who,
    rooms,
    leave,
    quit,
    me,
    notice,
    enterExisting,
    speak,
    listen,
    away,
    block,
    unblock,
    blocked,
  ],
  History: [history, search, inbox, deleteMessage],
  Rooms: [topic, title, modes, moderated, slow, limit, inviteOnly, invite, lock, unlock, hidden, keep, close],
  Moderation: [kick, mute, unmute, mutes, ban, unban, bans, op, deop, voice, devoice, owner],
  Account: [register, passwd, unregister, whoami, sessions, logout, token],
  Connection: [pipe, messages, plain, json, limits, ping, bareHelp],
  Admin: [whois, disconnect, announce, banAddress, unbanAddress, addressBans],
} as const satisfies Readonly<Record<string, readonly Command[]>>

export const commands: readonly Command[] = Object.values(COMMAND_GROUPS).flat()
