import type { Signal } from '../../chat/news.ts'
import { ircLine, tagText } from './message.ts'
import { shownNick, sourceOf } from './names.ts'
import type { IrcSession } from './session.ts'

/** Returns the line of a signal to a target; undefined if the client does not understand it. */
export function signalLine(
  { from, verified, text, isNotice, tags }: Signal,
  target: string,
  { caps }: IrcSession,
  isBot: boolean,
): string | undefined {
  if (text === undefined && !caps.has('message-tags')) return undefined
  const shown: [string, string][] = []
  if (caps.has('server-time')) shown.push(['time', new Date().toISOString()])
  if (caps.has('account-tag') && verified) shown.push(['account', shownNick(from)])
  if (caps.has('message-tags') && isBot) shown.push(['bot', ''])
  if (caps.has('message-tags')) shown.push(...Object.entries(tags))
  const source = sourceOf(from, verified)
  const line =
    text === undefined
      ? `:${source} TAGMSG ${target}`
      : ircLine(source, isNotice ? 'NOTICE' : 'PRIVMSG', [target, text])
  return tagText(shown) + line
}
