/** Texts as the server takes them. */

/** Characters that the server takes out. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters to take out
const CONTROL = /[\0-\x08\x0b-\x1f\x7f-\x9f]/g
/** Commands with a password or another secret: such a text is neither said, nor kept, nor recalled. */
const SECRET = /^\s*\/(?:register|passwd|unregister|lock|token|login|join\s+\S+\s+\S)/i

/** Returns a text without control characters, and without blanks and empty lines at its end and empty lines at its beginning. */
export function cleaned(text: string) {
  return text
    .replace(/\r\n?/g, '\n')
    .replace(CONTROL, '')
    .toWellFormed()
    .replace(/^(?:[ \t]*\n)+|\s+$/g, '')
}

export function isSecret(text: string) {
  return SECRET.test(text)
}

/** Returns the number of characters as the server counts them; a text that has at most `few` code units is not looked through. */
export function lengthOf(text: string, few: number) {
  if (text.length <= few) return text.length
  let count = 0
  for (const _ of text) count++
  return count
}
