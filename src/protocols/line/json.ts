import type { ServerLine } from '../../../commands/replies.ts'
import { escapeAll, NOT_ASCII } from '../escape.ts'

/** Characters that JSON does not escape and a terminal may interpret: DEL, C1, bidirectional controls, line separators. */
export const UNSAFE = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g

/** Encodes a line in some form, with a line feed. */
export type Encode = (line: ServerLine) => string

/** Returns the encoder of lines as JSON, with unsafe (or all non-ASCII) characters as `\uXXXX`. */
export function encoder(ascii: boolean): Encode {
  const raw = ascii ? NOT_ASCII : UNSAFE
  return (line) => `${escapeAll(JSON.stringify(line), raw)}\n`
}
