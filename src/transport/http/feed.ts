import type { Socket } from 'node:net'
import type { Begun, WorkTurns } from '../../chat/work-turns.ts'

/** The end of a request's head. */
const HEAD_END = '\r\n\r\n'
/** Number of requests at the start of a connection from which on it has a feed. */
const MANY = 3
/** Maximum pieces that are parsed in one turn: a body may consist of ends of heads. */
const MAX_PIECES = 16

export interface FeedOwner {
  /** True while no further input is parsed; the owner then calls {@link RequestFeed.resume}. */
  readonly busy: boolean
  /** True if further input is discarded. */
  readonly ending: boolean
}

type Listener = (chunk: Buffer) => void

/**
 * The input of a connection on its way to the parser of Node.js, which would create all requests of a read at once. The input is cut
 * behind each head of a request, and its pieces are parsed in turns with other connections, while the owner is not busy. The rest stays
 * in the buffer of the socket, which is not read meanwhile. A feed costs an ordinary request a tenth more, so only connections that
 * begin with many requests have one.
 */
export class RequestFeed {
  readonly #socket: Socket
  readonly #owner: FeedOwner
  readonly #turns: WorkTurns
  /** The address that takes turns; undefined for a proxy, whose requests take turns by the addresses of its clients. */
  readonly #address: string | undefined
  /** The listeners of the HTTP server. */
  readonly #parsers: readonly Listener[]
  readonly #receive: Listener = (chunk) => this.#received(chunk)
  #hasTurn = false
  /** True while another turn is awaited. */
  #waits = false
  /** True while a piece is parsed behind which there is more. */
  #isCut = false
  #hasLeft = false

  /** Returns true if a connection that begins with this input is to have a feed. */
  static wants(chunk: Buffer): boolean {
    let at = 0
    for (let heads = 0; heads < MANY; heads++) {
      const end = chunk.indexOf(HEAD_END, at)
      if (end < 0) return false
      at = end + HEAD_END.length
    }
    return true
  }

  /** Takes the input of a socket from the listeners of the HTTP server. */
  constructor(socket: Socket, owner: FeedOwner, turns: WorkTurns, address: string | undefined) {
    this.#socket = socket
    this.#owner = owner
    this.#turns = turns
    this.#address = address
    // Listeners of `data` take a chunk.
    this.#parsers = socket.listeners('data') as Listener[]
    // Node.js parses beneath the socket until the socket has another listener.
    socket.on('data', this.#receive)
    for (const parser of this.#parsers) socket.off('data', parser)
  }

  /** True if requests have had their turn when they are parsed. */
  get takesTurns(): boolean {
    return this.#address !== undefined
  }

  /** True if there is input that is not parsed. */
  get hasMore(): boolean {
    return this.#isCut || this.#socket.readableLength > 0
  }

  /** Parses more of the input, if there is any. */
  resume(): void {
    if (!this.#waits && this.#socket.isPaused()) this.#socket.resume()
  }

  /** Leaves the rest of the input to other listeners: the connection becomes a WebSocket. */
  leave(): void {
    this.#hasLeft = true
    this.#socket.off('data', this.#receive)
  }

  #received(chunk: Buffer): void {
    let rest = chunk
    while (rest.length > 0 && this.#mayParse()) rest = this.#parse(rest)
    if (rest.length === 0 || this.#owner.ending) return
    // A paused socket would stay paused for its next listeners.
    if (!this.#hasLeft) this.#socket.pause()
    this.#socket.unshift(rest)
  }

  /** Returns true if this connection may parse now; else takes a turn, unless the owner is to call {@link resume}. */
  #mayParse(): boolean {
    if (this.#hasLeft || this.#waits || this.#owner.ending || this.#owner.busy) return false
    if (!this.#hasTurn && this.#address !== undefined) {
      this.#waits = !this.#turns.take(this.#address, () => this.#begin())
      return !this.#waits
    }
    this.#hasTurn = false
    return true
  }

  /** Takes the turn, unless the connection is gone. */
  #begin(): Begun {
    this.#waits = false
    if (this.#socket.destroyed) return 'nothing'
    this.#hasTurn = true
    this.#socket.resume()
    return 'several'
  }

  /** Parses the pieces of one turn. Returns the rest of the chunk. */
  #parse(chunk: Buffer): Buffer {
    let start = 0
    for (let pieces = 0; pieces < MAX_PIECES && start < chunk.length; pieces++) {
      if (pieces > 0 && (this.#hasLeft || this.#owner.ending || this.#owner.busy)) break
      const end = chunk.indexOf(HEAD_END, start)
      const piece = chunk.subarray(start, end < 0 ? chunk.length : end + HEAD_END.length)
      start += piece.length
      this.#isCut = start < chunk.length
      for (const parse of this.#parsers) parse(piece)
    }
    this.#isCut = false
    return chunk.subarray(start)
  }
}
