/** Sentences for what happens in a room, other than messages. */
import type { RoomEvent } from '../../commands/replies.ts'
import { isSameName } from '../../src/client/nickname.ts'
import { make } from '../dom.ts'
import { dateOf } from '../model/happening.ts'
import { nameTag } from './names.ts'
import type { Clock } from './times.ts'

type Quiet = Exclude<RoomEvent, { type: 'message' }>
type RoleEvent = Extract<RoomEvent, { type: 'role' }>
type ModeEvent = Extract<RoomEvent, { type: 'mode' }>
type Words = (Node | string)[]

/** Words between the nicknames of who gave a role and who got it, and behind the latter. */
const ROLES: Readonly<Record<RoleEvent['role'], { on: [string, string?]; off: [string, string?] }>> = {
  owner: { on: ['made', 'the owner'], off: ['removed', 'as the owner'] },
  operator: { on: ['made', 'an operator'], off: ['removed', 'as an operator'] },
  voiced: { on: ['gave voice to'], off: ['removed voice from'] },
  muted: { on: ['muted'], off: ['unmuted'] },
  banned: { on: ['banned'], off: ['unbanned'] },
  invited: { on: ['invited'], off: ['withdrew the invitation for'] },
}

const MODES: Readonly<Record<ModeEvent['flag'], { on: (value: string) => string; off: string }>> = {
  moderated: { on: () => 'limited posting to operators and people with voice', off: 'let everyone post' },
  'invite-only': { on: () => 'made the room invite-only', off: 'opened the room to everyone' },
  slow: {
    on: (value) => `turned on slow mode: one message every ${value === '1' ? 'second' : `${value} seconds`}`,
    off: 'turned off slow mode',
  },
  limit: {
    on: (value) => `limited the room to ${value === '1' ? 'one person' : `${value} people`}`,
    off: 'removed the limit on how many people can join',
  },
  password: { on: () => 'set a password for the room', off: 'removed the room password' },
  visibility: { on: () => 'hid the room from room lists', off: 'showed the room in room lists again' },
  title: { on: (value) => `renamed the room to ${value}`, off: 'removed the room title' },
  keep: {
    on: (value) => `set messages to be deleted after ${value === '1' ? 'one day' : `${value} days`}`,
    off: 'reset how long messages are kept',
  },
}

export function wordsOf(event: Quiet, clock: Clock): Words {
  const by = nameTag(event.from)
  switch (event.type) {
    case 'userJoined':
      return [by, ' joined']
    case 'userLeft':
      return [by, ' left']
    case 'topic':
      return event.body ? [by, ' set the topic: ', make('bdi', '', event.body)] : [by, ' removed the topic']
    case 'userKicked':
      return [by, ' kicked ', nameTag(event.to), because(event.body)]
    case 'role':
      return roleWords(event, by, clock)
    case 'mode':
      return [by, ` ${event.on ? MODES[event.flag].on(event.value ?? '') : MODES[event.flag].off}`]
    case 'redacted':
      return [by, ' deleted a message from ', nameTag(event.to), because(event.body)]
    default:
      return event satisfies never
  }
}

function roleWords({ role, on, from, to, until, body }: RoleEvent, by: Node, clock: Clock): Words {
  if (role === 'owner' && on && isSameName(from, to)) return [by, ' became the owner']
  const [verb, rest] = on ? ROLES[role].on : ROLES[role].off
  return [by, ` ${verb} `, nameTag(to), rest ? ` ${rest}` : '', untilWords(until, clock), because(body)]
}

/** Returns the words for the end of a ban or mute; empty for none. */
export function untilWords(until: string | undefined, clock: Clock) {
  return until ? ` until ${clock.when(dateOf(until))}` : ''
}

/** Returns a reason, whose direction of writing is its own. */
export function because(why: string): Node | string {
  return why ? make('bdi', '', `: ${why}`) : ''
}
