import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** A connection to the HTTP port: idle, being answered, or turned into a WebSocket. */
export class Visitor {
  readonly #socket: Socket
  /** Requests that are being answered. */
  #serving = 0
  #client: { stop(): void } | undefined
  #stopping = false

  constructor(socket: Socket) {
    this.#socket = socket
  }

  serve(response: ServerResponse): void {
    this.#serving++
    response.once('close', () => {
      this.#serving--
      this.#endIfIdle()
    })
  }

  /** The handshake is done. */
  become(client: { stop(): void }): void {
    this.#client = client
    if (this.#stopping) client.stop()
  }

  stop(): void {
    this.#stopping = true
    if (this.#client) this.#client.stop()
    else this.#endIfIdle()
  }

  #endIfIdle(): void {
    if (this.#stopping && this.#serving === 0 && !this.#client) this.#socket.destroySoon()
  }
}
