import type { Socket } from 'node:net'
import type { Receiver, Transport } from '../transport.ts'

/** Maximum bytes of input behind the request. */
const MAX_INPUT = 65_536
/** The chunk that ends a body (RFC 9112, 7.1). */
const LAST_CHUNK = '0\r\n\r\n'

/** Carries a connection on the socket of an HTTP request: its output is the body of the response. Input is discarded. */
export class ResponseTransport implements Transport<never> {
  readonly socket: Socket
  readonly held = 0
  readonly lingerMs = 1_000
  readonly #isChunked: boolean

  /** With `isChunked`, the output consists of whole chunks, see {@link chunkOf}. */
  constructor(socket: Socket, isChunked: boolean) {
    this.socket = socket
    this.#isChunked = isChunked
  }

  open(receiver: Receiver<never>): void {
    let left = MAX_INPUT
    this.socket.on('data', ({ length }: Buffer) => {
      left -= length
      if (left < 0) this.socket.destroy()
    })
    this.socket.on('end', () => receiver.ended())
    // The client may have closed its side before.
    if (this.socket.readableEnded) receiver.ended()
    this.socket.resume()
  }

  /** Does nothing: the end of the client can only be read. */
  pause(): void {}

  resume(): void {}

  end(_: unknown, sent: () => void): void {
    this.socket.once('finish', sent).end(this.#isChunked ? LAST_CHUNK : '')
  }
}

/** Encodes a text as a chunk (RFC 9112, 7.1); an empty one as nothing, as the chunk without bytes is the last one. */
export function chunkOf(text: string): Buffer {
  return Buffer.from(text && `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`)
}
