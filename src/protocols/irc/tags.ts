import { isBot } from './bots.ts'
import type { Cap } from './caps.ts'
import { tagText } from './message.ts'
import { shownNick } from './names.ts'
import type { IrcSession } from './session.ts'

/** The user whom a line comes from. */
export interface Sender {
  readonly name: string
  /** True for the owner of an account. */
  readonly verified: boolean
  readonly isBot?: boolean
}

/** Returns the tags of a line that is not in a log, for a client with these capabilities; `from` is undefined for a line of the server. */
export function tagsNow(caps: ReadonlySet<Cap>, from?: Sender): [key: string, value: string][] {
  const tags: [string, string][] = []
  if (caps.has('server-time')) tags.push(['time', new Date().toISOString()])
  if (caps.has('account-tag') && from?.verified) tags.push(['account', shownNick(from.name)])
  if (caps.has('message-tags') && from?.isBot) tags.push(['bot', ''])
  return tags
}

/** Returns a line of a session's user with the tags that its client has asked for. */
export function ownLine(session: IrcSession, line: string): string {
  const { caps, name, registered: verified } = session
  return tagText(tagsNow(caps, { name, verified, isBot: isBot(session) })) + line
}
