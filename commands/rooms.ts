import type { Command } from './command.ts'

/** As many as fit well into one line. */
const MOST = 1_000

export const rooms: Command = {
  name: '/rooms',
  usage: '/rooms',
  help: `The public rooms and how many are in each, busiest first, at most ${MOST}.`,
  state: 'any',
  least: 0,
  async run({ chat }) {
    const all = await chat.directory.busiest()
    const listed = all.slice(0, MOST).map(({ name, members }) => ({ room: name, members }))
    const text = listed.map(({ room, members }) => `${room} (${members})`).join(', ')
    return { type: 'commandResult', result: text, rooms: listed }
  },
}
