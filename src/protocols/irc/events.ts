import { sanctionOf } from '../../chat/sanctions.ts'
import type { Event, ModeFlag, Role } from '../../engine/event.ts'
import type { UserDetails } from './irc-users.ts'
import { ircLine } from './message.ts'
import { type ChannelRoom, channelOf, SERVER, shownNick, sourceOf } from './names.ts'
import { plainLines, textLines } from './texts.ts'

/** The mode letter of each flag of a room; undefined for those without one. */
export const FLAG_LETTERS: Readonly<Record<ModeFlag, string | undefined>> = {
  moderated: 'm',
  'invite-only': 'i',
  limit: 'l',
  password: 'k',
  visibility: 's',
  slow: undefined,
  title: undefined,
  keep: undefined,
}

/** The mode letter of each role; undefined for those without one. */
const ROLE_LETTERS: Readonly<Record<Role, string | undefined>> = {
  owner: 'o',
  operator: 'o',
  voiced: 'v',
  banned: 'b',
  muted: undefined,
  invited: undefined,
}

/** Returns the `msgid` of an event: its id, but of a private message what its sender and its addressee have it under. */
export function msgidOf({ id, details }: Event): string {
  return details?.msgid ?? String(id)
}

/** The user who has caused an event, as its lines show it. */
export interface EventAuthor {
  readonly source: string
  /** See {@link UserDetails}; undefined if it is not known. */
  readonly details: UserDetails | undefined
}

export function authorOf({ from, verified }: Event, details: UserDetails | undefined): EventAuthor {
  return { source: sourceOf(from, verified, details?.username), details }
}

/** Returns the lines of an event in a room without tags; none for events that IRC does not show. `isExtended`: with account and name in JOIN. */
export function linesOf(
  event: Event,
  { source, details: known }: EventAuthor,
  room: ChannelRoom,
  isExtended: boolean,
): string[] {
  const { kind, from, to = '', body, verified, details = {} } = event
  const channel = channelOf(room)
  switch (kind) {
    case 'message':
    case 'private':
      return plainLines(textLines(event, source, room))
    case 'joined': {
      // The user was there under another nickname.
      if (details.renamed !== undefined)
        return [ircLine(sourceOf(details.renamed, verified, known?.username), 'NICK', [shownNick(from)])]
      return [joinLine(event, { source, details: known }, channel, isExtended)]
    }
    case 'left':
      // The `joined` that follows tells it.
      if (details.renamed !== undefined) return []
      if (details.quit) return [ircLine(source, 'QUIT', [body || 'Connection closed'])]
      return [partLine(source, channel, body)]
    case 'kicked':
      return [ircLine(source, 'KICK', [channel, shownNick(to), body || shownNick(from)])]
    case 'topic':
      return [ircLine(source, 'TOPIC', [channel, body])]
    case 'role':
      return roleLines(event, source, channel)
    case 'mode':
      return modeLines(event, source, channel)
    case 'redacted':
    case 'closed':
      return []
    default:
      return kind satisfies never
  }
}

/** Returns the JOIN of a user; `isExtended`: with account and real name. */
export function joinLine(
  { from, verified }: Pick<Event, 'from' | 'verified'>,
  { source, details }: EventAuthor,
  channel: string,
  isExtended: boolean,
): string {
  if (!isExtended) return `:${source} JOIN ${channel}`
  return ircLine(source, 'JOIN', [channel, verified ? shownNick(from) : '*', details?.realName ?? from])
}

export function partLine(source: string, channel: string, reason = ''): string {
  return reason === '' ? `:${source} PART ${channel}` : ircLine(source, 'PART', [channel, reason])
}

/** Returns the line that tells that a user is away, or with undefined is back. */
export function awayLine(source: string, text: string | undefined): string {
  const line = `:${source} AWAY`
  return text === undefined ? line : `${line} :${text || 'Away'}`
}

function roleLines(event: Event, source: string, channel: string): string[] {
  const { to = '', body, details } = event
  const { role, on = false } = details ?? {}
  // The audience tells invitations.
  if (!role || role === 'invited') return []
  const letter = ROLE_LETTERS[role]
  if (letter === undefined) {
    const what = `${shownNick(to)} is ${on ? '' : 'no longer '}${role} in ${channel}${body && `: ${body}`}`
    return [ircLine(SERVER, 'NOTICE', [channel, what])]
  }
  const subject = role === 'banned' ? maskOf(sanctionOf(event).to) : shownNick(to)
  return [`:${source} MODE ${channel} ${on ? '+' : '-'}${letter} ${subject}`]
}

function modeLines({ details }: Event, source: string, channel: string): string[] {
  const { flag, on = false, value = '' } = details ?? {}
  if (!flag) return []
  const letter = FLAG_LETTERS[flag]
  // The password is not in the event.
  const parameter = flag === 'password' ? ' *' : flag === 'limit' && on ? ` ${value}` : ''
  if (letter !== undefined) return [`:${source} MODE ${channel} ${on ? '+' : '-'}${letter}${parameter}`]
  return [ircLine(SERVER, 'NOTICE', [channel, on ? `${flag} is ${value}` : `${flag} is off`])]
}

/** Returns a nickname or mask of the core as a mask of IRC. */
export function maskOf(name: string): string {
  return `${shownNick(name)}!*@*`
}
