import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { BanOf } from '../admission.ts'
import type { DisconnectReason } from '../disconnect.ts'
import type { Client } from '../listener.ts'
import type { FeedOwner, RequestFeed } from './feed.ts'
import { hasBody } from './handshake.ts'
import type { NodeListeners } from './node-listeners.ts'
import { statusAlone, statusOf } from './status.ts'

/**
 * Time for which an idle connection stays open when the server stops: a request may be in flight, whose client would see the
 * connection end without a response.
 */
const LAST_REQUEST_MS = 250
/** Maximum time in which the client closes its side after the server has. */
export const LINGER_MS = 1_000
/** Maximum requests of a connection without a {@link RequestFeed} that are being answered; the next one ends it. */
const MAX_PIPELINED = 16
/** Maximum requests of a connection with a {@link RequestFeed} that are answered at the same time; more wait there. */
const MAX_ANSWERED = 2
/** Maximum requests that wait on a connection and are still answered when the server stops. */
const MAX_LAST = 16

/**
 * A connection to the HTTP port, and the owner of its socket from the first byte to the last. It is in one of these states, each
 * of which ends within a limited time or when the socket closes:
 *
 * - idle: there is no request; Node.js ends it after the keep-alive timeout, or this class after twice `requestMs`;
 * - serving: requests are being answered; Node.js limits the time in which a head arrives and in which a response leaves, and this class that
 *   in which a body arrives;
 * - upgrading: a handshake is being answered, and the socket is not read; at most `requestMs`;
 * - a WebSocket, or a response that lasts: its {@link Client} ends it;
 * - ending: the last response has left; further input is discarded, for a second at most.
 */
export class Visitor implements Client, FeedOwner {
  readonly #socket: Socket
  readonly #requestMs: number
  readonly #address: string | undefined
  /** Limits the time in which the body of the newest request arrives. */
  #bodyTimer: NodeJS.Timeout | undefined
  /** The response to a request whose body takes its time, and the function that ends it when the server stops. */
  #lasting: { readonly response: ServerResponse | undefined; readonly stop: () => void } | undefined
  /** The response of the newest request. */
  #newest: ServerResponse | undefined
  /** Number of requests that are being answered, including a handshake. */
  #serving = 0
  /** The bytes to send after the last response. */
  #last: Buffer | undefined
  #client: Client | undefined
  #listeners: NodeListeners | undefined
  #draining = false
  #stopping = false
  /** Number of requests since the server stops. */
  #lastRequests = 0
  /** The response with `Connection: close`. */
  #closing: ServerResponse | undefined
  #ending = false
  #timer: NodeJS.Timeout | undefined

  /** Reason of the refusal of a connection beyond the limits; undefined for others. */
  readonly refused: DisconnectReason | undefined
  /** The input of a connection that has begun with many requests; undefined for others. */
  feed: RequestFeed | undefined

