/** The line protocol over WebSocket, for Node, whose own WebSocket tells no reasons, takes no certificates and cannot be paused. */
import { type ClientOptions, WebSocket } from 'ws'
import type { Dial } from '../transport.ts'
import { systemReason } from './sockets.ts'

export function nodeWebSocket(url: string, options: Pick<ClientOptions, 'ca' | 'rejectUnauthorized'> = {}): Dial {
  return ({ opened, received, closed }) => {
    const socket = new WebSocket(url, options)
    let why: string | undefined
    socket.on('open', opened)
    socket.on('message', (data) => received(String(data)))
    // 'close' follows.
    socket.on('error', (error) => (why = systemReason(error)))
    socket.on('close', () => closed(why))
    return {
      send: (line) => socket.send(line),
      close: () => socket.close(),
      pause: (on) => (on ? socket.pause() : socket.resume()),
    }
  }
}
