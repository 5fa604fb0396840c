/** Length-prefixed frames: a length of four bytes, big-endian, then the payload. */
import type { DisconnectReason } from './disconnect.ts'
import type { Framing } from './framing.ts'

export const HEADER_BYTES = 4

/** Initial buffer of an incomplete payload; it doubles, so that a header alone does not allocate its whole length. */
const FIRST_BYTES = 1_024

const NOTHING = Buffer.alloc(0)

/**
 * Parses frames from a stream of bytes. Holds the last chunk, without a copy, until all its frames are taken, and at most one
 * incomplete frame.
 */
export class FrameReader implements Framing<Buffer, Buffer> {
  /** Set after a header that exceeds the limit; the stream cannot be parsed any further. */
  fault: DisconnectReason | undefined
  readonly #limit: number
  #chunk: Buffer = NOTHING
  /** Offset of the first byte of the chunk that is not parsed. */
  #at = 0
  #header = 0
  #headerBytes = 0
  /** The incomplete payload that began in an earlier chunk. */
  #begun: Buffer | undefined
  #begunBytes = 0

  /** `limit` is the maximum bytes of a payload. */
  constructor(limit: number) {
    this.#limit = limit
  }

  /** Bytes of the incomplete payload and of the chunk. */
  get held(): number {
    return (this.#begun?.length ?? 0) + this.#chunk.length
  }

  feed(chunk: Buffer): boolean {
    this.#chunk = chunk
    this.#at = 0
    return true
  }

  /** Returns the next payload; undefined until more input is fed. */
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
      // The whole payload is in the chunk.
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

interface FrameStyle {
  /**
   * True if no byte of the header is `{`, for clients that search for the first byte of the JSON (docs/protocols/chatterbox.md,
   * section 5.2); the payload is padded with spaces after the opening brace.
   */
  readonly plainHeader?: boolean
}

const BRACE = 0x7b

/** Encodes a frame. `json` is an object: it begins with `{`. */
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

/** Returns the smallest length, at least `length`, whose bytes do not include `{`. */
function withoutBrace(length: number): number {
  for (let unit = 2 ** 24; unit >= 1; unit /= 256) {
    // Increments this byte and clears the lower ones.
    if (Math.floor(length / unit) % 256 === BRACE) return (Math.floor(length / unit) + 1) * unit
  }
  return length
}
