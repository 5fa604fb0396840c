/** Maximum bytes of a frame's header: two, eight of the length, four of the mask. */
const MAX_HEAD = 14

/**
 * Parses the headers of a client's frames (RFC 6455, 5.2) in parallel to the WebSocket library, which reports neither fragments nor
 * incomplete messages.
 */
export class FrameMeter {
  readonly #head = Buffer.alloc(MAX_HEAD)
  #headLength = 0
  /** Bytes of the payload that have not arrived. */
  #payload = 0
  /** True within a fragmented message. */
  #fragmented = false
  /** Value of {@link #fragmented} at the end of the frame. */
  #goesOn = false

  /** Number of frames so far that do not end a message: all fragments but the last, and control frames. */
  extra = 0
  /** Bytes of the incomplete frame or message. */
  held = 0
  /** Number of complete messages and single control frames. */
  rests = 0

  /** True within a frame or a message. */
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

/** Returns the length of a header by its first `known` bytes. */
function headLength(head: Buffer, known: number): number {
  if (known < 2) return 2
  const [, second = 0] = head
  const length = second & 0x7f
  return 2 + (length === 126 ? 2 : length === 127 ? 8 : 0) + ((second & 0x80) !== 0 ? 4 : 0)
}
