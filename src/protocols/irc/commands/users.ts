import type { SessionInfo } from '../../../chat/sessions.ts'
import type { RoomRecord } from '../../../engine/engine.ts'
import { type IrcCommand, type IrcContext, type Lines, NOTHING } from '../command.ts'
import { channelOf, meantNick, SERVER, shownNick, sourceOf } from '../names.ts'
import { isVisible, packed, prefixOf, roomOf } from '../rooms.ts'

/** Bytes of the channels in a line of RPL_WHOISCHANNELS. */
const CHANNELS_BYTES = 380
const MAX_NICKS = 50

/** Returns the parts of a user's source. */
function hostOf(name: string, verified: boolean): { user: string; host: string } {
  const [, user = '', host = ''] = /!([^@]*)@(.*)$/.exec(sourceOf(name, verified)) ?? []
  return { user, host }
}

export const whois: IrcCommand = {
  name: 'WHOIS',
  least: 1,
  async run(context, { params }) {
    const nick = params.at(-1) ?? ''
    const { chat, session, reply } = context
    const name = meantNick(nick)
    const { sessions } = await chat.users.sessions(name)
    const rooms = await chat.users.rooms(name)
    const [first] = sessions
    if (!first && rooms.length === 0) return [reply('ERR_NOSUCHNICK', nick), reply('RPL_ENDOFWHOIS', nick)]
    const shown = shownNick(first?.name ?? name)
    const { user, host } = hostOf(shown, first?.account ?? false)
    const channels = await shownChannels(context, name, rooms)
    return [
      reply('RPL_WHOISUSER', shown, user, host),
      reply('RPL_WHOISSERVER', shown),
      ...packed(channels, CHANNELS_BYTES).map((text) => reply('RPL_WHOISCHANNELS', shown, text)),
      ...(first ? sessionLines(context, shown, first) : []),
      ...awayLines(context, name, shown),
      ...(session.isAdmin ? sessions.map(({ address }) => reply('RPL_WHOISHOST', shown, address)) : []),
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
  return [
    ...(protocol === 'irc' ? [] : [reply('RPL_WHOISSPECIAL', nick, `is connected through the protocol ${protocol}`)]),
    ...(account ? [reply('RPL_WHOISACCOUNT', nick, nick)] : []),
    ...(local.some(({ isBot }) => isBot) ? [reply('RPL_WHOISBOT', nick)] : []),
    ...(local.some(({ isAdmin }) => isAdmin) ? [reply('RPL_WHOISOPERATOR', nick)] : []),
    reply(
      'RPL_WHOISIDLE',
      nick,
      Math.floor((Date.now() - chat.users.activeAt(name, since)) / 1_000),
      Math.floor(since / 1_000),
    ),
  ]
}

function awayLines({ chat, reply }: IrcContext, name: string, nick: string): Lines {
  const text = chat.away.of(name)
  return text === undefined ? [] : [reply('RPL_AWAY', nick, text || 'Away')]
}

/** Returns the channels of a user that a session may see, each with the user's prefix. */
async function shownChannels(
  { chat, session }: IrcContext,
  name: string,
  rooms: readonly RoomRecord[],
): Promise<string[]> {
  const visible = rooms.filter((room) => isVisible(session, room))
  const ranks = await Promise.all(visible.map((room) => chat.ranks(room.id, [name])))
  return visible.map((room, index) => prefixOf(ranks[index]?.get(name)) + channelOf(room))
}

export const whowas: IrcCommand = {
  name: 'WHOWAS',
  least: 1,
  run({ reply }, { params: [nick = ''] }) {
    return [reply('ERR_WASNOSUCHNICK', nick), reply('RPL_ENDOFWHOWAS', nick)]
  },
}

export const who: IrcCommand = {
  name: 'WHO',
  least: 1,
  async run(context, { params: [mask = '', fields = ''] }) {
    const { chat, session, reply } = context
    const lines: string[] = []
    const [, wanted, token = ''] = /^%([a-zA-Z]+)(?:,(\d{1,3}))?$/.exec(fields) ?? []
    const line = (channel: string, name: string, prefix: string) => {
      const local = chat.users.here(name)
      const isAccount = local.some(({ registered }) => registered)
      const { user, host } = hostOf(name, isAccount)
      const flags = `${chat.away.of(name) === undefined ? 'H' : 'G'}${local.some(({ isAdmin }) => isAdmin) ? '*' : ''}${prefix}`
      const nick = shownNick(name)
      if (wanted === undefined) return reply('RPL_WHOREPLY', [channel, user, host, SERVER, nick, flags, `0 ${nick}`])
      const values: Readonly<Record<string, string>> = {
        t: token,
        c: channel,
        u: user,
        i: '255.255.255.255',
        h: host,
        s: SERVER,
        n: nick,
        f: flags,
        d: '0',
        l: '0',
        a: isAccount ? nick : '0',
        o: 'n/a',
        r: nick,
      }
      return reply(
        'RPL_WHOSPCRPL',
        [...'tcuihsnfdlaor'].filter((field) => wanted.includes(field)).map((field) => values[field] ?? ''),
      )
    }
    if (mask.startsWith('#')) {
      const room = await roomOf(context, mask).catch(() => undefined)
      if (room && isVisible(session, room)) {
        const members = await chat.rooms.inside(room.id)
        const ranks = await chat.ranks(room.id, members)
        for (const name of members) lines.push(line(channelOf(room), name, prefixOf(ranks.get(name))))
      }
    } else if (await isOnline(context, meantNick(mask))) {
      const [{ name = meantNick(mask) } = {}] = chat.users.here(meantNick(mask))
      lines.push(line('*', name, ''))
    }
    return [...lines, reply('RPL_ENDOFWHO', mask)]
  },
}

async function isOnline({ chat }: IrcContext, name: string): Promise<boolean> {
  return chat.users.here(name).length > 0 || (await chat.users.rooms(name)).length > 0
}

export const away: IrcCommand = {
  name: 'AWAY',
  least: 0,
  run({ chat, session, reply }, { params: [text = ''] }) {
    chat.away.set(session, text === '' ? undefined : text)
    return [text === '' ? reply('RPL_UNAWAY') : reply('RPL_NOWAWAY')]
  },
}

export const ison: IrcCommand = {
  name: 'ISON',
  least: 1,
  async run(context, { params }) {
    const nicks = params.flatMap((param) => param.split(' ')).filter((nick) => nick !== '')
    const online = await onlineOf(context, nicks)
    return [context.reply('RPL_ISON', online.join(' '))]
  },
}

async function onlineOf(context: IrcContext, nicks: readonly string[]): Promise<string[]> {
  const some = nicks.slice(0, MAX_NICKS)
  const found = await Promise.all(some.map((nick) => isOnline(context, meantNick(nick))))
  return some.filter((_, index) => found[index])
}

export const userhost: IrcCommand = {
  name: 'USERHOST',
  least: 1,
  async run(context, { params }) {
    const { chat, reply } = context
    const online = await onlineOf(context, params.slice(0, 5))
    const replies = online.map((nick) => {
      const name = meantNick(nick)
      const local = chat.users.here(name)
      const { user, host } = hostOf(
        name,
        local.some(({ registered }) => registered),
      )
      const [star, sign] = [
        local.some(({ isAdmin }) => isAdmin) ? '*' : '',
        chat.away.of(name) === undefined ? '+' : '-',
      ]
      return `${nick}${star}=${sign}${user}@${host}`
    })
    return [reply('RPL_USERHOST', replies.join(' '))]
  },
}

/** Real names are nicknames here. */
export const setname: IrcCommand = {
  name: 'SETNAME',
  least: 1,
  run: ({ session }) => [`:${SERVER} FAIL SETNAME CANNOT_CHANGE_REALNAME :${session.nick} has no other name`],
}

export const tagmsg: IrcCommand = { name: 'TAGMSG', least: 1, run: () => NOTHING }
