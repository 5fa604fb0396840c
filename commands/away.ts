import type { Command } from './command.ts'
import { result } from './replies.ts'

export const away: Command = {
  name: '/away',
  usage: '/away [<text>]',
  help: 'Mark yourself as away in /who, with a text or without one. Without a text when you are away: you are back.',
  state: 'named',
  least: 0,
  run({ chat, session }, text) {
    const isAway = text !== '' || !chat.away.has(session)
    chat.away.set(session, isAway ? text : undefined)
    return result(isAway ? 'You are away' : 'You are back')
  },
}
