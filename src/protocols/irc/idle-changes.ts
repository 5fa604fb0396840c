import { memberLimitOf } from '../../chat/room-settings.ts'
import { isAtLeast } from '../../chat/room-state.ts'
import type { Membership } from '../../chat/session.ts'
import type { IrcContext } from './command.ts'
import { meantNick } from './names.ts'

/** A change of a channel's mode, as MODE asks for it. */
export interface AskedChange {
  readonly on: boolean
  readonly letter: string
  readonly parameter: string | undefined
}

/**
 * Resolves with true for a change by an operator that leaves the channel as it is: of this nobody is told. A key that is set and a ban are
 * always told: the key may be another one, the ban may last longer.
 */
export async function changesNothing(
  { chat }: Pick<IrcContext, 'chat'>,
  { room: { record, state }, session }: Membership,
  { on, letter, parameter }: AskedChange,
): Promise<boolean> {
  // Others are told that they may not change it.
  if (!isAtLeast(state.rankOf(session), 'operator')) return false
  switch (letter) {
    case 'i':
      return (state.mode('invite-only') !== undefined) === on
    case 'm':
      return (state.mode('moderated') !== undefined) === on
    case 's':
      return [record.visibility === 'hidden', state.mode('visibility') !== undefined].every((isOn) => isOn === on)
    case 'l': {
      const limit = on ? memberLimitOf(parameter ?? '') : undefined
      return (limit !== undefined || !on) && state.mode('limit') === limit
    }
    case 'k':
      return !on && record.hash === undefined && state.mode('password') === undefined
    case 'o':
    case 'v': {
      const name = meantNick(parameter ?? '')
      if (!(await chat.rooms.holds(record.id, name))) return false
      const rank = (await chat.users.ranks(record.id, [name])).get(name)
      if (!on) return rank === 'member' || (letter === 'o' && rank === 'voiced')
      return rank !== undefined && (letter === 'v' ? rank === 'voiced' : isAtLeast(rank, 'operator'))
    }
    default:
      return false
  }
}
