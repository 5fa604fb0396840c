/** Renders a line with control characters, as of a terminal in raw mode or of a progress bar, as a terminal shows it. */
import { ESCAPE_SEQUENCE } from '../../escape.ts'

/** Maximum column to which a sequence moves the cursor beyond the end of the line. */
const WIDEST = 512

const TOKEN = new RegExp(`(?:${ESCAPE_SEQUENCE})|[^]`, 'gu')
/** CUF, CUB, CHA and EL (ECMA-48): cursor forward, back, to a column; erase in line. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: ESC begins a sequence
const MOVE = /^\x1b\[(\d{0,5})([CDGK])$/

interface Screen {
  readonly text: string
  /** Position of the next character, in code points from 0. */
  readonly cursor: number
}

/**
 * Renders a line: a carriage return moves the cursor to its beginning, and later characters overwrite it; backspace and DEL erase a
 * code point at the end of the line, and move the cursor back within it. Escape sequences are removed, and applied if they concern
 * one line.
 */
export function show(line: string): Screen {
  const cells: string[] = []
  let cursor = 0
  for (const [token] of line.matchAll(TOKEN)) {
    if (token === '\r') {
      cursor = 0
    } else if (token === '\b' || token === '\x7f') {
      if (cursor === cells.length) cells.pop()
      cursor = Math.max(0, cursor - 1)
    } else if (token.startsWith('\x1b') || token.startsWith('\x9b')) {
      cursor = obey(token, cells, cursor)
    } else {
      while (cells.length < cursor) cells.push(' ')
      cells[cursor++] = token
    }
  }
  return { text: cells.join(''), cursor }
}

/** Applies an escape sequence; returns the new position of the cursor. */
function obey(sequence: string, cells: string[], cursor: number): number {
  const [, digits = '', action] = MOVE.exec(sequence) ?? []
  const count = Math.max(1, Number(digits))
  switch (action) {
    case 'C':
      return Math.min(rightmost(cells), cursor + count)
    case 'D':
      return Math.max(0, cursor - count)
    case 'G':
      return Math.min(rightmost(cells), count - 1)
    case 'K':
      if (digits === '2') cells.length = 0
      else if (Number(digits) === 0) cells.length = Math.min(cells.length, cursor)
      return Math.min(rightmost(cells), cursor)
    default:
      return cursor
  }
}

function rightmost({ length }: readonly string[]): number {
  return Math.max(length, WIDEST)
}
