import { CONTROLS, escapeAll } from '../escape.ts'

const TAB = '    '

/** Makes a text of others harmless for a terminal: control characters are shown as `\u001b`. Line feeds stay. */
export function safeText(text: string): string {
  return escapeAll(text.toWellFormed().replaceAll('\t', TAB), CONTROLS)
}

/** Like {@link safeText} for what must stay on one line. */
export function safeLine(text: string): string {
  return safeText(text).replaceAll('\n', '\\n')
}
