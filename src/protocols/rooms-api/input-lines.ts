import { decodeLine } from '../../transport/lines/bytes.ts'
import { LineCap, TOO_LONG } from '../../transport/lines/cap.ts'
import { LineEnds } from '../../transport/lines/ends.ts'
import { Problem } from './problems.ts'

/** Maximum bytes of a character in UTF-8. */
const CHARACTER_BYTES = 4
const BYTE_ORDER_MARK = '\ufeff'

/** Splits a body into lines, each as a terminal would show it (docs/protocols/line-bytes.md). */
export class InputLines {
  readonly #ends = new LineEnds()
  readonly #cap: LineCap
  readonly #maxText: number
  #begun = false

  /** `maxText` is the maximum characters of a line. */
  constructor(maxText: number) {
    this.#cap = new LineCap(CHARACTER_BYTES * maxText)
    this.#maxText = maxText
  }

  /** Returns the lines that a chunk completes; a problem in place of one that is too long or not UTF-8. */
  take(chunk: Buffer): (string | Problem)[] {
    const lines = this.#cap.cut(this.#ends.take(chunk.toString('latin1')))
    return lines === ''
      ? []
      : lines
          .slice(0, -1)
          .split('\n')
          .map((line) => this.#decode(line))
  }

  /** Returns the incomplete line at the end of the body, if there is one. */
  rest(): (string | Problem)[] {
    const line = this.#cap.rest()
    return line === '' ? [] : [this.#decode(line)]
  }

  #decode(bytes: string): string | Problem {
    if (bytes === TOO_LONG) {
      return new Problem(413, 'text-too-long', `Message too long, at most ${this.#maxText} characters`)
    }
    const line = decodeLine(bytes)
    if (line === undefined) return new Problem(400, 'invalid-utf8', 'The line is not UTF-8')
    if (this.#begun) return line
    this.#begun = true
    return line.startsWith(BYTE_ORDER_MARK) ? line.slice(1) : line
  }
}
