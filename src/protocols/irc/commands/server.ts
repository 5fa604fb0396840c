import { type IrcCommand, NOTHING } from '../command.ts'
import { messageOfTheDay, userCounts } from '../greeting.ts'
import { isupport } from '../isupport.ts'
import { meantNick } from '../names.ts'

const motd: IrcCommand = { name: 'MOTD', least: 0, run: (context) => messageOfTheDay(context) }

const lusers: IrcCommand = { name: 'LUSERS', least: 0, run: (context) => userCounts(context) }

const version: IrcCommand = {
  name: 'VERSION',
  least: 0,
  run: ({ reply, options }) => [
    reply('RPL_VERSION', `roomd-${options.version}`),
    ...isupport().map((tokens) => reply('RPL_ISUPPORT', tokens)),
  ],
}

const time: IrcCommand = {
  name: 'TIME',
  least: 0,
  run: ({ reply }) => [reply('RPL_TIME', new Date().toUTCString())],
}

const info: IrcCommand = {
  name: 'INFO',
  least: 0,
  run: ({ reply }) => [
    reply('RPL_INFO', 'roomd, a chat daemon that any shell can talk to'),
    reply('RPL_INFO', 'The same rooms are open to the line protocol, browsers and other chat protocols.'),
    reply('RPL_ENDOFINFO'),
  ],
}

const admin: IrcCommand = {
  name: 'ADMIN',
  least: 0,
  run: ({ reply }) => [reply('RPL_ADMINME'), reply('RPL_ADMINLOC', 'Ask in the room #lobby')],
}

const links: IrcCommand = {
  name: 'LINKS',
  least: 0,
  run: ({ reply }) => [reply('RPL_LINKS'), reply('RPL_ENDOFLINKS')],
}

const HELP = [
  'JOIN #room            enter or make a room',
  'PRIVMSG nick :text    a private message; it waits for the owner of an account who is away',
  'REGISTER * * password make your nickname an account',
  'CHATHISTORY           read what was said, with the capability draft/chathistory',
]

const help: IrcCommand = {
  name: 'HELP',
  least: 0,
  run({ reply }, { params: [subject = ''] }) {
    if (subject !== '') return [reply('ERR_HELPNOTFOUND', subject)]
    return [
      reply('RPL_HELPSTART', '*', 'Commands of roomd'),
      ...HELP.map((line) => reply('RPL_HELPTXT', '*', line)),
      reply('RPL_ENDOFHELP', '*'),
    ]
  },
}

/** Proves the account of an admin. */
const oper: IrcCommand = {
  name: 'OPER',
  least: 2,
  async run({ chat, session, reply }, { params: [account = '', ...password] }) {
    await chat.supervision.elevate(session, meantNick(account), password.join(' '))
    return [`:${session.source} MODE ${session.nick} :+o`, reply('RPL_YOUREOPER')]
  },
}

const kill: IrcCommand = {
  name: 'KILL',
  least: 1,
  async run({ chat, session }, { params: [nick = '', reason = ''] }) {
    await chat.supervision.disconnect(session, meantNick(nick), reason)
    return NOTHING
  },
}

const wallops: IrcCommand = {
  name: 'WALLOPS',
  least: 1,
  async run({ chat, session }, { params: [text = ''] }) {
    await chat.supervision.announce(session, text)
    return NOTHING
  },
}

const rehash: IrcCommand = {
  name: 'REHASH',
  least: 0,
  async run({ chat, session, reply, options }) {
    await chat.admins.check(session)
    await options.reload()
    return [reply('RPL_REHASHING')]
  },
}

const stats: IrcCommand = {
  name: 'STATS',
  least: 1,
  run({ reply, options }, { params: [letter = ''] }) {
    const end = reply('RPL_ENDOFSTATS', letter)
    return letter === 'u' ? [reply('RPL_STATSUPTIME', uptime(Date.now() - options.startedAt)), end] : [end]
  },
}

/** Returns a time as IRC shows it: `3 days 4:05:06`. */
function uptime(ms: number): string {
  const seconds = Math.floor(ms / 1_000)
  const [days, hours] = [Math.floor(seconds / 86_400), Math.floor(seconds / 3_600) % 24]
  const clock = [Math.floor(seconds / 60) % 60, seconds % 60].map((number) => String(number).padStart(2, '0'))
  return `${days} days ${hours}:${clock.join(':')}`
}

export const SERVER_COMMANDS: readonly IrcCommand[] = [
  motd,
  lusers,
  version,
  time,
  info,
  admin,
  links,
  help,
  oper,
  kill,
  wallops,
  rehash,
  stats,
]
