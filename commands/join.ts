import type { Command } from './command.ts'
import { result } from './replies.ts'

export const join: Command = {
  name: 'JOIN',
  aliases: ['JOIN ROOM'],
  usage: 'JOIN <room>',
  help: 'Enter a room, which is created if it does not exist, and leave the present one.',
  state: 'named',
  least: 1,
  async run({ chat, session }, room) {
    const joined = await chat.join(session, room, { moves: true })
    return result(`Joined room ${joined.room.record.slug}`)
  },
}
