import type { Command } from './command.ts'
import { OK } from './replies.ts'

/** The optional nonce before the text, with which a client repeats a line safely (docs/protocols/line.md, section 2.6). */
const NONCE = /^nonce=([\w.:-]{1,64})[ \t]+(?=\S)/

/** Returns the text that a parameter stands for: the value of a JSON string, or itself. */
function textOf(parameter: string): string {
  if (!/^".*"$/s.test(parameter)) return parameter
  try {
    return String(JSON.parse(parameter))
  } catch {
    return parameter
  }
}

export const message: Command = {
  name: 'MESSAGE',
  usage: 'MESSAGE [nonce=<word>] <text>',
  help:
    'Say a text literally, even if it looks like a command. A JSON string says its value, which may have several lines: ' +
    'MESSAGE "a\\nb". A nonce makes it safe to send the line again: within a day the room gets a text with the same nonce from ' +
    'the same nickname once, and the reply has its id.',
  state: 'inRoom',
  least: 1,
  pipelined: true,
  run({ chat, session }, parameter) {
    const [prefix = '', nonce] = NONCE.exec(parameter) ?? []
    const said = chat.messages.say(session.inRoom(), textOf(parameter.slice(prefix.length)), { nonce })
    return said.then(({ id }) => (nonce === undefined ? OK : { ...OK, id: String(id) }))
  },
}

/** The command for lines without a command name: the whole line is the text. */
export const plainLine: Command = {
  ...message,
  run: ({ chat, session }, text) => chat.messages.say(session.inRoom(), text).then(() => OK),
}
