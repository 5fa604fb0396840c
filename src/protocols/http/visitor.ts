import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { DisconnectReason } from '../disconnect.ts'
import type { Client } from '../listener.ts'

/**
 * How long a connection on which no request is under way stays open when the server stops, in ms: the client may have sent one that has
 * not arrived, and would see the connection end without an answer.
 */
const LAST_REQUEST_MS = 250

/** A connection to the HTTP port: idle, being answered, or turned into a WebSocket. */
export class Visitor implements Client {
  readonly #socket: Socket
  /** Requests that are being answered. */
  serving = 0
  #client: Client | undefined
  #draining = false
  #stopping = false
  /** The response of the newest request. */
  #newest: ServerResponse | undefined
  /** The response that says that the connection ends behind it. */
  #closing: ServerResponse | undefined

  /** Why it is here beyond the bounds; undefined when it is not. */
  readonly refused: DisconnectReason | undefined

  constructor(socket: Socket, refused?: DisconnectReason) {
    this.#socket = socket
    this.refused = refused
  }

  /** Whether no request is being answered. */
  get idle(): boolean {
    return this.serving === 0
  }

  serve(response: ServerResponse): void {
    this.serving++
    this.#newest = response
    if (this.#stopping) this.#closeBehindNewest()
    response.once('close', () => {
      this.serving--
      this.#endIfIdle()
    })
  }

  /** The handshake is done. */
  become(client: Client): void {
    this.#client = client
    if (this.#stopping || this.#draining) client.stop()
  }

  /** Lets a WebSocket go; who makes requests may go on. */
  drain(): void {
    this.#draining = true
    this.#client?.stop()
  }

  get queued(): number {
    return this.#client?.queued ?? this.#socket.writableLength
  }

  get held(): number {
    return this.#client?.held ?? this.#socket.writableLength
  }

  slow(on: boolean): void {
    this.#client?.slow(on)
  }

  discard(reason: DisconnectReason): void {
    if (this.#client) this.#client.discard(reason)
    else this.#socket.destroy()
  }

  stop(): void {
    this.#stopping = true
    this.#client?.stop()
    this.#closeBehindNewest()
    setTimeout(() => this.#endIfIdle(), LAST_REQUEST_MS).unref()
  }

  /** Lets the newest response say that the connection ends behind it, and no earlier one: pipelined requests are all answered. */
  #closeBehindNewest(): void {
    const [newest, closing] = [this.#newest, this.#closing]
    if (!newest?.shouldKeepAlive || newest.headersSent) return
    if (closing && !closing.headersSent) closing.shouldKeepAlive = true
    newest.shouldKeepAlive = false
    this.#closing = newest
  }

  #endIfIdle(): void {
    if (this.#stopping && this.serving === 0 && !this.#client) this.#socket.destroySoon()
  }
}
