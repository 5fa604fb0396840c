import type { Server } from 'node:http'
import type { Socket } from 'node:net'

/**
 * The listeners by which the HTTP server of Node.js serves a socket. That for `close`, which frees the parser, is not among them: it also
 * ends requests that are not read, and the socket with them.
 */
const EVENTS = ['data', 'end', 'drain', 'error', 'timeout'] as const

type Listener = (...parameters: unknown[]) => void

/** The listeners that the HTTP server of Node.js has on a socket. */
export class NodeListeners {
  readonly #socket: Socket
  readonly #listeners: readonly (readonly Listener[])[]

  /** Passes a socket to the server. */
  constructor(server: Server, socket: Socket) {
    const before = EVENTS.map((event) => socket.listenerCount(event))
    server.emit('connection', socket)
    this.#socket = socket
    this.#listeners = EVENTS.map((event, index) => socket.listeners(event).slice(before[index]) as Listener[])
  }

  /** Takes the socket back from the server, as Node.js does for an upgrade. */
  remove(): void {
    const socket = this.#socket
    // Node.js parses beneath the socket until the socket has another listener.
    const ignore = () => {}
    socket.on('data', ignore).off('data', ignore)
    for (const [index, event] of EVENTS.entries()) {
      for (const listener of this.#listeners[index] ?? []) socket.off(event, listener)
    }
    socket.setTimeout(0)
  }
}
