import type { Command } from './command.ts'
import { sessionList } from './session-list.ts'

export const sessions: Command = {
  name: '/sessions',
  usage: '/sessions',
  help: 'Your sessions, on all nodes: those of your account, or of guests with your session= word: id, protocol, address, time of login.',
  state: 'named',
  least: 0,
  async run({ chat, session }) {
    return sessionList(await chat.settings.sessions(session), session)
  },
}
