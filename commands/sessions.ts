import type { Command } from './command.ts'
import { sessionList } from './session-list.ts'

export const sessions: Command = {
  name: '/sessions',
  usage: '/sessions',
  help: 'The sessions of your account, on all nodes: id, protocol, address, time of login.',
  state: 'named',
  least: 0,
  async run({ chat, session }) {
    return sessionList(await chat.settings.sessions(session), session)
  },
}
