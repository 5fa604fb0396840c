import { fold } from '../../../chat/names.ts'
import type { ListedRoom } from '../../../chat/room-lists.ts'
import { matches } from '../../../chat/sanctions.ts'
import type { IrcCommand } from '../command.ts'
import { channelOf } from '../names.ts'

/** Matches a bound of the number of members. */
const BOUND = /^[<>]\d{1,9}$/

/** Lists the channels that are named or fit one of the masks, and all of the other conditions. */
export const listCommand: IrcCommand = {
  name: 'LIST',
  least: 0,
  async run({ chat, reply }, { params }) {
    const conditions = params.flatMap((param) => param.split(',')).filter((word) => word !== '')
    const bounds = conditions.filter((word) => BOUND.test(word))
    const exceptions = conditions.filter((word) => word.startsWith('!')).map((word) => word.slice(1))
    const masks = conditions.filter((word) => !BOUND.test(word) && !word.startsWith('!'))
    const rooms = await chat.rooms.everything()
    const shown = rooms.filter(
      (room) =>
        bounds.every((bound) => isWithin(room, bound)) &&
        !exceptions.some((mask) => isLike(room, mask)) &&
        (masks.length === 0 || masks.some((mask) => isLike(room, mask))),
    )
    return [
      reply('RPL_LISTSTART'),
      ...shown.map((room) => reply('RPL_LIST', nameOf(room), room.members, (room.topic ?? '').replaceAll('\n', ' '))),
      reply('RPL_LISTEND'),
    ]
  },
}

/** Checks a bound of the number of members, such as `>3`. */
function isWithin({ members }: ListedRoom, bound: string): boolean {
  const count = Number(bound.slice(1))
  return bound.startsWith('>') ? members > count : members < count
}

/** Checks a channel, or a mask with `*`. */
function isLike(room: ListedRoom, mask: string): boolean {
  const parts = fold(mask).split('*')
  // A channel is found by its slug too.
  return [nameOf(room), `#${room.name}`].some((name) => matches(parts, fold(name)))
}

function nameOf({ name: slug, title }: ListedRoom): string {
  return channelOf({ title, slug })
}
