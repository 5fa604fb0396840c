/** What is said and counted: messages with a mark in each, so that nobody has to parse what comes back. */

/** Stands once in every message that is counted and nowhere else in what any of the servers says. */
export const MARK = '|'
export const MARK_BYTE = MARK.charCodeAt(0)
const LINE_FEED = 10

/** How many marks are in a chunk; the chunks of a connection come in order. */
export type Counter = (chunk: Buffer) => number

export function countMarks(chunk: Buffer): number {
  return count(chunk, MARK_BYTE)
}

export function countLines(chunk: Buffer): number {
  return count(chunk, LINE_FEED)
}

function count(chunk: Buffer, byte: number): number {
  let found = 0
  for (let at = chunk.indexOf(byte); at !== -1; at = chunk.indexOf(byte, at + 1)) found++
  return found
}

/** A message of so many bytes that begins with the mark and a number of eight digits. */
export function payload(number: number, bytes = 100): string {
  return `${MARK}${String(number).padStart(8, '0')}`.padEnd(bytes, 'x')
}

/** Where in a chunk the marks stand, and the numbers behind them; a number cut in two by the chunk's end is left out. */
export function numbersIn(chunk: Buffer, found: (number: number) => void): void {
  for (let at = chunk.indexOf(MARK_BYTE); at !== -1; at = chunk.indexOf(MARK_BYTE, at + 1)) {
    if (at + 9 <= chunk.length) found(Number(chunk.toString('latin1', at + 1, at + 9)))
  }
}
