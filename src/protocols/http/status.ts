import { STATUS_CODES } from 'node:http'

/** An answer to whoever is not listened to. */
export function statusAlone(status: number): Buffer {
  return Buffer.from(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
}
