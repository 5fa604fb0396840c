import { STATUS_CODES } from 'node:http'
import type { DisconnectReason } from '../disconnect.ts'

/** The status for a client that is not let in. */
export function statusOf(refused: DisconnectReason): number {
  return refused === 'too-many-from-address' ? 429 : 503
}

/** An answer to whoever is not listened to. */
export function statusAlone(status: number): Buffer {
  return Buffer.from(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
}
