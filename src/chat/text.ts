/** C0 other than tab and line feed, DEL and C1: what could drive somebody's terminal. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters to take out
const CONTROL = /[\0-\x08\x0b-\x1f\x7f-\x9f]/g

/**
 * A message's text as it may go into a log (protocols/README.md, Body): without control characters, lone surrogates
 * replaced by U+FFFD, otherwise unchanged.
 */
export function clean(text: string): string {
  return text.replace(CONTROL, '').toWellFormed()
}

/** Whether a text has more than `limit` characters; a character outside the BMP counts once. */
export function isLonger(text: string, limit: number): boolean {
  if (text.length <= limit) return false
  if (text.length > 2 * limit) return true
  let count = 0
  for (const _ of text) count++
  return count > limit
}
