export const HEADER_BYTES = 4

/** Room for a payload before more of it has come; it doubles, so that a header alone takes no memory. */
const FIRST_BYTES = 1_024

const NOTHING = Buffer.alloc(0)

/**
 * Takes frames out of a stream of bytes: a length of four bytes, the highest first, then so many bytes of payload.
 *
 * Give it a chunk, then take from it until there is nothing: it keeps the chunk without a copy until all of it is taken
 * and, beside it, at most one frame that has not come to its end.
 */
export class FrameReader {
  readonly #limit: number
  #chunk: Buffer = NOTHING
  /** Where the rest of the chunk begins. */
  #at = 0
  #header = 0
  #headerBytes = 0
  /** A payload that began in an earlier chunk. */
  #begun: Buffer | undefined
  #begunBytes = 0

  /** `limit`: bytes of a payload. */
  constructor(limit: number) {
    this.#limit = limit
  }

  /** Bytes of a payload that has not come to its end, and of the chunk that is not all taken. */
  get held(): number {
    return (this.#begun?.length ?? 0) + this.#chunk.length
  }

  feed(chunk: Buffer): void {
    this.#chunk = chunk
    this.#at = 0
  }

  /**
   * The next payload; undefined until more has been fed. `too long` for ever after a header that announces more than the
   * limit: where the next frame begins cannot be known without reading this one.
   */
  next(): Buffer | 'too long' | undefined {
    const payload = this.#next()
    if (payload === undefined) this.feed(NOTHING)
    return payload
  }

  #next(): Buffer | 'too long' | undefined {
    while (this.#headerBytes < HEADER_BYTES) {
      const byte = this.#chunk[this.#at]
      if (byte === undefined) return undefined
      this.#at++
      this.#headerBytes++
      this.#header = this.#header * 256 + byte
    }
    if (this.#header > this.#limit) return 'too long'
    const payload = this.#payload(this.#header)
    if (payload) {
      this.#header = 0
      this.#headerBytes = 0
    }
    return payload
  }

  #payload(length: number): Buffer | undefined {
    const rest = this.#chunk.length - this.#at
    if (!this.#begun) {
      // Whole within its chunk, like most.
      if (rest >= length) return this.#chunk.subarray(this.#at, (this.#at += length))
      this.#begun = Buffer.allocUnsafe(Math.min(length, Math.max(FIRST_BYTES, 2 * rest)))
    }
    const bytes = Math.min(rest, length - this.#begunBytes)
    const begun = this.#withRoom(this.#begun, this.#begunBytes + bytes, length)
    this.#chunk.copy(begun, this.#begunBytes, this.#at, this.#at + bytes)
    this.#at += bytes
    this.#begunBytes += bytes
    this.#begun = begun
    if (this.#begunBytes < length) return undefined
    this.#begun = undefined
    this.#begunBytes = 0
    return begun.subarray(0, length)
  }

  #withRoom(begun: Buffer, bytes: number, most: number): Buffer {
    if (bytes <= begun.length) return begun
    const larger = Buffer.allocUnsafe(Math.min(most, Math.max(bytes, 2 * begun.length)))
    begun.copy(larger)
    return larger
  }
}
