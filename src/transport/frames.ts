/** Length-prefixed frames: a length of four bytes, the highest first, then so many bytes of payload. */
import type { DisconnectReason } from './disconnect.ts'
import type { Framing } from './framing.ts'

export const HEADER_BYTES = 4

/** Room for a payload before more of it has come; it doubles, so that a header alone takes no memory. */
const FIRST_BYTES = 1_024

const NOTHING = Buffer.alloc(0)

/**
 * Takes frames out of a stream of bytes. Give it a chunk, then take from it until there is nothing: it keeps the chunk without a
 * copy until all of it is taken and, beside it, at most one frame that has not come to its end.
 */
export class FrameReader implements Framing<Buffer, Buffer> {
  /** Set for ever after a header that announces more than the limit: where the next frame begins cannot be known. */
  fault: DisconnectReason | undefined
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

  feed(chunk: Buffer): boolean {
    this.#chunk = chunk
    this.#at = 0
    return true
  }

  /** The next payload; undefined until more has been fed. */
  next(): Buffer | undefined {
    const payload = this.fault ? undefined : this.#next()
    if (payload === undefined) this.feed(NOTHING)
    return payload
  }

  #next(): Buffer | undefined {
    while (this.#headerBytes < HEADER_BYTES) {
      const byte = this.#chunk[this.#at]
      if (byte === undefined) return undefined
      this.#at++
      this.#headerBytes++
      this.#header = this.#header * 256 + byte
    }
    if (this.#header > this.#limit) {
      this.fault = 'frame-too-long'
      return undefined
    }
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

export interface FrameStyle {
  /**
   * No byte of the header is `{`, for clients that look for the JSON by its first byte (docs/protocols/chatterbox.md, section 5.2):
   * spaces directly after the opening brace make up for it.
   */
  readonly plainHeader?: boolean
}

const BRACE = 0x7b

/** Header and JSON in one piece. `json` is an object: it begins with `{`. */
export function encodeFrame(json: string, { plainHeader = false }: FrameStyle = {}): Buffer {
  const bare = Buffer.byteLength(json)
  const length = plainHeader ? withoutBrace(bare) : bare
  const frame = Buffer.allocUnsafe(HEADER_BYTES + length)
  frame.writeUInt32BE(length)
  if (length === bare) {
    frame.write(json, HEADER_BYTES)
  } else {
    frame[HEADER_BYTES] = BRACE
    frame.fill(' ', HEADER_BYTES + 1, HEADER_BYTES + 1 + length - bare)
    frame.write(json.slice(1), HEADER_BYTES + 1 + length - bare)
  }
  return frame
}

/** The least length from this one on that has no such byte. */
function withoutBrace(length: number): number {
  for (let unit = 2 ** 24; unit >= 1; unit /= 256) {
    // The next value of this byte, and the least of those below it.
    if (Math.floor(length / unit) % 256 === BRACE) return (Math.floor(length / unit) + 1) * unit
  }
  return length
}
