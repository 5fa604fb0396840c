/** Messages with a mark in each, so that nobody has to parse what comes back. */

const BAR = 0x7c
const LINE_FEED = 0x0a

/** Counts marks in the chunks of one connection. */
export type Counter = (chunk: Buffer) => number

/** A message that begins with the mark, `||`, and a number of eight digits. */
export function payload(number: number, bytes = 100): string {
  return `||${String(number).padStart(8, '0')}`.padEnd(bytes, 'x')
}

/**
 * The mark stands nowhere else in what the servers say, headers of frames included: as a length it would be one of 31,868 bytes,
 * and JSON does not begin with a bar.
 */
export function markCounter(): Counter {
  /** The last byte was the first half of a mark. */
  let half = false
  return (chunk) => {
    let found = 0
    let at = 0
    if (half && chunk[0] === BAR) {
      found++
      at = 1
    }
    half = false
    for (at = chunk.indexOf(BAR, at); at !== -1; at = chunk.indexOf(BAR, at + 1)) {
      if (chunk[at + 1] === BAR) {
        found++
        at++
      } else if (at + 1 === chunk.length) half = true
    }
    return found
  }
}

/** Calls back with the number of each mark; one cut in two by the chunk's end is left out. */
export function numbersIn(chunk: Buffer, found: (number: number) => void): void {
  for (let at = chunk.indexOf('||'); at !== -1; at = chunk.indexOf('||', at + 2)) {
    if (at + 10 <= chunk.length) found(Number(chunk.toString('latin1', at + 2, at + 10)))
  }
}

export function countLines(chunk: Buffer): number {
  let found = 0
  for (let at = chunk.indexOf(LINE_FEED); at !== -1; at = chunk.indexOf(LINE_FEED, at + 1)) found++
  return found
}
