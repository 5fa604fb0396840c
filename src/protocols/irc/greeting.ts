import type { IrcContext } from './command.ts'
import { isupport } from './isupport.ts'
import { type Lines, piecesOf, spaceIn } from './message.ts'

/** Returns the lines of a completed registration, from RPL_WELCOME to the message of the day. */
export async function greeting(context: IrcContext): Promise<Lines> {
  const { reply, session, options } = context
  const version = `roomd-${options.version}`
  return [
    reply('RPL_WELCOME', session.nick),
    reply('RPL_YOURHOST', version),
    reply('RPL_CREATED', new Date(options.startedAt).toUTCString()),
    reply('RPL_MYINFO', version),
    ...isupport().map((tokens) => reply('RPL_ISUPPORT', tokens)),
    ...(await userCounts(context)),
    ...(await messageOfTheDay(context)),
  ]
}

/** Returns the numbers of users, of all protocols. */
export async function userCounts({ chat, reply }: IrcContext): Promise<Lines> {
  const here = chat.users.numbersHere
  const { sessions, admins, nodes, most } = await chat.users.totals()
  return [
    reply('RPL_LUSERCLIENT', sessions, nodes),
    reply('RPL_LUSEROP', admins),
    reply('RPL_LUSERCHANNELS', await chat.rooms.occupied()),
    reply('RPL_LUSERME', here.sessions, nodes - 1),
    reply('RPL_LOCALUSERS', here.sessions, here.most),
    reply('RPL_GLOBALUSERS', sessions, most),
  ]
}

/** Returns the text of --welcome and the file of --motd. */
export async function messageOfTheDay({ chat, options, reply }: IrcContext): Promise<Lines> {
  const { welcome } = chat
  const maxBytes = spaceIn(reply('RPL_MOTD', ''))
  const texts = [...(welcome === undefined ? [] : [welcome]), ...((await options.motd()) ?? [])]
  const lines = texts.flatMap((whole) =>
    piecesOf(whole, maxBytes).map(({ text, continues }) => (continues ? text.trim() : text.trimEnd())),
  )
  if (lines.length === 0) return [reply('ERR_NOMOTD')]
  return [reply('RPL_MOTDSTART'), ...lines.map((line) => reply('RPL_MOTD', line)), reply('RPL_ENDOFMOTD')]
}
