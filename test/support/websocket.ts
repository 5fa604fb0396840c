/** WebSocket clients: the library's, and frames of our own making for what the library would never send. */
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { type ClientOptions, WebSocket } from 'ws'
import { trust } from './certificate.ts'

export const TEXT = 1
export const BINARY = 2
export const CLOSE = 8
export const PING = 9
export const PONG = 10

/** A frame as a client sends it (RFC 6455, 5.2). */
export function clientFrame(
  payload: string | Buffer,
  { opcode = TEXT, last = true, masked = true, mask = randomBytes(4) } = {},
): Buffer {
  const bytes = Buffer.from(payload)
  const { length } = bytes
  const head = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10)
  head[0] = (last ? 0x80 : 0) | opcode
  head[1] = (masked ? 0x80 : 0) | (head.length === 2 ? length : head.length === 4 ? 126 : 127)
  if (head.length === 4) head.writeUInt16BE(length, 2)
  if (head.length === 10) head.writeBigUInt64BE(BigInt(length), 2)
  if (!masked) return Buffer.concat([head, bytes])
  for (let place = 0; place < length; place++) bytes[place] = (bytes[place] ?? 0) ^ (mask[place % 4] ?? 0)
  return Buffer.concat([head, mask, bytes])
}

/** A WebSocket whose handshake is done, and the socket beneath it. */
export async function openWebSocket(
  port: number,
  path: string,
  { tls = false, ...options }: ClientOptions & { tls?: boolean } = {},
): Promise<{ websocket: WebSocket; socket: Socket }> {
  const websocket = new WebSocket(`${tls ? 'wss' : 'ws'}://127.0.0.1:${port}${path}`, {
    ...(tls && trust()),
    ...options,
  })
  const upgraded = once(websocket, 'upgrade')
  upgraded.catch(() => {})
  await once(websocket, 'open')
  const [{ socket }] = await upgraded
  return { websocket, socket: socket.setNoDelay() }
}
