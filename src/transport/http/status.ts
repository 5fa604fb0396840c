import type { DisconnectReason } from '../disconnect.ts'
import { STATUS_CODES } from './node-http.ts'

/** Returns the status for a refused client. */
export function statusOf(refused: DisconnectReason): number {
  if (refused === 'address-banned') return 403
  return refused === 'too-many-from-address' ? 429 : 503
}

/** Encodes a response without a body, after which the connection ends. */
export function statusAlone(status: number): Buffer {
  return Buffer.from(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
}
