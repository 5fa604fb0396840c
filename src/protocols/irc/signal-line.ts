import type { Signal } from '../../chat/news.ts'
import { ircLine } from './message.ts'
import type { IrcSession } from './session.ts'
import { withTags } from './tags.ts'

interface SignalParts {
  readonly source: string
  readonly target: string
  /** True if the sender is a program. */
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
