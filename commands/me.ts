import type { Command } from './command.ts'
import { say, sayOnce } from './message.ts'

/** Returns the command that says a text in a manner. */
function mannered(manner: 'action' | 'notice', name: string, help: string): Command {
  return {
    name,
    usage: `${name} [nonce=<word>] <text>`,
    help,
    state: 'speaking',
    least: 1,
    pipelined: true,
    run(context, text) {
      const details = { [manner]: true }
      return sayOnce(context, text, details) ?? say(context, text, { details })
    },
  }
}

export const me = mannered('action', '/me', 'Say what you do: /me waves.')
export const notice = mannered('notice', '/notice', 'Say a text that no program answers, as bots should.')
