/** Sentences for what happens in a room, other than messages. */
import type { RoomEvent } from '../../commands/replies.ts'
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
  owner: { on: ['made', 'the owner'], off: ['made', 'no longer the owner'] },
  operator: { on: ['made', 'an operator'], off: ['took the operator role from'] },
  voiced: { on: ['gave a voice to'], off: ['took the voice of'] },
  muted: { on: ['muted'], off: ['unmuted'] },
  banned: { on: ['banned'], off: ['lifted the ban of'] },
  invited: { on: ['invited'], off: ['took back the invitation of'] },
}

const MODES: Readonly<Record<ModeEvent['flag'], { on: (value: string) => string; off: string }>> = {
  moderated: { on: () => 'let only operators and voiced users speak', off: 'let everybody speak' },
  'invite-only': { on: () => 'let only invited users enter', off: 'let everybody enter' },
  slow: { on: (value) => `allowed a message every ${value} seconds`, off: 'ended slow mode' },
  password: { on: () => 'set a password for the room', off: 'removed the password of the room' },
  visibility: { on: () => 'hid the room from lists', off: 'showed the room in lists again' },
  title: { on: (value) => `renamed the room to ${value}`, off: 'removed the title of the room' },
  keep: {
    on: (value) => `set messages to be kept for ${value} days`,
    off: 'let messages be kept as the server keeps them',
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
      return [by, ' removed ', nameTag(event.to), because(event.body)]
    case 'role':
      return roleWords(event, by, clock)
    case 'mode':
      return [by, ` ${event.on ? MODES[event.flag].on(event.value ?? '') : MODES[event.flag].off}`]
    case 'redacted':
      return [by, ' deleted a message of ', nameTag(event.to), because(event.body)]
    default:
      return event satisfies never
  }
}

function roleWords({ role, on, to, until, body }: RoleEvent, by: Node, clock: Clock): Words {
  const [verb, rest] = on ? ROLES[role].on : ROLES[role].off
  return [by, ` ${verb} `, nameTag(to), rest ? ` ${rest}` : '', untilWords(until, clock), because(body)]
}

/** Returns the words for the end of a ban or mute; empty for none. */
function untilWords(until: string | undefined, clock: Clock) {
  return until ? ` until ${clock.when(dateOf(until))}` : ''
}

/** Returns a reason, whose direction of writing is its own. */
export function because(why: string): Node | string {
  return why ? make('bdi', '', `: ${why}`) : ''
}
