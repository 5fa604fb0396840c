import { memberLimitOf } from '../src/chat/room-settings.ts'
import { type Command, Mistake } from './command.ts'
import { type CommandResult, OK } from './replies.ts'
import { switchOf } from './words.ts'

/** Maximum time of slow mode. */
const MAX_SLOW_SECONDS = 86_400

/** The modes of a room in the order of the reply to `/modes`. */
const FLAGS = ['moderated', 'invite-only', 'slow', 'limit', 'password', 'visibility', 'keep'] as const

export const modes: Command = {
  name: '/modes',
  usage: '/modes',
  help: 'The modes of the room that are on: moderated, invite-only, slow, limit, password, visibility, keep.',
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

function modeCommand(flag: 'moderated' | 'invite-only', help: string): Command {
  return {
    name: `/${flag}`,
    usage: `/${flag} on|off`,
    help,
    state: 'inRoom',
    least: 1,
    async run({ chat, session }, parameter) {
      await chat.moderation.settings.setMode(session.inRoom(), flag, switchOf(parameter) ? '' : undefined)
      return OK
    },
  }
}

export const moderated = modeCommand('moderated', 'Let only operators and voiced users speak.')
export const inviteOnly = modeCommand('invite-only', 'Let only invited users enter.')

export const slow: Command = {
  name: '/slow',
  usage: '/slow <seconds>|off',
  help: 'The least time between two messages of a user; operators and voiced users are free.',
  state: 'inRoom',
  least: 1,
  async run({ chat, session }, parameter) {
    const seconds = parameter.toLowerCase() === 'off' ? 0 : Number(/^\d{1,6}$/.exec(parameter)?.[0] ?? Number.NaN)
    if (!(seconds <= MAX_SLOW_SECONDS)) throw new Mistake('invalid-seconds', parameter)
    await chat.moderation.settings.setMode(session.inRoom(), 'slow', seconds === 0 ? undefined : String(seconds))
    return OK
  },
}

export const limit: Command = {
  name: '/limit',
  usage: '/limit <members>|off',
  help: 'The most members that the room lets in; operators and invited users enter a full room, too.',
  state: 'inRoom',
  least: 1,
  async run({ chat, session }, parameter) {
    const isOff = parameter.toLowerCase() === 'off'
    const value = memberLimitOf(parameter)
    if (!isOff && value === undefined) throw new Mistake('invalid-limit', parameter)
    await chat.moderation.settings.setMode(session.inRoom(), 'limit', value)
    return OK
  },
}

export const keep: Command = {
  name: '/keep',
  usage: '/keep <days>|all',
  help: 'Remove messages and events of the room that are older, or only those that the server removes.',
  state: 'inRoom',
  least: 1,
  async run({ chat, session }, parameter) {
    const { settings } = chat.moderation
    const days = parameter.toLowerCase() === 'all' ? undefined : Number(/^\d{1,5}$/.exec(parameter)?.[0] ?? Number.NaN)
    if (days !== undefined && !(days >= 1 && days <= settings.maxKeepDays)) throw new Mistake('invalid-days', parameter)
    await settings.keep(session.inRoom(), days)
    return OK
  },
}

export const hidden: Command = {
  name: '/hidden',
  usage: '/hidden on|off',
  help: 'Leave the room out of /rooms and all other lists.',
  state: 'inRoom',
  least: 1,
  async run({ chat, session }, parameter) {
    await chat.moderation.settings.hide(session.inRoom(), switchOf(parameter))
    return OK
  },
}

export const lock: Command = {
  name: '/lock',
  usage: '/lock <password>',
  help: 'Ask everybody who enters for a password: JOIN <room> <password>.',
  state: 'inRoom',
  least: 1,
  async run({ chat, session }, password) {
    await chat.moderation.settings.lock(session.inRoom(), password)
    return OK
  },
}

export const unlock: Command = {
  name: '/unlock',
  usage: '/unlock',
  help: 'Remove the password of the room.',
  state: 'inRoom',
  least: 0,
  async run({ chat, session }) {
    await chat.moderation.settings.lock(session.inRoom(), undefined)
    return OK
  },
}
