import { fold } from '../../../chat/names.ts'
import type { ListedRoom } from '../../../chat/room-lists.ts'
import { matches } from '../../../chat/sanctions.ts'
import type { IrcCommand } from '../command.ts'
import { channelOf } from '../names.ts'

export const listCommand: IrcCommand = {
  name: 'LIST',
  least: 0,
  async run({ chat, reply }, { params: [filter = ''] }) {
    const conditions = filter.split(',').filter((word) => word !== '')
    const rooms = await chat.rooms.everything()
    const shown = rooms.filter((room) => conditions.every((condition) => fits(room, condition)))
    return [
      reply('RPL_LISTSTART'),
      ...shown.map((room) => reply('RPL_LIST', nameOf(room), room.members, (room.topic ?? '').replaceAll('\n', ' '))),
      reply('RPL_LISTEND'),
    ]
  },
}

/** Checks a condition of LIST: a mask with `*`, or a number of members (`>3`, `<10`). */
function fits(room: ListedRoom, condition: string): boolean {
  const [, sign, count] = /^([<>])(\d{1,9})$/.exec(condition) ?? []
  if (sign !== undefined) return sign === '>' ? room.members > Number(count) : room.members < Number(count)
  const parts = fold(condition).split('*')
  // A channel is found by its slug too.
  return [nameOf(room), `#${room.name}`].some((name) => matches(parts, fold(name)))
}

function nameOf({ name: slug, title }: ListedRoom): string {
  return channelOf({ title, slug })
}
