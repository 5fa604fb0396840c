import split2 from 'split2'
import { type FramedConnection, type Framing, type InputAhead, Unreadable } from '../framing.ts'
import { ReadAhead } from './ahead.ts'
import { decodeLine } from './bytes.ts'
import { TOO_LONG } from './cap.ts'
import { LineInput } from './input.ts'
import type { TelnetAnswers } from './telnet.ts'

/** Splits bytes into lines of text (docs/protocols/line-bytes.md). */
export class LineFraming implements Framing<Buffer, string | Unreadable>, InputAhead, TelnetAnswers {
  readonly ahead = this
  readonly #presence: Buffer
  readonly #input: LineInput
  readonly #lines = split2('\n', { decodeStrings: false })
  /** Bytes of the lines that are split and not taken. */
  #cut = 0
  readonly #ahead = new ReadAhead(() => this.#connection?.ready())
  #connection: FramedConnection | undefined
  #ended = false

  /** `maxLine` is the maximum bytes of a line without its end; `presence` is the reply to ARE YOU THERE of telnet. */
  constructor(maxLine: number, presence: Buffer) {
    this.#presence = presence
    this.#input = new LineInput(maxLine, this)
  }

  get held(): number {
    return this.#ahead.bytes + this.#input.held + this.#cut
  }

  get full(): boolean {
    return this.#ahead.full
  }

  get waiting(): boolean {
    return this.#lines.readableLength > 0 || this.#ahead.waiting
  }

  open(connection: FramedConnection): void {
    this.#connection = connection
  }

  feed(chunk: Buffer): boolean {
    this.#ahead.push(chunk)
    return true
  }

  next(): string | Unreadable | undefined {
    for (;;) {
      const line: string | null = this.#lines.read()
      if (line === TOO_LONG) return new Unreadable('line-too-long')
      if (line !== null) return decodeLine(line) ?? new Unreadable('invalid-utf8')
      const lines = this.#cutLines()
      this.#cut = lines?.length ?? 0
      if (lines === undefined) return undefined
      if (lines !== '') this.#lines.write(lines)
    }
  }

  end(): void {
    this.#ended = true
    this.#ahead.end()
  }

  clear(): void {
    this.#ahead.clear()
  }

  negotiate(bytes: Buffer): void {
    this.#connection?.push(bytes)
  }

  areYouThere(): void {
    this.#connection?.push(this.#presence)
  }

  /** Returns the lines that the next chunk completes, each with its line feed; at the end also the incomplete line. */
  #cutLines(): string | undefined {
    const chunk = this.#ahead.shift()
    if (chunk) return this.#input.take(chunk)
    const rest = this.#ended ? this.#input.rest() : ''
    return rest === '' ? undefined : `${rest}\n`
  }
}