  /** `requestMs` is the maximum time in which a request arrives; `address` the client's, undefined for a proxy. */
  constructor(socket: Socket, requestMs: number, address?: string, refused?: DisconnectReason) {
    this.#socket = socket
    this.#address = address
    this.#requestMs = requestMs
    this.refused = refused
    // Node.js limits the time of a request from the first byte on.
    this.#timer = setTimeout(() => this.end(statusAlone(408)), requestMs).unref()
    // Node.js would reset a connection with unread input after the last response, and the client would lose the response.
    socket.destroySoon = () => this.end()
    // Node.js has an error listener only while it parses.
    socket.on('error', () => {})
    socket.once('close', () => {
      clearTimeout(this.#timer)
      clearTimeout(this.#bodyTimer)
    })
    socket.once('end', () => {
      if (this.#serving > 0) this.#endWithin(requestMs)
    })
  }

  /** True if no request is being answered. */
  get idle(): boolean {
    return this.#serving === 0 && !this.#ending
  }

  /** Called with the first input, when Node.js begins to limit the time in which the request arrives. */
  begin(feed: RequestFeed | undefined, listeners: NodeListeners): void {
    this.feed = feed
    this.#listeners = listeners
    if (this.#serving === 0) this.#endWithin(2 * this.#requestMs)
  }

  get busy(): boolean {
    const isReceiving = this.#newest?.req.complete === false
    const complete = isReceiving ? this.#serving - 1 : this.#serving
    // Behind output that is not read, Node.js would pause the socket.
    return complete >= MAX_ANSWERED || (this.#serving > 0 && this.#socket.writableNeedDrain)
  }

  get ending(): boolean {
    return this.#ending || this.#last !== undefined
  }

  /** Counts the next request. Returns false if it is not answered, as the connection is ending. */
  serve(response: ServerResponse): boolean {
    if (this.#ending) {
      // The request follows the last response.
      this.#socket.destroy()
      return false
    }
    if (this.#serving >= MAX_PIPELINED) this.refuse(429)
    if (this.ending) return false
    // The client has closed its side, and Node.js does not limit the time of the response.
    this.#endWithin(this.#socket.readableEnded ? this.#requestMs : undefined)
    this.#newest = response
    this.#lasting = undefined
    if (hasBody(response.req)) this.#limitBody()
    if (this.#stopping) {
      this.#lastRequests++
      this.#closeBehindNewest()
    }
    this.#serving++
    response.once('close', () => this.#served())
    return true
  }

  /** Lets the body of the newest request arrive without a limit of time. `stop` is called when the server stops. */
  letLast(stop: () => void): void {
    this.#lasting = { response: this.#newest, stop }
    if (this.#draining || this.#stopping) stop()
  }

  #limitBody(): void {
    const check = () => {
      if (this.#newest?.req.complete === false && this.#lasting?.response !== this.#newest) this.refuse(408)
    }
    this.#bodyTimer = this.#bodyTimer?.refresh() ?? setTimeout(check, this.#requestMs).unref()
  }

  /** Counts a handshake, after which Node.js does not read the socket. It ends with {@link become} or {@link end}. */
  upgrade(response: ServerResponse): void {
    this.feed?.leave()
    this.#serving++
    this.#endWithin(this.#requestMs)
    response.once('finish', () => this.end())
  }

  /** Takes the socket from the HTTP server, which has read the request of a response that lasts. It ends with {@link become}. */
  takeOver(): void {
    this.feed?.leave()
    this.#listeners?.remove()
  }

  /** Passes the connection to a WebSocket after the handshake, or to a response that lasts; a ban may have come meanwhile. */
  become(client: Client, banOf: BanOf): void {
    this.#client = client
    this.#serving = 0
    this.#newest = undefined
    this.#listeners = undefined
    this.#endWithin(undefined)
    if (this.#stopping || this.#draining) client.stop()
    client.expel(banOf)
  }

  /** Answers an invalid request, or one too many, after the responses to earlier ones, and ends the connection. */
  refuse(status: number): void {
    if (this.#last) return
    this.#last = statusAlone(status)
    const newest = this.#newest
    // The invalid request is the newest; a response to it that has begun cannot be replaced.
    if (newest && !newest.req.complete) this.end(newest.headersSent ? undefined : this.#last)
    else if (this.#serving > 0) this.#endWithin(this.#requestMs)
    else this.end(this.#last)
  }

  /** Answers the next request, or a connection without one, with status 403. The client behind a proxy is known by its requests only. */
  expel(banOf: BanOf): void {
    if (this.#client) this.#client.expel(banOf)
    else if (this.#address !== undefined && banOf(this.#address)) this.refuse(statusOf('address-banned'))
  }

  /** Ends the connection with these bytes after what is written. */
  end(last?: Buffer): void {
    if (this.#ending) return
    this.#ending = true
    if (this.#socket.writable) this.#socket.end(last ?? '')
    // Closing a socket with unread input resets the connection, and the client may lose the last response.
    this.#socket.resume()
    this.#endWithin(LINGER_MS)
  }

  /** Ends a WebSocket or a response that lasts; requests are still answered. */
  drain(): void {
    this.#draining = true
    this.#lasting?.stop()
    this.#client?.stop()
  }

  get queued(): number {
    return this.#client?.queued ?? this.#socket.writableLength
  }

  get bypassed(): number {
    return this.#client?.bypassed ?? 0
  }

  get held(): number {
    return this.#client?.held ?? this.#socket.writableLength + this.#socket.readableLength
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
    this.#endSoon()
  }

  /** True if a request that waits is still answered when the server stops. */
  get #hasMore(): boolean {
    return this.feed?.hasMore === true && this.#lastRequests < MAX_LAST
  }

  /** Ends the connection of a stopping server, unless a request comes. */
  #endSoon(): void {
    const end = () => {
      if (this.#serving > 0 || this.#client) return
      if (this.#hasMore) this.#endSoon()
      else this.end()
    }
    // A request that has arrived while the process did not run is read first.
    setTimeout(() => setImmediate(end), LAST_REQUEST_MS).unref()
  }

  /** Sets `Connection: close` on the newest response only, so that all pipelined requests are answered. */
  #closeBehindNewest(): void {
    if (this.#hasMore) return
    const [newest, closing] = [this.#newest, this.#closing]
    if (!newest?.shouldKeepAlive || newest.headersSent) return
    if (closing && !closing.headersSent) closing.shouldKeepAlive = true
    newest.shouldKeepAlive = false
    this.#closing = newest
  }

  #served(): void {
    // A request behind one whose response lasts is not answered.
    if (this.#client) return
    this.#serving--
    if (this.#ending) return
    this.feed?.resume()
    if (this.#serving > 0) return
    if (this.#stopping && !this.#last && this.#hasMore) this.#endSoon()
    else if (this.#stopping || this.#last) this.end(this.#last)
    else this.#endWithin(2 * this.#requestMs)
  }

  /** Replaces the timeout after which the socket is destroyed; undefined for none. */
  #endWithin(ms: number | undefined): void {
    clearTimeout(this.#timer)
    this.#timer = ms === undefined ? undefined : setTimeout(() => this.#socket.destroy(), ms).unref()
  }
}
