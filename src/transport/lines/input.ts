import { LineCap } from './cap.ts'
import { LineEnds } from './ends.ts'
import { Telnet, type TelnetAnswers } from './telnet.ts'

/** First byte of every telnet command. */
const IAC = 0xff
/** Byte order mark of UTF-8, as latin1 characters. */
const BYTE_ORDER_MARK = '\xef\xbb\xbf'

/**
 * Converts the bytes of a client to lines that end with LF or CR LF and are within the limit: removes telnet commands and a leading
 * byte order mark. Bytes are latin1 characters here, so that lengths are in bytes and invalid UTF-8 is still detectable.
 */
export class LineInput {
  readonly #answers: TelnetAnswers
  /** Parser of telnet commands; undefined until the client has sent an IAC. */
  #telnet: Telnet | undefined
  readonly #ends = new LineEnds()
  readonly #cap: LineCap
  #begun = false

  constructor(maxLine: number, answers: TelnetAnswers) {
    this.#answers = answers
    this.#cap = new LineCap(maxLine)
  }

  /** Bytes of the incomplete line. */
  get held(): number {
    return this.#cap.held
  }

  /** Returns the lines that a chunk completes. */
  take(chunk: Buffer): string {
    const text = chunk.toString('latin1')
    const typed = this.#telnet || chunk.includes(IAC) ? this.#withoutTelnet(text) : text
    const lines = this.#cap.cut(this.#ends.take(typed))
    return this.#begun ? lines : this.#withoutMark(lines)
  }

  /** Returns the incomplete line at the end of the stream. */
  rest(): string {
    const line = this.#cap.rest()
    return this.#begun ? line : this.#withoutMark(line)
  }

  #withoutTelnet(text: string): string {
    this.#telnet ??= new Telnet(this.#answers)
    const typed = this.#telnet.take(text)
    if (this.#telnet.spoken) this.#ends.speakTelnet()
    return typed
  }

  #withoutMark(lines: string): string {
    if (lines === '') return lines
    this.#begun = true
    return lines.startsWith(BYTE_ORDER_MARK) ? lines.slice(BYTE_ORDER_MARK.length) : lines
  }
}
