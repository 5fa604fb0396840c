import type { ServerLine } from '../../../commands/replies.ts'

/** What JSON leaves raw and a terminal may obey: DEL, C1, bidirectional marks and overrides, line separators. */
const UNSAFE = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g
const NOT_ASCII = /[\u007f-\uffff]/g

/** One line for the wire: an object, its unsafe (or all non-ASCII) characters as `\uXXXX`, one line feed. */
export type Encode = (line: ServerLine) => string

export function encoder(ascii: boolean): Encode {
  const raw = ascii ? NOT_ASCII : UNSAFE
  return (line) => `${JSON.stringify(line).replace(raw, escapeUnit)}\n`
}

function escapeUnit(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
