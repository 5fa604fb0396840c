import type { SessionInfo } from '../../../chat/sessions.ts'
import { isLonger, owned } from '../../../chat/text.ts'
import type { RoomRecord } from '../../../engine/engine.ts'
import type { IrcCommand, IrcContext } from '../command.ts'
import { IRC_LIMITS } from '../isupport.ts'
import { ircLine, type Lines, linesWith } from '../message.ts'
import { channelOf, meantNick, SERVER, shownNick, userHostOf } from '../names.ts'
import { isVisible, prefixOf } from '../rooms.ts'
import { IrcSession, isAdminHere, isBotHere } from '../session.ts'
import { ownLine } from '../tags.ts'
import { cleanRealName, plainText } from '../texts.ts'

const whois: IrcCommand = {
  name: 'WHOIS',
  usage: 'WHOIS <nickname>',
  help: 'Tells about a user.',
  least: 1,
  async run(context, { params }) {
    const nick = params.at(-1) ?? ''
    const { chat, session, reply, options } = context
    const name = meantNick(nick)
    const { sessions } = await chat.users.sessions(name)
    const rooms = await chat.users.rooms(name)
    const [first] = sessions
    if (!first && rooms.length === 0) return [reply('ERR_NOSUCHNICK', nick), reply('RPL_ENDOFWHOIS', nick)]
    const shown = shownNick(first?.name ?? name)
    const { user, host } = options.users.userHostOf(name, first?.account ?? false)
    const channels = await shownChannels(context, name, rooms)
    const away = chat.away.of(name)
    return [
      reply('RPL_WHOISUSER', shown, user, host, options.users.realNameOf(first?.name ?? name)),
      reply('RPL_WHOISSERVER', shown),
      ...linesWith(channels, (text) => reply('RPL_WHOISCHANNELS', shown, text)),
      ...(first ? sessionLines(context, shown, first) : []),
      ...(away === undefined ? [] : [reply('RPL_AWAY', shown, away || 'Away')]),
      // Another user may have the nickname on another node.
      ...sessions
        .filter(({ id }) => session.isAdmin || id === session.id)
        .map(({ address }) => reply('RPL_WHOISHOST', shown, address)),
      reply('RPL_ENDOFWHOIS', nick),
    ]
  },
}

function sessionLines(
  { chat, reply }: IrcContext,
  nick: string,
  { name, protocol, account, since }: SessionInfo,
): Lines {
  const local = chat.users.here(name)
  const isSecure =
    local.length > 0 && local.every((session) => session instanceof IrcSession && session.link.isEncrypted)
  return [
    ...(protocol === 'irc' ? [] : [reply('RPL_WHOISSPECIAL', nick, `is connected through the protocol ${protocol}`)]),
    ...(account ? [reply('RPL_WHOISACCOUNT', nick, nick)] : []),
    ...(isBotHere(chat, name) ? [reply('RPL_WHOISBOT', nick)] : []),
    ...(isSecure ? [reply('RPL_WHOISSECURE', nick)] : []),
    ...(isAdminHere(chat, name) ? [reply('RPL_WHOISOPERATOR', nick)] : []),
    reply(
      'RPL_WHOISIDLE',
      nick,
      // The clock may have gone back.
      Math.max(0, Math.floor((Date.now() - chat.users.activeAt(name, since)) / 1_000)),
      Math.floor(since / 1_000),
    ),
  ]
}

/** Returns the channels of a user that a session may see, each with the user's prefix. */
async function shownChannels(
  { chat, session }: IrcContext,
  name: string,
  rooms: readonly RoomRecord[],
): Promise<string[]> {
  const visible = rooms.filter((room) => isVisible(session, room))
  const ranks = await Promise.all(visible.map((room) => chat.users.ranks(room.id, [name])))
  return visible.map((room, index) => prefixOf(ranks[index]?.get(name)) + channelOf(room))
}

