import type { Signal } from '../../chat/news.ts'
import type { Event } from '../../engine/event.ts'
import type { Cap } from './caps.ts'
import { ircLine, tagText } from './message.ts'
import { shownNick } from './names.ts'
import { type IrcSession, isBot } from './session.ts'

/** The user whom a line comes from. */
export interface Sender {
  readonly name: string
  /** True for the owner of an account. */
  readonly verified?: boolean | undefined
  readonly isBot?: boolean
}

/** The properties of a line from which its tags are made. */
export interface Tagged {
  /** Undefined for a line of the server. */
  readonly from?: Sender | undefined
  /** Time in ms since the epoch; now without it. */
  readonly at?: number
  readonly msgid?: string | undefined
  /** The tags of a client; `bot` tells that it is a program. */
  readonly clientTags?: Readonly<Record<string, string>> | undefined
}

type Tags = [key: string, value: string][]

/** Returns the tags of a line for a client with these capabilities. */
export function tagsFor(
  has: (cap: Cap & ('server-time' | 'message-tags' | 'account-tag')) => boolean,
  { from, at = Date.now(), msgid, clientTags = {} }: Tagged,
): Tags {
  const tags: Tags = []
  if (has('server-time')) tags.push(['time', new Date(at).toISOString()])
  if (msgid !== undefined && has('message-tags')) tags.push(['msgid', msgid])
  if (from?.verified && has('account-tag')) tags.push(['account', shownNick(from.name)])
  if (!has('message-tags')) return tags
  if (from?.isBot || clientTags.bot !== undefined) tags.push(['bot', ''])
  tags.push(...Object.entries(clientTags).filter(([key]) => key !== 'bot'))
  return tags
}

/** Returns a line that is not in a log with the tags that a client has asked for. */
export function withTags({ caps }: Pick<IrcSession, 'caps'>, line: string, tagged: Tagged = {}): string {
  return tagText(tagsFor((cap) => caps.has(cap), tagged)) + line
}

/** Returns a line of a session's user with the tags that its client has asked for; with those of its event, where it tells one. */
export function ownLine(session: IrcSession, line: string, event?: Pick<Event, 'id' | 'at'>): string {
  const { name, registered: verified } = session
  return withTags(session, line, {
    from: { name, verified, isBot: isBot(session) },
    ...(event && { msgid: String(event.id), at: event.at }),
  })
}

interface SignalParts {
  readonly source: string
  readonly target: string
  readonly isBot: boolean
}

/** Returns the line of a signal; undefined if the client does not understand it. */
export function signalLine(
  { from, verified, text, isNotice, msgid, tags: clientTags }: Signal,
  { source, target, isBot }: SignalParts,
  session: IrcSession,
): string | undefined {
  if (text === undefined && !session.caps.has('message-tags')) return undefined
  const line =
    text === undefined
      ? `:${source} TAGMSG ${target}`
      : ircLine(source, isNotice ? 'NOTICE' : 'PRIVMSG', [target, text])
  return withTags(session, line, { from: { name: from, verified, isBot }, msgid, clientTags })
}
