import { fold } from '../../../chat/names.ts'
import type { ListedRoom } from '../../../chat/room-lists.ts'
import type { IrcCommand } from '../command.ts'
import { fitting } from '../masks.ts'
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
    const exceptions = conditions.filter((word) => word.startsWith('!')).map((word) => fitting(fold(word.slice(1))))
    const masks = conditions
      .filter((word) => !BOUND.test(word) && !word.startsWith('!'))
      .map((mask) => fitting(fold(mask)))
    const rooms = await chat.rooms.lists.all()
    const shown = rooms.filter(
      (room) =>
        bounds.every((bound) => isWithin(room, bound)) &&
        !exceptions.some((fits) => isLike(room, fits)) &&
        (masks.length === 0 || masks.some((fits) => isLike(room, fits))),
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

function isLike(room: ListedRoom, fits: (name: string) => boolean): boolean {
  // A channel is found by its slug too.
  return [nameOf(room), `#${room.name}`].some((name) => fits(fold(name)))
}

function nameOf({ name: slug, title }: ListedRoom): string {
  return channelOf({ title, slug })
}
