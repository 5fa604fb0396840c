import type { Command } from './command.ts'
import { sessionList } from './session-list.ts'
import { nameAlone } from './words.ts'

export const whois: Command = {
  name: '/whois',
  usage: '/whois <nickname>',
  help: 'The sessions of a user, on all nodes: id, protocol, address, time of login, account or guest. For admins.',
  state: 'named',
  least: 1,
  async run({ chat, session }, parameter) {
    return sessionList(await chat.supervision.whois(session, nameAlone(parameter)), session)
  },
}
