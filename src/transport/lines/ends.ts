/**
 * Line ends. LF or CR LF ends a line; a carriage return within a line moves the cursor to its beginning, as in progress bars. A
 * telnet client, or a terminal in raw mode, sends CR NUL or CR for the Enter key: CR also ends a line if the client has sent a
 * telnet command or CR NUL, or has ended its first line with CR.
 */

/** Line end of a client; unknown until the end of its first line. */
type Style = 'unknown' | 'lf' | 'cr'

const PIECES = /[^\r\n\0]+|[\r\n\0]/g

/** Converts every line end except CR LF to LF. */
export class LineEnds {
  #style: Style = 'unknown'
  /** True if the last character was CR. */
  #returned = false

  /** Makes CR a line end from now on. */
  speakTelnet(): void {
    // The last CR has not ended a line.
    if (this.#style === 'lf') this.#returned = false
    this.#style = 'cr'
  }

  take(chunk: string): string {
    if (this.#style === 'lf' && !chunk.includes('\0')) {
      if (chunk !== '') this.#returned = chunk.endsWith('\r')
      return chunk
    }
    let text = ''
    for (const [piece] of chunk.matchAll(PIECES)) text += this.#piece(piece)
    return text
  }

  #piece(piece: string): string {
    const returned = this.#returned
    this.#returned = piece === '\r'
    switch (piece) {
      case '\r':
        if (this.#style === 'lf') return '\r'
        // CR CR LF, of a file that was converted twice, is one line end.
        return this.#style === 'unknown' && returned ? '' : '\n'
      case '\n':
        if (this.#style === 'unknown') this.#style = 'lf'
        else if (this.#style === 'lf') return '\n'
        return returned ? '' : '\n'
      case '\0':
        if (!returned) return ''
        return this.#carriageNul()
      default:
        if (this.#style === 'unknown' && returned) this.#style = 'cr'
        return piece
    }
  }

  #carriageNul(): string {
    // With the other styles the CR has ended the line already.
    const end = this.#style === 'lf' ? '\n' : ''
    this.#style = 'cr'
    return end
  }
}
