import { escapeAll, NOT_ASCII, UNSAFE } from '../escape.ts'
import type { Encode } from '../plain-line.ts'

/** Returns the encoder of lines as JSON, with unsafe (or all non-ASCII) characters as `\uXXXX`. */
export function encoder(ascii: boolean): Encode {
  const raw = ascii ? NOT_ASCII : UNSAFE
  return (line) => `${escapeAll(JSON.stringify(line), raw)}\n`
}