const whowas: IrcCommand = {
  name: 'WHOWAS',
  usage: 'WHOWAS <nickname> [<count>]',
  help: 'Tells of users who have gone.',
  least: 1,
  run({ chat, reply, options }, { params: [nick = '', count = ''] }) {
    const all = chat.users.past.of(meantNick(nick))
    const most = /^[1-9]\d{0,3}$/.test(count) ? Number(count) : all.length
    const lines = all.slice(0, most).flatMap((past) => {
      const { name, verified, leftAt } = past
      const details = options.users.detailsOfPast(past)
      const { user, host } = userHostOf(name, verified, details?.username)
      const shown = shownNick(name)
      return [
        reply('RPL_WHOWASUSER', shown, user, host, details?.realName ?? name),
        reply('RPL_WHOISSERVER', shown, new Date(leftAt).toUTCString()),
      ]
    })
    const found = lines.length > 0 ? lines : [reply('ERR_WASNOSUCHNICK', nick)]
    return [...found, reply('RPL_ENDOFWHOWAS', nick)]
  },
}

const awayCommand: IrcCommand = {
  name: 'AWAY',
  usage: 'AWAY [:<text>]',
  help: 'Marks you as away, or without a text as back.',
  least: 0,
  run({ chat, session, reply }, { params: [text = ''] }) {
    const shown = plainText(text, IRC_LIMITS.away)
    chat.away.set(session, shown === '' ? undefined : shown)
    return [shown === '' ? reply('RPL_UNAWAY') : reply('RPL_NOWAWAY')]
  },
}

const ison: IrcCommand = {
  name: 'ISON',
  usage: 'ISON <nickname>{ <nickname>}',
  help: 'Tells which of the users are online.',
  least: 1,
  async run(context, { params }) {
    const nicks = params.flatMap((param) => param.split(' ')).filter((nick) => nick !== '')
    return oneOrMore(await onlineOf(context, nicks), (text) => context.reply('RPL_ISON', text))
  },
}

async function onlineOf(context: IrcContext, nicks: readonly string[]): Promise<string[]> {
  const found = await Promise.all(nicks.map((nick) => context.chat.users.isOnline(meantNick(nick))))
  return nicks.filter((_, index) => found[index])
}

/** Returns the lines with all words, one where there are none. */
function oneOrMore(words: readonly string[], line: (text: string) => string): Lines {
  return words.length === 0 ? [line('')] : linesWith(words, line)
}

const userhost: IrcCommand = {
  name: 'USERHOST',
  usage: 'USERHOST <nickname>{ <nickname>}',
  help: 'Tells the hosts of up to five users.',
  least: 1,
  async run(context, { params }) {
    const { chat, reply, options } = context
    const online = await onlineOf(context, params.slice(0, 5))
    const replies = online.map(async (nick) => {
      const name = meantNick(nick)
      const { user, host } = options.users.userHostOf(name, await chat.users.isOwner(name))
      const star = isAdminHere(chat, name) ? '*' : ''
      return `${nick}${star}=${chat.away.of(name) === undefined ? '+' : '-'}${user}@${host}`
    })
    return oneOrMore(await Promise.all(replies), (text) => reply('RPL_USERHOST', text))
  },
}

/** IRCv3, "setname". */
const setname: IrcCommand = {
  name: 'SETNAME',
  usage: 'SETNAME :<real name>',
  help: 'Changes your real name.',
  least: 1,
  run({ session, options }, { params: [text = ''] }) {
    const realName = cleanRealName(text)
    const why =
      realName === '' ? 'A real name is not empty' : `A real name has at most ${IRC_LIMITS.realName} characters`
    if (realName === '' || isLonger(realName, IRC_LIMITS.realName))
      return [ircLine(SERVER, 'FAIL', ['SETNAME', 'INVALID_REALNAME', why])]
    session.realName = owned(realName)
    options.users.described(session)
    return session.caps.has('setname') ? [ownLine(session, ircLine(session.source, 'SETNAME', [realName]))] : []
  },
}

export const USER_COMMANDS: readonly IrcCommand[] = [whois, whowas, awayCommand, ison, userhost, setname]
