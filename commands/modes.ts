import type { RoomSettings } from '../src/chat/room-settings.ts'
import { memberLimitOf } from '../src/chat/room-settings.ts'
import type { Membership } from '../src/chat/session.ts'
import { type Command, Mistake } from './command.ts'
import { type CommandResult, OK } from './replies.ts'
import { splitDuration, switchOf } from './words.ts'

/** Maximum time of slow mode. */
const MAX_SLOW_SECONDS = 86_400

/** The modes of a room in the order of the reply to `/modes`. */
const FLAGS = ['moderated', 'invite-only', 'slow', 'limit', 'password', 'visibility', 'keep'] as const

export const modes: Command = {
  name: '/modes',
  usage: '/modes',
  help: `The modes of the room that are on: ${FLAGS.join(', ')}.`,
  state: 'inRoom',
  least: 0,
  run({ session }) {
    const { state, record } = session.inRoom().room
    const on: NonNullable<CommandResult['modes']> = FLAGS.flatMap((flag) => {
      // A room that was made with a password has no event about it.
      const value = flag === 'password' && record.hash !== undefined ? '' : state.mode(flag)
      return value === undefined ? [] : [{ flag, ...(value && flag !== 'password' && { value }) }]
    })
    const text = on.map(({ flag, value }) => (value ? `${flag} ${value}` : flag)).join(', ')
    return { type: 'commandResult', result: text || 'No mode is on', modes: on }
  },
}

/** Returns a command that changes a setting of the room; one without a parameter in its usage needs none. */
function settingCommand(
  name: string,
  parameters: string,
  help: string,
  change: (settings: RoomSettings, by: Membership, parameter: string) => Promise<unknown>,
): Command {
  return {
    name,
    usage: `${name} ${parameters}`.trimEnd(),
    help,
    state: 'inRoom',
    least: parameters === '' ? 0 : 1,
    async run({ chat, session }, parameter) {
      await change(chat.moderation.settings, session.inRoom(), parameter)
      return OK
    },
  }
}

function modeCommand(flag: 'moderated' | 'invite-only', help: string): Command {
  return settingCommand(`/${flag}`, 'on|off', help, async (settings, by, parameter) =>
    settings.setMode(by, flag, switchOf(parameter) ? '' : undefined),
  )
}

export const moderated = modeCommand('moderated', 'Let only operators and voiced users speak.')
export const inviteOnly = modeCommand('invite-only', 'Let only invited users enter.')

export const slow = settingCommand(
  '/slow',
  '<time>|off',
  'The least time between two messages of a user, such as 30s or 5m, or in seconds; operators and voiced users are free.',
  async (settings, by, parameter) => {
    const seconds = parameter.toLowerCase() === 'off' ? 0 : secondsOf(parameter)
    if (!(seconds <= MAX_SLOW_SECONDS)) throw new Mistake('invalid-seconds', parameter)
    await settings.setMode(by, 'slow', seconds === 0 ? undefined : String(seconds))
  },
)

/** Reads seconds, or a duration such as `5m`; NaN for another word. */
function secondsOf(parameter: string): number {
  if (/^\d{1,6}$/.test(parameter)) return Number(parameter)
  const { until = Number.NaN, rest } = splitDuration(parameter, 0)
  return rest === '' ? until / 1_000 : Number.NaN
}

export const limit = settingCommand(
  '/limit',
  '<members>|off',
  'The most members that the room lets in; operators and invited users enter a full room, too.',
  async (settings, by, parameter) => {
    const isOff = parameter.toLowerCase() === 'off'
    const value = memberLimitOf(parameter)
    if (!isOff && value === undefined) throw new Mistake('invalid-limit', parameter, 'Members from 1 on, or off')
    await settings.setMode(by, 'limit', value)
  },
)

export const keep = settingCommand(
  '/keep',
  '<days>|all',
  'Remove messages and events of the room that are older, or only those that the server removes.',
  async (settings, by, parameter) => {
    const days = parameter.toLowerCase() === 'all' ? undefined : Number(/^\d{1,5}$/.exec(parameter)?.[0] ?? Number.NaN)
    if (days !== undefined && !(days >= 1 && days <= settings.maxKeepDays)) throw new Mistake('invalid-days', parameter)
    await settings.keep(by, days)
  },
)

export const hidden = settingCommand(
  '/hidden',
  'on|off',
  'Leave the room out of /rooms and all other lists.',
  async (settings, by, parameter) => settings.hide(by, switchOf(parameter)),
)

export const lock = settingCommand(
  '/lock',
  '<password>',
  'Ask everybody who enters for a password: JOIN <room> <password>.',
  (settings, by, password) => settings.lock(by, password),
)

export const unlock = settingCommand('/unlock', '', 'Remove the password of the room.', (settings, by) =>
  settings.lock(by, undefined),
)
