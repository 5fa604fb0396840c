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
    return result(`Joined room ${(await chat.enter(session, room)).lineName}`)
  },
}
