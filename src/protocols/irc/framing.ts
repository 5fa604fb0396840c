import { isUtf8 } from 'node:buffer'
import { type Framing, Unreadable } from '../../transport/framing.ts'
import { MAX_LINE_BYTES, MAX_TAG_BYTES } from './message.ts'

const LINE_FEED = 10
const CARRIAGE_RETURN = 13
/** Maximum bytes of a line with its tags that is read at all. */
const MAX_READ_BYTES = 2 * MAX_TAG_BYTES + MAX_LINE_BYTES
const NOTHING = Buffer.alloc(0)

/** A line that is not UTF-8, with U+FFFD for what cannot be read. */
export class GarbledLine extends Unreadable {
  readonly line: string

  constructor(bytes: Buffer) {
    super('invalid-utf8')
    this.line = bytes.toString()
  }
}

/** Splits bytes into lines that end with CR LF or LF; empty lines are left out (docs/protocols/irc.md, section 1). */
export class IrcFraming implements Framing<Buffer, string | Unreadable> {
  #input: Buffer = NOTHING
  #taken = 0
  /** True within a line that is too long. */
  #isSkipping = false

  get held(): number {
    return this.#input.length - this.#taken
  }

  feed(chunk: Buffer): boolean {
    this.#input = this.held === 0 ? chunk : Buffer.concat([this.#input.subarray(this.#taken), chunk])
    this.#taken = 0
    return true
  }

  next(): string | Unreadable | undefined {
    for (;;) {
      const end = this.#input.indexOf(LINE_FEED, this.#taken)
      if (end < 0) return void this.#keepRest()
      const line = this.#input.subarray(this.#taken, this.#input[end - 1] === CARRIAGE_RETURN ? end - 1 : end)
      this.#taken = end + 1
      if (this.#isSkipping || line.length > MAX_READ_BYTES) {
        this.#isSkipping = false
        return new Unreadable('line-too-long')
      }
      if (line.length > 0) return isUtf8(line) ? line.toString() : new GarbledLine(line)
    }
  }

  clear(): void {
    this.#input = NOTHING
    this.#taken = 0
  }

  /** Copies the unfinished line, so that the chunk that it came in is freed. */
  #keepRest(): void {
    if (this.held > MAX_READ_BYTES) this.#isSkipping = true
    this.#input = this.#isSkipping ? NOTHING : Buffer.from(this.#input.subarray(this.#taken))
    this.#taken = 0
  }
}
