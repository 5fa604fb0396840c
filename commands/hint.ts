import type { Notice } from './replies.ts'

const HINT =
  'This is roomd. Type LOGIN name, JOIN room, then talk. HELP lists the commands, /plain makes the replies readable.'

/** Returns the answer to somebody who does not know what to type, before the reply to the line, with the text of --welcome. */
export function hintOf(welcome: string | undefined): Notice {
  return { type: 'notice', notice: welcome === undefined ? HINT : `${sentence(welcome)} ${HINT}` }
}

/** Returns a text with a full stop, if it ends with a letter or digit. */
function sentence(text: string): string {
  return text.trimEnd().replace(/(?<=[\p{L}\p{N}])$/u, '.')
}

const QUESTIONS = new Set(['', 'help', '?'])

/** Returns true for a first line that asks for help, or says nothing. */
export function isAskingForHelp(line: string): boolean {
  return QUESTIONS.has(line.trim().toLowerCase())
}
