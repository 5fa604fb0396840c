import type { Command } from './command.ts'
import { error, result } from './replies.ts'
import { nameAlone } from './words.ts'

export const block: Command = {
  name: '/block',
  usage: '/block <nickname>',
  help: 'No messages between you and another user, until /unblock or, if your nickname is not registered, until you disconnect.',
  state: 'named',
  least: 1,
  async run({ chat, session }, parameter) {
    const nickname = nameAlone(parameter)
    await chat.block(session, nickname)
    return result(`Blocked ${nickname}`)
  },
}

export const unblock: Command = {
  name: '/unblock',
  usage: '/unblock <nickname>',
  help: 'Remove a block.',
  state: 'named',
  least: 1,
  async run({ chat, session }, parameter) {
    const nickname = nameAlone(parameter)
    return (await chat.unblock(session, nickname)) ? result(`Unblocked ${nickname}`) : error('not-blocked', nickname)
  },
}

export const blocked: Command = {
  name: '/blocked',
  usage: '/blocked',
  help: 'The users that you have blocked.',
  state: 'named',
  least: 0,
  run({ chat, session }) {
    const names = chat.blocked(session)
    const text = names.length === 0 ? 'You have nobody blocked' : `Blocked: ${names.join(', ')}`
    return { type: 'commandResult', result: text, blocked: names }
  },
}
