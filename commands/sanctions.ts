import { Refusal } from '../src/chat/refusal.ts'
import { isMask, type SanctionRole } from '../src/chat/sanctions.ts'
import { type Command, Mistake } from './command.ts'
import { OK } from './replies.ts'
import { splitName, splitTime } from './words.ts'

const TIME =
  'For good without a time such as 10m, 2h or 7d, or with forever, which stands before a reason that begins with a number.'

const REASON_HINTS = { 'text-too-long': 'The reason is too long' }

export const kick: Command = {
  name: '/kick',
  usage: '/kick <nickname> [<reason>]',
  help: 'Remove a user from the room.',
  hints: REASON_HINTS,
  state: 'inRoom',
  least: 1,
  async run({ chat, session }, parameter) {
    const { name, rest } = splitName(parameter)
    await chat.moderation.expulsion.kick(session.inRoom(), name, rest)
    return OK
  },
}

export const ban = sanctionCommand(
  'ban',
  'banned',
  'Remove a user, and all whose nickname matches a mask such as troll*, and do not let them enter again. Of a guest, the address too.',
)
export const mute = sanctionCommand(
  'mute',
  'muted',
  'Do not let a user speak in the room. Of a guest, all other guests at its address, too; the reply tells how many.',
)
export const unban = liftingCommand('unban', 'banned', 'Lift a ban.')
export const unmute = liftingCommand('unmute', 'muted', 'Lift a mute.')

function sanctionCommand(word: string, role: SanctionRole, help: string): Command {
  return {
    name: `/${word}`,
    usage: `/${word} <nickname or mask> [<time>] [<reason>]`,
    help: `${help} ${TIME}`,
    hints: REASON_HINTS,
    state: 'inRoom',
    least: 1,
    async run({ chat, session }, parameter) {
      const { name, rest } = splitName(parameter)
      const { until, rest: why } = splitTime(rest)
      const { expulsion } = chat.moderation
      const membership = session.inRoom()
      const { event, isAnybodyHere } = await expulsion.sanction(membership, role, name, { until, why })
      const others = expulsion.othersCovered(membership, event)
      if (!isAnybodyHere) {
        const nobody = isMask(name) ? 'nobody here matches it' : 'nobody of that name is here'
        return { type: 'commandResult', result: `${event.to} is ${role}; ${nobody}` }
      }
      if (others === 0) return OK
      const they = others === 1 ? 'so is 1 other guest' : `so are ${others} other guests`
      const may = role === 'banned' ? `, who may stay until ${others === 1 ? 'it leaves' : 'they leave'}` : ''
      const end = `/un${word} ${nameWord(event.to)} ends it for all`
      const result = `${event.to} is ${role}; ${they} at the same address${may}; ${end}`
      return { type: 'commandResult', result, others }
    },
  }
}

function liftingCommand(word: string, role: SanctionRole, help: string): Command {
  return {
    name: `/${word}`,
    usage: `/${word} <nickname or mask>`,
    help,
    state: 'inRoom',
    least: 1,
    async run({ chat, session }, parameter) {
      const { expulsion } = chat.moderation
      const membership = session.inRoom()
      const { name } = splitName(parameter)
      try {
        await expulsion.lift(membership, role, name)
        return OK
      } catch (error) {
        if (!(error instanceof Refusal) || error.code !== 'nobody-here') throw error
        const covering = await expulsion.covering(membership, role, name)
        if (!covering) throw error
        throw new Mistake(
          'covered-by-other',
          covering.to,
          `/${word} ${nameWord(covering.to)} ends it for all whom it covers`,
        )
      }
    },
  }
}

/** Returns a nickname as a command takes it. */
function nameWord(name = ''): string {
  return name.includes(' ') ? `"${name}"` : name
}
