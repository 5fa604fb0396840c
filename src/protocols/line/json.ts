import type { ServerLine } from '../../../commands/replies.ts'
import { escapeAll, NOT_ASCII } from '../escape.ts'

/** What JSON leaves raw and a terminal may obey: DEL, C1, bidirectional marks and overrides, line separators. */
const UNSAFE = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g

/** One line for the wire: an object, its unsafe (or all non-ASCII) characters as `\uXXXX`, one line feed. */
export type Encode = (line: ServerLine) => string

export function encoder(ascii: boolean): Encode {
  const raw = ascii ? NOT_ASCII : UNSAFE
  return (line) => `${escapeAll(JSON.stringify(line), raw)}\n`
}
