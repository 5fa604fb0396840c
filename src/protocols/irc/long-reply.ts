import type { IrcContext } from './command.ts'
import type { Lines } from './message.ts'

/** Maximum lines in one write, and bytes at which a write ends: the next ones wait until the client has read them. */
export const WRITE_LINES = 256
const WRITE_BYTES = 32_768

/** The lines of a reply, which are sent in pieces before its end, each when the client has read the one before. */
export class LongReply {
  readonly #context: Pick<IrcContext, 'tell' | 'drained'>
  #lines: string[] = []
  #bytes = 0
  /** True if lines have been sent. */
  isBegun = false

  constructor(context: Pick<IrcContext, 'tell' | 'drained'>) {
    this.#context = context
  }

  /** Adds lines. Resolves when the client has read what had to be sent. */
  async add(lines: Lines): Promise<void> {
    for (const line of lines) {
      this.#lines.push(line)
      this.#bytes += Buffer.byteLength(line)
      if (this.#lines.length < WRITE_LINES && this.#bytes < WRITE_BYTES) continue
      this.isBegun = true
      this.#context.tell(this.rest())
      await this.#context.drained()
    }
  }

  /** Takes the lines that have not been sent. */
  rest(): Lines {
    const lines = this.#lines
    this.#lines = []
    this.#bytes = 0
    return lines
  }
}
