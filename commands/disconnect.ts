import type { Command } from './command.ts'
import { result } from './replies.ts'
import { splitName } from './words.ts'

export const disconnect: Command = {
  name: '/disconnect',
  usage: '/disconnect <nickname> [<why>]',
  help: 'End all sessions of a user, who is told why. For admins.',
  state: 'named',
  least: 1,
  async run({ chat, session }, parameter) {
    const { name: nickname, rest: why } = splitName(parameter)
    const { sessions } = await chat.supervision.disconnect(session, nickname, why)
    return result(`Disconnected ${nickname}: ${sessions.length === 1 ? '1 session' : `${sessions.length} sessions`}`)
  },
}
