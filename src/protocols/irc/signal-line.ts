import type { Signal } from '../../chat/news.ts'
import { ircLine, tagText } from './message.ts'
import { sourceOf } from './names.ts'
import type { IrcSession } from './session.ts'
import { tagsNow } from './tags.ts'

/** Returns the line of a signal to a target; undefined if the client does not understand it. */
export function signalLine(
  { from, verified, text, isNotice, tags }: Signal,
  target: string,
  { caps }: IrcSession,
  isBot: boolean,
): string | undefined {
  if (text === undefined && !caps.has('message-tags')) return undefined
  const shown = tagsNow(caps, { name: from, verified, isBot })
  if (caps.has('message-tags')) shown.push(...Object.entries(tags))
  const source = sourceOf(from, verified)
  const line =
    text === undefined
      ? `:${source} TAGMSG ${target}`
      : ircLine(source, isNotice ? 'NOTICE' : 'PRIVMSG', [target, text])
  return tagText(shown) + line
}
