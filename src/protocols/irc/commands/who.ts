import { fold } from '../../../chat/names.ts'
import type { RoomRecord } from '../../../engine/engine.ts'
import { slicesOf } from '../../../slices.ts'
import type { IrcCommand, IrcContext } from '../command.ts'
import { LongReply } from '../long-reply.ts'
import { fitting, fittingUsers } from '../masks.ts'
import { channelOf, meantNick, SERVER, shownNick } from '../names.ts'
import { findVisible, isHidden, prefixOf } from '../rooms.ts'
import { isAdminHere, isBotHere } from '../session.ts'

/** Maximum users in the reply to a mask. */
const MAX_MATCHES = 200
/** Users whose lines are made in one turn. */
const SLICE = 64

/** The users of a reply. */
interface Found {
  /** Up to {@link SLICE} nicknames in each, one a line: a client that reads slowly holds no object for each member. */
  readonly slices: readonly string[]
  /** The room whose members they are; undefined for none. */
  readonly room: RoomRecord | undefined
}

/** A user in the reply, with its prefix in a channel, which is `*` for none. */
interface Listed {
  readonly name: string
  readonly channel: string
  readonly prefix: string
}

/** The fields of WHOX and the token of the reply. */
interface WhoxFields {
  readonly letters: string
  readonly token: string
}

/** The letters of WHOX in the order of their values. */
const LETTERS = 'tcuihsnfdlaor'

export const whoCommand: IrcCommand = {
  name: 'WHO',
  usage: 'WHO <channel or mask> [o][%<fields>[,<token>]]',
  help: 'Lists users, with o admins alone; with the fields of WHOX.',
  least: 1,
  async run(context, { params: [mask = '', selection = ''] }) {
    const [, letters, token = ''] = /^[^%]*%([a-zA-Z]+)(?:,(\d{1,3}))?$/.exec(selection) ?? []
    const fields = letters === undefined ? undefined : { letters, token }
    const isShown = /^[^%]*o/.test(selection) ? (name: string) => isAdminHere(context.chat, name) : () => true
    const { slices, room } = await find(context, mask, isShown)
    const reply = new LongReply(context)
    for (const slice of slices) {
      if (!(await context.chat.workTurns.next(context.session))) break
      const users = await listed(context, slice.split('\n'), room)
      await reply.add(await Promise.all(users.map((user) => lineOf(context, user, fields))))
    }
    return [...reply.rest(), context.reply('RPL_ENDOFWHO', mask)]
  },
}

/** The users of a channel or mask, as far as they are to be shown. */
async function find(context: IrcContext, mask: string, isShown: (name: string) => boolean): Promise<Found> {
  const room = mask.startsWith('#') ? await findVisible(context, mask) : undefined
  const names = mask.startsWith('#') ? await membersOf(context, room) : await usersLike(context, mask)
  return { slices: Array.from(slicesOf(names.filter(isShown), SLICE), (some) => some.join('\n')), room }
}

async function membersOf({ chat, session }: IrcContext, room: RoomRecord | undefined): Promise<readonly string[]> {
  if (!room) return []
  if (!(await chat.workTurns.next(session))) return []
  return chat.rooms.inside(room.id)
}

async function listed({ chat }: IrcContext, names: string[], room: RoomRecord | undefined): Promise<Listed[]> {
  if (!room) return names.map((name) => ({ name, channel: '*', prefix: '' }))
  const ranks = await chat.users.ranks(room.id, names)
  return names.map((name) => ({ name, channel: channelOf(room), prefix: prefixOf(ranks.get(name)) }))
}

/** The user of a nickname, or those on this node and in the session's rooms whose source fits a mask. */
async function usersLike(context: IrcContext, mask: string): Promise<readonly string[]> {
  const { chat, session } = context
  const wanted = meantNick(mask)
  if (!/[*?!@]/.test(mask)) {
    const [here] = chat.users.here(wanted)
    return (await chat.users.isOnline(wanted)) ? [here?.name ?? wanted] : []
  }
  const fits = fittingSources(context, mask)
  const found = new Map<string, string>()
  for await (const name of namesSeen(context)) {
    const key = fold(name)
    if (found.has(key) || (key !== session.key && isHidden(context, name))) continue
    if (await fits(name)) found.set(key, name)
    if (found.size === MAX_MATCHES) break
  }
  return [...found.values()]
}

/** Returns a check whether the nicknames of users fit a mask, and where it has a part for user or host these too. */
function fittingSources(
  { chat, options: { users } }: IrcContext,
  mask: string,
): (name: string) => boolean | Promise<boolean> {
  const [, nick, user = '', host] = /^(?:([^!]*)!)?([^@]*)(?:@(.*))?$/s.exec(mask) ?? []
  const isNick = nick === undefined && host === undefined
  const fitsNick = fitting(fold(meantNick((isNick ? user : nick) || '*')))
  const fits = (name: string) => fitsNick([...fold(name)])
  if (isNick) return fits
  const fitsUser = fittingUsers(user || '*')
  const fitsHost = fitting(fold(host || '*'))
  return async (name) => {
    if (!fits(name)) return false
    const shown = users.userHostOf(name, await chat.users.isOwner(name))
    return fitsUser(shown.user) && fitsHost([...shown.host])
  }
}

/** The nicknames on this node and in the rooms of the session, some of them several times. */
async function* namesSeen({ chat, session }: IrcContext): AsyncGenerator<string> {
  yield* chat.workTurns.each(session, chat.users.namesHere())
  for (const room of [...session.memberships.keys()]) yield* chat.workTurns.each(session, await chat.rooms.inside(room))
}

async function lineOf(
  context: IrcContext,
  { name, channel, prefix }: Listed,
  fields: WhoxFields | undefined,
): Promise<string> {
  const { chat, reply, options } = context
  const bot = isBotHere(chat, name) ? 'B' : ''
  const isAccount = await chat.users.isOwner(name)
  const { user, host } = options.users.userHostOf(name, isAccount)
  const realName = options.users.realNameOf(name)
  const flags = `${chat.away.of(name) === undefined ? 'H' : 'G'}${isAdminHere(chat, name) ? '*' : ''}${prefix}${bot}`
  const nick = shownNick(name)
  if (!fields) return reply('RPL_WHOREPLY', [channel, user, host, SERVER, nick, flags, `0 ${realName}`])
  const values: Readonly<Record<string, string>> = {
    t: fields.token || '0',
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
    r: realName,
  }
  const shown = [...LETTERS].filter((letter) => fields.letters.includes(letter))
  return reply(
    'RPL_WHOSPCRPL',
    shown.map((letter) => values[letter] ?? ''),
  )
}
