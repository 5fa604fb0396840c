/** Lines that only the rooms of the library send. */
import { RefusedError } from './errors.ts'

/**
 * Text of several lines, which would be several messages, one of which the server would take blanks away, or one that looks like a JSON
 * string.
 */
const QUOTED = /[\r\n]|^\s|\s$|^".*"$/s

/**
 * Returns a line that says a text to the letter (docs/protocols/line.md, section 2.6), and may be sent again.
 *
 * @throws RefusedError for a blank text: the server would take the nonce for the text
 */
export function nonceLine(text: string, nonce: string, command: string): string {
  if (!/^[\w.:-]{1,64}$/.test(nonce)) throw new TypeError(`Invalid nonce: ${nonce}`)
  if (!/\S/.test(text)) throw new RefusedError('A text is not blank', { code: 'text-empty' })
  return `${command} nonce=${nonce} ${QUOTED.test(text) ? JSON.stringify(text) : text}`
}

/** Returns a nickname as a parameter of commands for moderation. */
export function nicknameWord(nickname: string): string {
  return /\s/.test(nickname) ? `"${nickname}"` : nickname
}

/** Returns a word that nobody else makes. */
export function randomWord(): string {
  return Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(36).padStart(7, '0')).join('')
}
