import { readResponse } from './response.ts'
import { checkWebSocket } from './websocket.ts'

/** The statuses of the HTTP port. 500 is a fault. */
const STATUSES = new Set([
  100, 101, 200, 201, 204, 304, 400, 401, 403, 404, 405, 408, 409, 410, 413, 415, 417, 421, 422, 426, 429, 431, 501,
  503,
])
const SWITCHING = 101

/** Checks that bytes are responses, and frames of a WebSocket behind a handshake. Returns how many there are of both. */
export function checkHttp(received: Buffer, complete: boolean): number {
  let count = 0
  for (let rest = received; rest.length > 0; ) {
    const response = readResponse(rest, complete)
    if (!response) break
    count++
    if (!STATUSES.has(response.status)) throw new Error(`status ${response.status}`)
    rest = rest.subarray(response.bytes)
    if (response.status === SWITCHING) return count + checkWebSocket(rest, complete)
    const { body } = response
    const type = response.headers.get('content-type')
    if (/^application\/(?:problem\+)?json/.test(type ?? '') && body.length > 0) JSON.parse(body.toString())
  }
  return count
}
