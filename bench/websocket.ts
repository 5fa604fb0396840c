/** WebSockets by hand (RFC 6455): what a library does for each frame costs more than the server, a thousand times over. */
import { type Counter, countMarks, MARK_BYTE } from './marks.ts'

/** How the answer to a handshake begins that has opened a WebSocket. */
export const UPGRADED = 'HTTP/1.1 101 '

/** Nobody checks the answer's key, so that everybody may send the same. */
const KEY = 'dGhlIHNhbXBsZSBub25jZQ=='
const SHORT = 126

export function handshake(path: string, cookie?: string): string {
  const head = [
    `GET ${path} HTTP/1.1`,
    'Host: localhost',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    `Sec-WebSocket-Key: ${KEY}`,
  ]
  if (cookie !== undefined) head.push(`Cookie: ${cookie}`)
  return `${head.join('\r\n')}\r\n\r\n`
}

/** A text as the client's frame; the mask is of zeros, which leave it as it is. */
export function clientFrame(text: string): string {
  if (text.length >= SHORT) throw new Error('too long for a short frame')
  return `${Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0]).toString('latin1')}${text}`
}

/** Counts the marks in the content of frames: a byte of a length may look like one. Begins at the beginning of a frame. */
export function frameCounter(): Counter {
  /** Bytes of content to come. */
  let content = 0
  /** Bytes of the header that have come, up to 2, and those of a long length that have not. */
  let read = 0
  let extra = 0
  let length = 0
  return (chunk) => {
    let found = countMarks(chunk)
    let at = content
    while (at < chunk.length) {
      const byte = chunk[at++] ?? 0
      if (byte === MARK_BYTE) found--
      if (read === 0) {
        read = 1
        continue
      }
      if (read === 1) {
        read = 2
        extra = byte < SHORT ? 0 : byte === SHORT ? 2 : 8
        length = byte < SHORT ? byte : 0
      } else {
        extra--
        length = length * 256 + byte
      }
      if (extra === 0) {
        at += length
        read = 0
      }
    }
    content = at - chunk.length
    return found
  }
}
