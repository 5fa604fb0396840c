import { fold } from '../../../chat/names.ts'
import type { ListedRoom } from '../../../chat/room-lists.ts'
import { matches } from '../../../chat/sanctions.ts'
import type { IrcCommand } from '../command.ts'

export const listCommand: IrcCommand = {
  name: 'LIST',
  least: 0,
  async run({ chat, reply }, { params: [filter = ''] }) {
    const conditions = filter.split(',').filter((word) => word !== '')
    const rooms = await chat.rooms.everything()
    const shown = rooms.filter((room) => conditions.every((condition) => fits(room, condition)))
    return [
      reply('RPL_LISTSTART'),
      ...shown.map(({ name, members, topic = '' }) =>
        reply('RPL_LIST', `#${name}`, members, topic.replaceAll('\n', ' ')),
      ),
      reply('RPL_LISTEND'),
    ]
  },
}

/** Checks a condition of LIST: a mask with `*`, or a number of members (`>3`, `<10`). */
function fits({ name, members }: ListedRoom, condition: string): boolean {
  const [, sign, count] = /^([<>])(\d{1,9})$/.exec(condition) ?? []
  if (sign !== undefined) return sign === '>' ? members > Number(count) : members < Number(count)
  return matches(fold(condition).split('*'), fold(`#${name}`))
}
