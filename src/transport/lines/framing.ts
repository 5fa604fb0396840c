import { type FramedConnection, type Framing, type InputAhead, UnendedLine, Unreadable } from '../framing.ts'
import { ReadAhead } from './ahead.ts'
import { decodeLine } from './bytes.ts'
import { TOO_LONG } from './cap.ts'
import { LineInput } from './input.ts'
import type { TelnetAnswers } from './telnet.ts'

/** A line; of another class where it is not an ordinary one. */
export type LineUnit = string | UnendedLine | Unreadable

/** Splits bytes into lines of text (docs/protocols/line-bytes.md). */
export class LineFraming implements Framing<Buffer, LineUnit>, InputAhead, TelnetAnswers {
  readonly ahead = this
  readonly #presence: Buffer
  readonly #input: LineInput
  /** Whole lines, each with its line feed, and the place of the first one that is not taken. */
  #lines = ''
  #place = 0
  readonly #ahead = new ReadAhead(() => this.#connection?.ready())
  #connection: FramedConnection | undefined
  #ended = false

  /** `maxLine` is the maximum bytes of a line without its end; `presence` is the reply to ARE YOU THERE of telnet. */
  constructor(maxLine: number, presence: Buffer) {
    this.#presence = presence
    this.#input = new LineInput(maxLine, this)
  }

  get held(): number {
    return this.#ahead.bytes + this.#input.held + this.#lines.length - this.#place
  }

  get full(): boolean {
    return this.#ahead.full
  }

  get waiting(): boolean {
    return this.#lines !== '' || this.#ahead.waiting
  }

  open(connection: FramedConnection): void {
    this.#connection = connection
  }

  feed(chunk: Buffer): boolean {
    this.#ahead.push(chunk)
    return true
  }

  next(): LineUnit | undefined {
    while (this.#lines === '') {
      const chunk = this.#ahead.shift()
      if (chunk) {
        this.#lines = this.#input.take(chunk)
        continue
      }
      // At the end also the incomplete line.
      const rest = this.#ended ? this.#input.rest() : ''
      if (rest === '') return undefined
      const last = unitOf(rest)
      return typeof last === 'string' ? new UnendedLine(last) : last
    }
    const end = this.#lines.indexOf('\n', this.#place)
    const line = this.#lines.slice(this.#place, end)
    this.#place = end + 1
    if (this.#place === this.#lines.length) {
      this.#lines = ''
      this.#place = 0
    }
    return unitOf(line)
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
}

function unitOf(line: string): string | Unreadable {
  return line === TOO_LONG ? new Unreadable('line-too-long') : (decodeLine(line) ?? new Unreadable('invalid-utf8'))
}
