import { isUtf8 } from 'node:buffer'
import { owned } from '../../chat/text.ts'
import { decodeLine } from './bytes.ts'
import { show } from './terminal.ts'

/** Stands for a line that was too long; no line has a NUL. */
export const TOO_LONG = '\0'

/** Maximum number of pieces of a line that has begun: each costs the runtime some 30 bytes beside its characters. */
const MAX_PIECES = 64

/**
 * Holds a line until it has ended, and keeps one that never ends out of memory. A line is too long when it has more than
 * `limit` bytes without its end; of one that overwrites itself, as progress bars do, only what is seen of it counts.
 *
 * Bytes are characters here.
 */
export class LineCap {
  readonly #limit: number
  #begun = ''
  /** Chunks that the line that has begun is made of. */
  #pieces = 0
  /** The line that has begun is too long, and not kept. */
  #isTooLong = false

  constructor(limit: number) {
    this.#limit = limit
  }

  /** Bytes of the line that has begun. */
  get held(): number {
    return this.#begun.length
  }

  /** The lines that a chunk has ended, each with its line feed. */
  cut(chunk: string): string {
    const end = chunk.lastIndexOf('\n') + 1
    if (end === 0) {
      if (!this.#isTooLong) this.#begun = this.#join(this.#hold(this.#begun + chunk))
      return ''
    }
    const ended = this.#end(this.#begun + chunk.slice(0, end))
    this.#begun = owned(this.#hold(chunk.slice(end)))
    this.#pieces = 1
    return ended
  }

  #join(begun: string): string {
    if (++this.#pieces < MAX_PIECES) return begun
    this.#pieces = 1
    return owned(begun)
  }

  /** The line that the end of the stream has ended; empty where there is none. */
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

  /** A line that has ended, and may be too long. */
  #shorten(line: string): string {
    if (line.length - Number(line.endsWith('\r')) <= this.#limit) return line
    if (lastOverwriting(line) < 0) return TOO_LONG
    const seen = decodeLine(line)
    if (seen === undefined || Buffer.byteLength(seen) > this.#limit) return TOO_LONG
    return Buffer.from(seen).toString('latin1')
  }

  /** A line that has not ended. */
  #hold(line: string): string {
    // Room for the carriage return at its end.
    if (line.length <= this.#limit + 1) return line
    const last = lastOverwriting(line)
    if (last >= 0 && line.length <= 2 * this.#limit) return line
    const held = last < 0 ? undefined : withoutOverwritten(line, last)
    if (held !== undefined && held.length <= this.#limit) return held
    this.#isTooLong = true
    return ''
  }
}

/** The last place where a line begins to overwrite itself, -1 where there is none: no carriage return at its end. */
function lastOverwriting(line: string): number {
  const before = line.length - (line.endsWith('\r') ? 2 : 1)
  return Math.max(...['\r', '\b', '\x7f'].map((control) => line.lastIndexOf(control, before)))
}

/** A line that looks the same, and goes on the same, without what was overwritten up to that place. */
function withoutOverwritten(line: string, last: number): string | undefined {
  const bytes = Buffer.from(line.slice(0, last + 1), 'latin1')
  if (!isUtf8(bytes)) return undefined
  const { text, cursor } = show(bytes.toString())
  return `${Buffer.from(text).toString('latin1')}\x1b[${cursor + 1}G${line.slice(last + 1)}`
}
