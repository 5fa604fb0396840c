import { sanctionOf } from '../../chat/sanctions.ts'
import type { RoomRecord } from '../../engine/engine.ts'
import type { Event, ModeFlag, Role } from '../../engine/event.ts'
import { ircLine } from './message.ts'
import { channelOf, SERVER, shownNick, sourceOf } from './names.ts'
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

/** Returns the lines of an event in a room without tags; none for events that IRC does not show. `isExtended`: with account and name in JOIN. */
export function linesOf(event: Event, room: Pick<RoomRecord, 'title' | 'slug'>, isExtended: boolean): string[] {
  const { kind, from, to = '', body, verified, details = {} } = event
  const channel = channelOf(room)
  const source = sourceOf(from, verified)
  switch (kind) {
    case 'message':
    case 'private':
      return plainLines(textLines(event, room))
    case 'joined': {
      // The user was there under another nickname.
      if (details.renamed !== undefined)
        return [ircLine(sourceOf(details.renamed, verified), 'NICK', [shownNick(from)])]
      const account = verified ? shownNick(from) : '*'
      return [isExtended ? ircLine(source, 'JOIN', [channel, account, from]) : `:${source} JOIN ${channel}`]
    }
    case 'left':
      // The `joined` that follows tells it.
      if (details.renamed !== undefined) return []
      if (details.quit) return [ircLine(source, 'QUIT', [body || 'Connection closed'])]
      return [body === '' ? `:${source} PART ${channel}` : ircLine(source, 'PART', [channel, body])]
    case 'kicked':
      return [ircLine(source, 'KICK', [channel, shownNick(to), body || shownNick(from)])]
    case 'topic':
      return [ircLine(source, 'TOPIC', [channel, body])]
    case 'role':
      return roleLines(event, channel)
    case 'mode':
      return modeLines(event, channel)
    case 'redacted':
    case 'closed':
      return []
    default:
      return kind satisfies never
  }
}

/** Returns the line that tells that a user is away, or with undefined is back. */
export function awayLine(name: string, verified: boolean | undefined, text: string | undefined): string {
  const line = `:${sourceOf(name, verified)} AWAY`
  return text === undefined ? line : `${line} :${text || 'Away'}`
}

function roleLines(event: Event, channel: string): string[] {
  const { from, to = '', body, verified, details } = event
  const { role, on = false } = details ?? {}
  if (!role) return []
  const source = sourceOf(from, verified)
  // The audience tells invitations.
  if (role === 'invited') return []
  const letter = ROLE_LETTERS[role]
  if (letter === undefined) {
    const what = `${shownNick(to)} is ${on ? '' : 'no longer '}${role} in ${channel}${body && `: ${body}`}`
    return [ircLine(SERVER, 'NOTICE', [channel, what])]
  }
  const subject = role === 'banned' ? maskOf(sanctionOf(event).to) : shownNick(to)
  return [`:${source} MODE ${channel} ${on ? '+' : '-'}${letter} ${subject}`]
}

function modeLines({ from, verified, details }: Event, channel: string): string[] {
  const { flag, on = false, value = '' } = details ?? {}
  if (!flag) return []
  const letter = FLAG_LETTERS[flag]
  const source = sourceOf(from, verified)
  // The password is not in the event.
  const parameter = flag === 'password' ? ' *' : flag === 'limit' && on ? ` ${value}` : ''
  if (letter !== undefined) return [`:${source} MODE ${channel} ${on ? '+' : '-'}${letter}${parameter}`]
  return [ircLine(SERVER, 'NOTICE', [channel, on ? `${flag} is ${value}` : `${flag} is off`])]
}

/** Returns a nickname or mask of the core as a mask of IRC. */
export function maskOf(name: string): string {
  return `${shownNick(name)}!*@*`
}
