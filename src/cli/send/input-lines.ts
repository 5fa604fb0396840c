import { stripVTControlCharacters } from 'node:util'
import { decoded } from './decoding.ts'

/** Maximum characters of a line that are kept in memory; the server refuses a line that is so long. */
const MAX_LINE = 1_048_576

// biome-ignore lint/suspicious/noControlCharactersInRegex: what a terminal obeys.
const CONTROL = /[\0-\x08\x0b-\x1f\x7f-\x9f]/
const CONTROLS = new RegExp(CONTROL, 'g')
// biome-ignore lint/suspicious/noControlCharactersInRegex: backspace.
const ERASED = /[^\x08]\x08/g

/** Yields the lines of an input as they come, several at a time. */
export async function* inputLines(input: AsyncIterable<Uint8Array>): AsyncGenerator<readonly string[]> {
  let begun = ''
  for await (const text of decoded(input)) {
    const lines = (begun + text).split('\n')
    begun = (lines.pop() ?? '').slice(0, MAX_LINE)
    if (lines.length > 0) yield lines
  }
  if (begun !== '') yield [begun]
}

/**
 * Returns the text of a line as a terminal shows it: without escape sequences, after the last carriage return, as of a progress bar, and
 * without characters that backspaces erase.
 */
export function shownLine(line: string): string {
  const text = line.endsWith('\r') ? line.slice(0, -1) : line
  if (!CONTROL.test(text)) return text
  const plain = stripVTControlCharacters(text).replace(/\r+$/, '')
  let last = plain.slice(plain.lastIndexOf('\r') + 1)
  while (ERASED.test(last)) last = last.replace(ERASED, '')
  return last.replace(CONTROLS, '')
}
