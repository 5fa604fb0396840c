import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { DisconnectReason } from '../disconnect.ts'
import type { Client } from '../listener.ts'
import { statusAlone } from './status.ts'

/**
 * How long a connection on which no request is under way stays open when the server stops, in ms: the client may have sent one that has
 * not arrived, and would see the connection end without an answer.
 */
const LAST_REQUEST_MS = 250
/** How long a client may take to close its side when the server has closed its own, in ms. */
const LINGER_MS = 1_000
/** Requests of a connection that may be under way. */
const MAX_PIPELINED = 16

/**
 * A connection to the HTTP port and the owner of its socket, from the first byte to the last. It is in one of these states,
 * and each of them ends within a bounded time or when the socket closes:
 *
 * - idle: no request is under way; the runtime ends it after the keep-alive timeout, or here after twice `patienceMs`;
 * - serving: requests are being answered; the runtime bounds how long a request may take to arrive and its answer to leave;
 * - upgrading: a handshake is being answered and nobody reads the socket; `patienceMs` long at most;
 * - a WebSocket: its {@link Client} ends it;
 * - ending: the last answer has left; what still arrives is discarded, for a second at most.
 */
export class Visitor implements Client {
  readonly #socket: Socket
  readonly #patienceMs: number
  /** The response of the newest request. */
  #newest: ServerResponse | undefined
  /** Requests that are being answered, a handshake included. */
  #serving = 0
  /** The bytes to end with, once every answer has left. */
  #last: Buffer | undefined
  #client: Client | undefined
  #draining = false
  #stopping = false
  /** The response that says that the connection ends behind it. */
  #closing: ServerResponse | undefined
  #ending = false
  #timer: NodeJS.Timeout | undefined

  /** Why it is here beyond the bounds; undefined when it is not. */
  readonly refused: DisconnectReason | undefined

  /** `patienceMs` is the time that a request may take to arrive. */
  constructor(socket: Socket, patienceMs: number, refused?: DisconnectReason) {
    this.#socket = socket
    this.#patienceMs = patienceMs
    this.refused = refused
    this.#endWithin(2 * patienceMs)
    // The runtime's way to end a connection behind its last answer would take the answer from a client that is still sending.
    socket.destroySoon = () => this.end()
    // The runtime hears errors only as long as it parses.
    socket.on('error', () => {})
    socket.once('close', () => clearTimeout(this.#timer))
    socket.once('end', () => {
      if (this.#serving > 0) this.#endWithin(patienceMs)
    })
  }

  /** Whether no request is being answered. */
  get idle(): boolean {
    return this.#serving === 0 && !this.#ending
  }

  /** Takes the next request. Returns false when it is not to be answered, as the connection is ending. */
  serve(response: ServerResponse): boolean {
    // Too many before the first answer, or one behind the last answer.
    if (this.#ending || this.#serving >= MAX_PIPELINED) {
      this.#socket.destroy()
      return false
    }
    this.#endWithin(undefined)
    this.#newest = response
    if (this.#stopping) this.#closeBehindNewest()
    this.#serving++
    response.once('close', () => this.#served())
    return true
  }

  /** Takes a handshake, behind which the runtime does not read the socket any more. It ends with {@link become} or {@link end}. */
  upgrade(response: ServerResponse): void {
    this.#serving++
    this.#endWithin(this.#patienceMs)
    response.once('finish', () => this.end())
  }

  /** The handshake is done. */
  become(client: Client): void {
    this.#client = client
    this.#serving = 0
    this.#newest = undefined
    this.#endWithin(undefined)
    if (this.#stopping || this.#draining) client.stop()
  }

  /** Answers what cannot be read as a request, behind the answers to the requests before it, and ends the connection. */
  refuse(status: number): void {
    if (this.#last) return
    this.#last = statusAlone(status)
    const newest = this.#newest
    // It is the newest request that cannot be read; an answer to it that has begun cannot be replaced.
    if (newest && !newest.req.complete) this.end(newest.headersSent ? undefined : this.#last)
    else if (this.#serving > 0) this.#endWithin(this.#patienceMs)
    else this.end(this.#last)
  }

  /** Ends the connection with these bytes behind what has been written. */
  end(last?: Buffer): void {
    if (this.#ending) return
    this.#ending = true
    if (this.#socket.writable) this.#socket.end(last ?? '')
    // To close a socket with unread bytes resets the connection, which may take the last answer from the client.
    this.#socket.resume()
    this.#endWithin(LINGER_MS)
  }

  /** Ends a WebSocket; requests are still answered. */
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
    setTimeout(() => {
      if (this.#serving === 0 && !this.#client) this.end()
    }, LAST_REQUEST_MS).unref()
  }

  /** Lets the newest response say that the connection ends behind it, and no earlier one: pipelined requests are all answered. */
  #closeBehindNewest(): void {
    const [newest, closing] = [this.#newest, this.#closing]
    if (!newest?.shouldKeepAlive || newest.headersSent) return
    if (closing && !closing.headersSent) closing.shouldKeepAlive = true
    newest.shouldKeepAlive = false
    this.#closing = newest
  }

  #served(): void {
    this.#serving--
    if (this.#serving > 0 || this.#ending) return
    if (this.#stopping || this.#last) this.end(this.#last)
    else this.#endWithin(2 * this.#patienceMs)
  }

  /** Destroys the socket after so many ms, in place of when it was to be destroyed before; undefined is never. */
  #endWithin(ms: number | undefined): void {
    clearTimeout(this.#timer)
    this.#timer = ms === undefined ? undefined : setTimeout(() => this.#socket.destroy(), ms).unref()
  }
}
