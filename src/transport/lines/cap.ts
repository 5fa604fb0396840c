import { isUtf8 } from 'node:buffer'
import { owned } from '../../chat/text.ts'
import { decodeLine } from './bytes.ts'
import { show } from './terminal.ts'

/** Placeholder of a line over the limit; no line contains NUL. */
export const TOO_LONG = '\0'

/** Maximum pieces of an incomplete line: each has an overhead of about 30 bytes. */
const MAX_PIECES = 64

/**
 * Buffers an incomplete line, and limits the length of lines: at most `limit` bytes without the line end. Of a line that overwrites
 * itself, like a progress bar, only the visible bytes count. Bytes are latin1 characters here.
 */
export class LineCap {
  readonly #limit: number
  #begun = ''
  /** Number of chunks of the incomplete line. */
  #pieces = 0
  /** True if the incomplete line is over the limit, and is discarded. */
  #isTooLong = false

  constructor(limit: number) {
    this.#limit = limit
  }

  /** Bytes of the incomplete line. */
  get held(): number {
    return this.#begun.length
  }

  /** Returns the lines that a chunk completes, each with its line feed. */
  cut(chunk: string): string {
    const end = chunk.lastIndexOf('\n') + 1
    if (end === 0) {
      if (!this.#isTooLong) this.#begun = this.#join(this.#hold(this.#begun + chunk))
      return ''
    }
    const lines = this.#begun + chunk.slice(0, end)
    // Mostly whole lines come, all of them within the limit.
    const ended = this.#isTooLong || lines.length > this.#limit ? this.#end(lines) : lines
    this.#begun = end === chunk.length ? '' : owned(this.#hold(chunk.slice(end)))
    this.#pieces = 1
    return ended
  }

  #join(begun: string): string {
    if (++this.#pieces < MAX_PIECES) return begun
    this.#pieces = 1
    return owned(begun)
  }

  /** Returns the incomplete line at the end of the stream; empty if there is none. */
  rest(): string {
    const line = this.#end(this.#begun)
    this.#begun = ''
    return line
  }

  #end(lines: string): string {
    const wasTooLong = this.#isTooLong
    this.#isTooLong = false
    if (wasTooLong) return TOO_LONG + this.#end(lines.slice(lines.indexOf('\n')))
    if (lines.length <= this.#limit) return lines
    let kept = ''
    let copied = 0
    for (let start = 0; start < lines.length; ) {
      const feed = lines.indexOf('\n', start)
      const end = feed < 0 ? lines.length : feed
      if (end - start > this.#limit) {
        kept += lines.slice(copied, start) + this.#shorten(lines.slice(start, end))
        copied = end
      }
      start = end + 1
    }
    return copied === 0 ? lines : kept + lines.slice(copied)
  }

  /** Returns a complete line, or {@link TOO_LONG}. */
  #shorten(line: string): string {
    if (line.length - Number(line.endsWith('\r')) <= this.#limit) return line
    if (lastOverwriting(line) < 0) return TOO_LONG
    const seen = decodeLine(line)
    if (seen === undefined || Buffer.byteLength(seen) > this.#limit) return TOO_LONG
    return Buffer.from(seen).toString('latin1')
  }

  /** Returns the part of an incomplete line that is kept. */
  #hold(line: string): string {
    // The last byte may be the carriage return of the line end.
    if (line.length <= this.#limit + 1) return line
    const last = lastOverwriting(line)
    if (last >= 0 && line.length <= 2 * this.#limit) return line
    const held = last < 0 ? undefined : withoutOverwritten(line, last)
    if (held !== undefined && held.length <= this.#limit) return held
    this.#isTooLong = true
    return ''
  }
}

/** Returns the last offset at which a line overwrites itself, or -1; a trailing carriage return does not count. */
function lastOverwriting(line: string): number {
  const before = line.length - (line.endsWith('\r') ? 2 : 1)
  return Math.max(...['\r', '\b', '\x7f'].map((control) => line.lastIndexOf(control, before)))
}

/** Returns a line with the same display, without the bytes that were overwritten before offset `last`; undefined if not UTF-8. */
function withoutOverwritten(line: string, last: number): string | undefined {
  const bytes = Buffer.from(line.slice(0, last + 1), 'latin1')
  if (!isUtf8(bytes)) return undefined
  const { text, cursor } = show(bytes.toString())
  return `${Buffer.from(text).toString('latin1')}\x1b[${cursor + 1}G${line.slice(last + 1)}`
}
