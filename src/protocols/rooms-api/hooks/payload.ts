/** Reading of JSON that other programs send, in which any part may be missing or of another type. */
import { shortened } from '../../../chat/text.ts'
import { isObject } from '../../json.ts'

export type Payload = Readonly<Record<string, unknown>>

/** Maximum characters of a part of a message that is shown in one line. */
const LONGEST_LINE = 300
/** Maximum characters of a text that are looked at for such a part. */
const LOOKED_AT = 4_096

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

/** Joins the lines of a message, or parts of one, that are not empty. */
export function lines(all: readonly string[], joint = '\n'): string {
  return all.filter((line) => line !== '').join(joint)
}
