import type { Duplex } from 'node:stream'
import { Outbox } from '../outbox.ts'

/** Text in one frame, for any number of receivers (RFC 6455, 5.2: whole, not masked, not compressed). */
export function textFrame(text: string): Buffer {
  const length = Buffer.byteLength(text)
  const head = length < 126 ? 2 : length < 65_536 ? 4 : 10
  const frame = Buffer.allocUnsafe(head + length)
  frame[0] = 0x81
  if (head === 2) {
    frame[1] = length
  } else if (head === 4) {
    frame[1] = 126
    frame.writeUInt16BE(length, 2)
  } else {
    frame[1] = 127
    frame.writeBigUInt64BE(BigInt(length), 2)
  }
  frame.write(text, head)
  return frame
}

/** Frames for a WebSocket, written to the stream beneath it: not the stream's end is the end, but the close frame behind it. */
export class FrameOutbox extends Outbox {
  protected override finish(stream: Duplex, lastWord?: Buffer): void {
    if (lastWord && lastWord.length > 0) stream.write(lastWord)
  }
}
