/**
 * Line ends. Elsewhere LF or CR LF ends a line, and a carriage return within one goes back to its beginning, as progress
 * bars do. A telnet client sends CR NUL for the Enter key, or CR alone, and so does a terminal in raw mode: CR ends a line
 * too where the client has spoken telnet, has sent CR NUL, or has ended its first line with CR alone.
 */

/** How a client ends its lines; unknown until the first one has ended. */
type Style = 'unknown' | 'lf' | 'cr'

const PIECES = /[^\r\n\0]+|[\r\n\0]/g

/** Makes LF of every line end but CR LF. */
export class LineEnds {
  #style: Style = 'unknown'
  /** The last character was CR. */
  #returned = false

  /** From now on CR ends a line. */
  speakTelnet(): void {
    // That CR has not ended its line.
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
        // CR CR LF, of a text that was converted twice, is one end.
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
    // Where CR alone ends a line it has ended it already.
    const end = this.#style === 'lf' ? '\n' : ''
    this.#style = 'cr'
    return end
  }
}
