/** The longest head of a frame: two bytes, eight of a length, four of a mask. */
const MAX_HEAD = 14

/**
 * Reads the heads of a client's frames (RFC 6455, 5.2) beside the WebSocket library, which does not tell of fragments, nor of
 * a message that has begun and does not end.
 */
export class FrameMeter {
  readonly #head = Buffer.alloc(MAX_HEAD)
  #headLength = 0
  /** Bytes of the payload that are still to come. */
  #payload = 0
  /** The first fragment of a message has begun, the last one has not ended. */
  #fragmented = false
  /** The value of {@link #fragmented} when the frame ends. */
  #goesOn = false

  /** Frames that have begun so far and do not end a message: fragments but the last one, and control frames. */
  extra = 0
  /** Bytes of the frame or message that has begun and not ended. */
  held = 0
  /** Times that no frame and no message was under way. */
  rests = 0

  /** Whether a frame or a message has begun and not ended. */
  get midway(): boolean {
    return this.#fragmented || this.#headLength > 0
  }

  feed(chunk: Buffer): void {
    for (let at = 0; at < chunk.length; ) {
      if (this.#payload > 0) {
        const step = Math.min(this.#payload, chunk.length - at)
        at += step
        this.held += step
        this.#payload -= step
      } else {
        this.#head[this.#headLength++] = chunk[at++] ?? 0
        this.held++
        if (this.#headLength < headLength(this.#head, this.#headLength)) continue
        this.#begin()
      }
      if (this.#payload === 0) this.#end()
    }
  }

  #begin(): void {
    const [first = 0, second = 0] = this.#head
    const length = second & 0x7f
    this.#payload =
      length === 126 ? this.#head.readUInt16BE(2) : length === 127 ? Number(this.#head.readBigUInt64BE(2)) : length
    const isControl = (first & 0x08) !== 0
    const isLast = (first & 0x80) !== 0
    if (isControl || !isLast) this.extra++
    this.#goesOn = isControl ? this.#fragmented : !isLast
  }

  #end(): void {
    this.#headLength = 0
    this.#fragmented = this.#goesOn
    if (this.#fragmented) return
    this.rests++
    this.held = 0
  }
}

/** The length of a head, as far as its first bytes tell. */
function headLength(head: Buffer, known: number): number {
  if (known < 2) return 2
  const [, second = 0] = head
  const length = second & 0x7f
  return 2 + (length === 126 ? 2 : length === 127 ? 8 : 0) + ((second & 0x80) !== 0 ? 4 : 0)
}
