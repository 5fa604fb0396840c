import { LineCap } from './cap.ts'
import { LineEnds } from './ends.ts'
import { Telnet, type TelnetAnswers } from './telnet.ts'

/** With which every command of telnet begins. */
const IAC = 0xff
/** Of UTF-8, its bytes as characters. */
const BYTE_ORDER_MARK = '\xef\xbb\xbf'

/**
 * Makes lines of the bytes that a client sends: without what telnet has put between them and without a byte order mark at their
 * beginning, ended by LF or CR LF, and none longer than the limit.
 *
 * Bytes are characters here: line lengths are bytes, and what is not UTF-8 can still be told.
 */
export class LineInput {
  readonly #answers: TelnetAnswers
  /** Where the client has sent what may be telnet. */
  #telnet: Telnet | undefined
  readonly #ends = new LineEnds()
  readonly #cap: LineCap
  #begun = false

  constructor(maxLine: number, answers: TelnetAnswers) {
    this.#answers = answers
    this.#cap = new LineCap(maxLine)
  }

  /** Bytes of the line that has begun. */
  get held(): number {
    return this.#cap.held
  }

  /** The lines that a chunk has ended. */
  take(chunk: Buffer): string {
    const text = chunk.toString('latin1')
    const typed = this.#telnet || chunk.includes(IAC) ? this.#withoutTelnet(text) : text
    return this.#withoutMark(this.#cap.cut(this.#ends.take(typed)))
  }

  /** The line that the end of the stream has ended. */
  rest(): string {
    return this.#withoutMark(this.#cap.rest())
  }

  #withoutTelnet(text: string): string {
    this.#telnet ??= new Telnet(this.#answers)
    const typed = this.#telnet.take(text)
    if (this.#telnet.spoken) this.#ends.speakTelnet()
    return typed
  }

  #withoutMark(lines: string): string {
    if (this.#begun || lines === '') return lines
    this.#begun = true
    return lines.startsWith(BYTE_ORDER_MARK) ? lines.slice(BYTE_ORDER_MARK.length) : lines
  }
}
