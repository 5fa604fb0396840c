// biome-ignore-all lint/suspicious/noControlCharactersInRegex: these are the characters to take out
import { ESCAPE_SEQUENCE } from '../escape.ts'
import { Refusal } from './refusal.ts'

/** C0 other than tab and line feed, DEL and C1: characters that a terminal obeys. */
const CONTROL = /[\0-\x08\x0b-\x1f\x7f-\x9f]/
const CONTROLS = new RegExp(CONTROL, 'g')
const ESCAPE_SEQUENCES = new RegExp(ESCAPE_SEQUENCE, 'g')

/** Returns true if a text has a character other than tab and line feed that a terminal obeys instead of showing it. */
export function hasControls(text: string): boolean {
  return CONTROL.test(text)
}

/**
 * The text of a message as it is appended to a log (docs/protocols/README.md, section 2): without escape sequences and control characters,
 * lone surrogates replaced by U+FFFD, otherwise unchanged.
 */
export function clean(text: string): string {
  const plain = CONTROL.test(text) ? text.replace(ESCAPE_SEQUENCES, '').replace(CONTROLS, '') : text
  return plain.toWellFormed()
}

/** Returns true if a text has more than `limit` characters; a character outside the BMP counts once. */
export function isLonger(text: string, limit: number): boolean {
  if (text.length <= limit) return false
  if (text.length > 2 * limit) return true
  let count = 0
  for (const _ of text) count++
  return count > limit
}

/** Returns a {@link clean} text. @throws Refusal `text-too-long` */
export function cleanWithin(text: string, limit: number): string {
  const body = clean(text)
  if (isLonger(body, limit)) throw new Refusal('text-too-long', limit)
  return body
}

const ELLIPSIS = '…'

/**
 * Returns a text of at most `limit` characters, or of that size by `sizeOf`, which measures a character. A longer text is cut, and ends with
 * an ellipsis.
 */
export function shortened(text: string, limit: number, sizeOf: (character: string) => number = () => 1): string {
  const space = limit - sizeOf(ELLIPSIS)
  let [size, end] = [0, 0]
  for (const character of text) {
    size += sizeOf(character)
    if (size > limit) return `${text.slice(0, end)}${ELLIPSIS}`
    if (size <= space) end += character.length
  }
  return text
}

/**
 * The same text in memory of its own. A text that was cut out of a longer one keeps all of that in memory: what outlives the
 * chunk in which it came has to be copied.
 */
export function owned(text: string): string {
  // The concatenation is copied into one string when it is cut.
  return ` ${text}`.slice(1)
}
