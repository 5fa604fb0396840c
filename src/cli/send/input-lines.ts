import { ESCAPE_SEQUENCE } from '../../escape.ts'
import { decoded } from './decoding.ts'

/** Maximum characters of a line that are kept in memory; the server refuses a line that is so long. */
const MAX_LINE = 1_048_576
/** Characters of a longer one that are kept where a carriage return is among them, as of a progress bar that goes on for hours. */
const MAX_REDRAWN = 65_536

// biome-ignore lint/suspicious/noControlCharactersInRegex: what a terminal obeys.
const CONTROL = /[\0-\x08\x0b-\x1f\x7f-\x9f]/
const CONTROLS = new RegExp(CONTROL, 'g')
const ESCAPE_SEQUENCES = new RegExp(ESCAPE_SEQUENCE, 'g')

/** Yields the lines of an input as they come, several at a time. */
export async function* inputLines(input: AsyncIterable<Uint8Array>): AsyncGenerator<readonly string[]> {
  let begun = ''
  for await (const text of decoded(input)) {
    const lines = (begun + text).split('\n')
    begun = bounded(lines.pop() ?? '')
    if (lines.length > 0) yield lines
  }
  if (begun !== '') yield [begun]
}

/** Returns what may still be shown of a line that is not whole. */
function bounded(begun: string): string {
  if (begun.length <= MAX_LINE) return begun
  const end = begun.slice(-MAX_REDRAWN)
  const redrawn = end.slice(end.indexOf('\r') + 1)
  return redrawn === end || shownLine(redrawn) === '' ? begun.slice(0, MAX_LINE) : redrawn
}

/**
 * Returns the text of a line as a terminal shows it: without escape sequences, after the last carriage return, as of a progress bar, and
 * without characters that backspaces erase.
 */
export function shownLine(line: string): string {
  const text = line.endsWith('\r') ? line.slice(0, -1) : line
  if (!CONTROL.test(text)) return text
  const plain = text.replace(ESCAPE_SEQUENCES, '')
  let end = plain.length
  while (plain[end - 1] === '\r') end--
  return withoutErased(plain.slice(plain.lastIndexOf('\r', end - 1) + 1, end)).replace(CONTROLS, '')
}

function withoutErased(text: string): string {
  if (!text.includes('\b')) return text
  const kept: string[] = []
  for (const character of text) {
    if (character === '\b') kept.pop()
    else kept.push(character)
  }
  return kept.join('')
}
