import type { Signal } from '../../chat/news.ts'
import { ircLine } from './message.ts'
import { sourceOf } from './names.ts'
import type { IrcSession } from './session.ts'
import { withTags } from './tags.ts'

/** Returns the line of a signal to a target; undefined if the client does not understand it. */
export function signalLine(
  { from, verified, text, isNotice, msgid, tags: clientTags }: Signal,
  target: string,
  session: IrcSession,
  isBot: boolean,
): string | undefined {
  if (text === undefined && !session.caps.has('message-tags')) return undefined
  const source = sourceOf(from, verified)
  const line =
    text === undefined
      ? `:${source} TAGMSG ${target}`
      : ircLine(source, isNotice ? 'NOTICE' : 'PRIVMSG', [target, text])
  return withTags(session, line, { from: { name: from, verified, isBot }, msgid, clientTags })
}
