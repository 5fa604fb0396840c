import { HEADER_BYTES } from './reader.ts'

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
