import { type IrcCommand, NOTHING } from '../command.ts'
import { messageOfTheDay, userCounts } from '../greeting.ts'
import { isupport } from '../isupport.ts'
import { meantNick } from '../names.ts'
import { plainText } from '../texts.ts'

/** Returns a command without parameters. */
function simple(name: string, help: string, run: IrcCommand['run']): IrcCommand {
  return { name, usage: name, help, least: 0, run }
}

/** Returns a time as IRC shows it: `3 days 4:05:06`. */
function uptime(ms: number): string {
  const seconds = Math.floor(ms / 1_000)
  const [days, hours] = [Math.floor(seconds / 86_400), Math.floor(seconds / 3_600) % 24]
  const clock = [Math.floor(seconds / 60) % 60, seconds % 60].map((number) => String(number).padStart(2, '0'))
  return `${days} days ${hours}:${clock.join(':')}`
}

export const SERVER_COMMANDS: readonly IrcCommand[] = [
  simple('MOTD', 'Shows the message of the day.', messageOfTheDay),
  simple('LUSERS', 'Counts users and channels.', userCounts),
  simple('VERSION', 'Shows the version and features of the server.', ({ reply, options }) => [
    reply('RPL_VERSION', `roomd-${options.version}`),
    ...isupport().map((tokens) => reply('RPL_ISUPPORT', tokens)),
  ]),
  simple('TIME', 'Shows the time of the server.', ({ reply }) => [reply('RPL_TIME', new Date().toUTCString())]),
  simple('INFO', 'Tells what the server is.', ({ reply }) => [
    reply('RPL_INFO', 'roomd, a chat daemon that any shell can talk to'),
    reply('RPL_INFO', 'The same rooms are open to the line protocol, browsers and other chat protocols.'),
    reply('RPL_ENDOFINFO'),
  ]),
  simple('ADMIN', 'Tells where to ask about the server.', ({ reply }) => [
    reply('RPL_ADMINME'),
    reply('RPL_ADMINLOC', 'Ask in the room #lobby'),
  ]),
  simple('LINKS', 'Lists servers: this one.', ({ reply }) => [reply('RPL_LINKS'), reply('RPL_ENDOFLINKS')]),
  {
    name: 'OPER',
    usage: 'OPER <account> <password>',
    help: 'Gives the session the rights of an admin.',
    least: 2,
    async run({ chat, session, reply }, { params: [account = '', ...password] }) {
      await chat.supervision.elevate(session, meantNick(account), password.join(' '))
      return [`:${session.source} MODE ${session.nick} :+o`, reply('RPL_YOUREOPER')]
    },
  },
  {
    name: 'KILL',
    usage: 'KILL <nickname> [:<reason>]',
    help: 'Disconnects a user, as an admin.',
    least: 1,
    async run({ chat, session }, { params: [nick = '', reason = ''] }) {
      await chat.supervision.disconnect(session, meantNick(nick), plainText(reason))
      return NOTHING
    },
  },
  {
    name: 'WALLOPS',
    usage: 'WALLOPS :<text>',
    help: 'Announces something to everybody, as an admin.',
    least: 1,
    async run({ chat, session }, { params: [text = ''] }) {
      await chat.supervision.announce(session, plainText(text))
      return NOTHING
    },
  },
  simple('REHASH', 'Reloads the certificate, as an admin.', async ({ chat, session, reply, options }) => {
    await chat.admins.check(session)
    await options.reload()
    return [reply('RPL_REHASHING')]
  }),
  {
    name: 'STATS',
    usage: 'STATS u',
    help: 'Shows for how long the server has been running.',
    least: 1,
    run({ reply, options }, { params: [letter = ''] }) {
      const end = reply('RPL_ENDOFSTATS', letter)
      return letter === 'u' ? [reply('RPL_STATSUPTIME', uptime(Date.now() - options.startedAt)), end] : [end]
    },
  },
]
