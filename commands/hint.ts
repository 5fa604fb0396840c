import type { Notice } from './replies.ts'

/** The answer to somebody who does not know what to type, before the reply to the line. */
export const HINT: Notice = {
  type: 'notice',
  notice:
    'This is roomd. Type LOGIN name, JOIN room, then talk. HELP lists the commands, /plain makes the replies readable.',
}

const QUESTIONS = new Set(['', 'help', '?'])

/** Returns true for a first line that asks for help, or says nothing. */
export function isAskingForHelp(line: string): boolean {
  return QUESTIONS.has(line.trim().toLowerCase())
}
