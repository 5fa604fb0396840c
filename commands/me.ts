import type { Command } from './command.ts'
import { OK } from './replies.ts'

/** Returns the command that says a text in a manner. */
function mannered(manner: 'action' | 'notice', name: string, help: string): Command {
  return {
    name,
    usage: `${name} <text>`,
    help,
    state: 'inRoom',
    least: 1,
    pipelined: true,
    run({ chat, session }, text) {
      return chat.messages.say(session.inRoom(), text, { details: { [manner]: true } }).then(() => OK)
    },
  }
}

export const me = mannered('action', '/me', 'Say what you do: /me waves.')
export const notice = mannered('notice', '/notice', 'Say a text that no program answers, as bots should.')
