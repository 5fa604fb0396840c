import { Refusal } from '../src/chat/refusal.ts'
import type { MessageExtras } from '../src/chat/speech.ts'
import type { Command, CommandContext } from './command.ts'
import { OK, type Reply, Said } from './replies.ts'

/** The optional nonce before the text, with which a client repeats a line safely (docs/protocols/line.md, section 2.6). */
export const NONCE = /^nonce=([\w.:-]{1,64})[ \t]+(?=\S)/

/** Returns the text that a parameter, or a part of one, stands for: the value of a JSON string, or itself. */
export function saidText(parameter: string): string {
  if (!/^".*"$/s.test(parameter)) return parameter
  try {
    return String(JSON.parse(parameter))
  } catch {
    return parameter
  }
}

/** Says a text in the room that the session has joined, or speaks in. */
export function say(context: CommandContext, text: string, extras?: MessageExtras): Promise<Reply> {
  const { chat, session, speaking } = context
  const said = speaking
    ? chat.messages.sayIn(speaking, text, extras)
    : chat.messages.say(session.inRoom(), text, extras)
  if (extras?.nonce === undefined) return said.then(() => OK)
  return said.then(({ id }) => new Said(id, speaking?.newSlug), breakingOff(context))
}

/** Says the text of a parameter that begins with a nonce; returns undefined for another one. */
export function sayOnce(
  context: CommandContext,
  parameter: string,
  details?: MessageExtras['details'],
): Promise<Reply> | undefined {
  const [prefix, nonce] = NONCE.exec(parameter) ?? []
  if (prefix === undefined) return undefined
  context.usesNonces = true
  return say(context, saidText(parameter.slice(prefix.length)), { nonce, details })
}

/**
 * Returns a handler that breaks off the connection if a line with a nonce is `unavailable`: the client sends it again, and none behind it may
 * come before it.
 */
export function breakingOff({ breakOff }: CommandContext): (error: unknown) => never {
  return (error) => {
    if (error instanceof Refusal && error.code === 'unavailable') breakOff()
    throw error
  }
}

export const message: Command = {
  name: 'MESSAGE',
  usage: 'MESSAGE [nonce=<word>] <text>',
  help:
    'Say a text literally, even if it looks like a command. A JSON string says its value, which may have several lines: ' +
    'MESSAGE "a\\nb". A nonce makes it safe to send the line again: within a day the room gets a text with the same nonce from ' +
    'the same user once, and the reply has its id.',
  state: 'speaking',
  least: 1,
  pipelined: true,
  run: (context, parameter) => sayOnce(context, parameter) ?? say(context, saidText(parameter)),
}

const EMPTY = 'An empty line says nothing'

/** The command for lines without a command name: the whole line is the text. */
export const plainLine: Command = {
  ...message,
  hints: { 'missing-parameter': EMPTY, 'text-empty': EMPTY },
  run: say,
}
