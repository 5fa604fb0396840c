/** Reading of JSON that other programs send, in which any part may be missing or of another type. */
import { shortened } from '../../../chat/text.ts'
import { isObject } from '../../json.ts'

export type Payload = Readonly<Record<string, unknown>>

/** Maximum characters of a part of a message that is shown in one line, and of a text that is looked at for it. */
const LONGEST_LINE = 300
const LOOKED_AT = 4_096
/** Characters of a text behind which no more parts are made. */
const LONGEST_TEXT = 65_536

/** Returns an object; an empty one for other values. */
export function objectIn(value: unknown): Payload {
  return isObject(value) ? value : {}
}

/** Returns the objects in a list. */
export function objectsIn(value: unknown): readonly Payload[] {
  return Array.isArray(value) ? value.filter(isObject) : []
}

/** Returns a text, or a number as text; empty for other values. */
export function scalarIn(value: unknown): string {
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : ''
}

/** Returns the first line of a text that is not blank, shortened. */
export function lineIn(value: unknown): string {
  const line = scalarIn(value).trim().slice(0, LOOKED_AT).split(/\r?\n/, 1)[0] ?? ''
  return shortened(line.replace(/\s+/g, ' '), LONGEST_LINE)
}

/** Joins the parts of a line that are not empty with spaces. */
export function words(...parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join(' ')
}

/** Joins the lines of a message, or parts of one, that are not empty, until the text is longer than any message. */
export function lines(all: Iterable<string>, joint = '\n'): string {
  let text = ''
  for (const line of all) {
    if (line !== '') text += text === '' ? line : joint + line
    if (text.length > LONGEST_TEXT) break
  }
  return text
}
