import { type FramedConnection, type Framing, type InputAhead, UnendedLine, Unreadable } from '../framing.ts'
import { ReadAhead } from './ahead.ts'
import { decodeLine } from './bytes.ts'
import { LineCap, TOO_LONG } from './cap.ts'
import { LineEnds } from './ends.ts'
import { Telnet } from './telnet.ts'

/** First byte of every telnet command. */
const IAC = 0xff
/** Byte order mark of UTF-8, as latin1 characters. */
const BYTE_ORDER_MARK = '\xef\xbb\xbf'

/** A line; of another class where it is not an ordinary one. */
export type LineUnit = string | UnendedLine | Unreadable

/**
 * Splits bytes into lines of text that are within the limit (docs/protocols/line-bytes.md): removes telnet commands and a leading byte order
 * mark. Bytes are latin1 characters here, so that lengths are in bytes and invalid UTF-8 is still detectable.
 */
export class LineFraming implements Framing<Buffer, LineUnit>, InputAhead {
  readonly ahead = this
  readonly #presence: Buffer
  readonly #input = new ReadAhead(() => this.#connection?.ready())
  #connection: FramedConnection | undefined
  /** Parser of telnet commands; undefined until the client has sent an IAC. */
  #telnet: Telnet | undefined
  readonly #ends = new LineEnds()
  readonly #cap: LineCap
  /** Whole lines, each with its line feed, and the place of the first one that is not taken. */
  #lines = ''
  #place = 0
  /** True after the first line, which may begin with a byte order mark. */
  #begun = false

  /** `maxLine` is the maximum bytes of a line without its end; `presence` is the reply to ARE YOU THERE of telnet. */
  constructor(maxLine: number, presence: Buffer) {
    this.#presence = presence
    this.#cap = new LineCap(maxLine)
  }

  get held(): number {
    return this.#input.bytes + this.#cap.held + this.#lines.length - this.#place
  }

  get full(): boolean {
    return this.#input.full
  }

  get waiting(): boolean {
    return this.#lines !== '' || this.#input.bytes > 0
  }

  open(connection: FramedConnection): void {
    this.#connection = connection
  }

  feed(chunk: Buffer): boolean {
    this.#input.push(chunk)
    return true
  }

  next(): LineUnit | undefined {
    while (this.#lines === '') {
      const chunk = this.#input.shift()
      let lines: string
      if (chunk) {
        const text = chunk.toString('latin1')
        lines = this.#cap.cut(this.#ends.take(this.#telnet || chunk.includes(IAC) ? this.#withoutTelnet(text) : text))
      } else {
        // At the end also the incomplete line.
        lines = this.#input.hasEnded ? this.#cap.rest() : ''
        if (lines === '') return undefined
      }
      if (lines === '') continue
      this.#lines = !this.#begun && lines.startsWith(BYTE_ORDER_MARK) ? lines.slice(BYTE_ORDER_MARK.length) : lines
      this.#begun = true
    }
    const end = this.#lines.indexOf('\n', this.#place)
    const line = this.#lines.slice(this.#place, end < 0 ? undefined : end)
    this.#place = end + 1
    if (end < 0 || this.#place === this.#lines.length) {
      this.#lines = ''
      this.#place = 0
    }
    if (line === TOO_LONG) return new Unreadable('line-too-long')
    const text = decodeLine(line)
    if (text === undefined) return new Unreadable('invalid-utf8')
    return end < 0 ? new UnendedLine(text) : text
  }

  end(): void {
    this.#input.end()
  }

  clear(): void {
    this.#input.clear()
  }

  #withoutTelnet(text: string): string {
    this.#telnet ??= new Telnet({
      negotiate: (bytes) => this.#connection?.push(bytes),
      areYouThere: () => this.#connection?.push(this.#presence),
    })
    const typed = this.#telnet.take(text)
    if (this.#telnet.spoken) this.#ends.speakTelnet()
    return typed
  }
}
