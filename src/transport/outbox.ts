import { writeSync } from 'node:fs'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { TLSSocket } from 'node:tls'
import { atTickEnd, tickEnd } from '../tick.ts'

export interface OutboxOwner {
  /** Called once, when the queue is full; the outbox then takes no more. */
  overflowed(): void
}

/** A stream that counts what is written to it, as a socket does. */
type CountingStream = Duplex & Pick<Socket, 'bytesWritten'>

/** A queue of bytes for a client. */
export interface ByteSink {
  push(chunk: Buffer): void
}

/**
 * The output queue of one connection. All chunks of a tick leave in one write; a single chunk, which many connections may share, is
 * not copied. The queue is full when more than `maxBytes` of earlier ticks are not written; bytes of the current tick do not count,
 * as their sources are limited. While the stream of a TCP socket has nothing queued, it is bypassed, and gets what the kernel has not
 * taken: where the kernel takes a chunk at once, as it mostly does, that takes half the time of a write through the stream, the system call
 * aside.
 */
export class Outbox implements ByteSink {
  readonly #stream: CountingStream
  readonly #maxBytes: number
  readonly #owner: OutboxOwner
  readonly #writesEach: boolean
  /** See {@link descriptorOf}; undefined also after an error. */
  #descriptor: number | undefined
  /** Bytes that were written without the stream, which does not count them. */
  bypassed = 0
  /** Chunks of the current tick: mostly one, so the array is made for the second. */
  #first: Buffer | undefined
  #more: Buffer[] | undefined
  #bytes = 0
  /** {@link queued} when the last chunks were written; it has not grown since. */
  #unwritten = 0
  #closed = false

  /** With `writesEach`, each chunk is written alone, which over TLS is one record. */
  constructor(stream: CountingStream, maxBytes: number, owner: OutboxOwner, writesEach = false) {
    this.#stream = stream
    this.#maxBytes = maxBytes
    this.#owner = owner
    this.#writesEach = writesEach
    this.#descriptor = descriptorOf(stream)
    // Without this method a stream does not merge queued writes.
    if (writesEach) Object.assign(stream, { _writev: null })
  }

  /** Bytes that the kernel has not taken. */
  get queued(): number {
    return this.#bytes + this.#stream.writableLength
  }

  /** Bytes of whole writes that the kernel has taken. */
  get written(): number {
    return this.#stream.bytesWritten + this.bypassed - this.#stream.writableLength
  }

  push(chunk: Buffer): void {
    if (this.#closed || chunk.length === 0) return
    if (!this.#first) {
      this.#first = chunk
      atTickEnd('flush', this)
    } else if (!this.#more) {
      this.#more = [this.#first, chunk]
    } else {
      this.#more.push(chunk)
    }
    this.#bytes += chunk.length
    if (this.#unwritten > this.#maxBytes && this.#stream.writableLength > this.#maxBytes) {
      this.#closed = true
      this.#owner.overflowed()
    }
  }

  /** Writes all queued chunks. Called at the end of the tick. */
  flush(): void {
    if (!this.#first) return
    const more = this.#more
    const chunk = more && !this.#writesEach ? Buffer.concat(more, this.#bytes) : this.#first
    this.#first = undefined
    this.#more = undefined
    this.#bytes = 0
    if (!this.#stream.writable) return
    if (more && this.#writesEach) for (const each of more) this.#write(each)
    else this.#write(chunk, more !== undefined)
    this.#unwritten = this.#stream.writableLength
  }

  /** Resolves when the stream takes more output, or is closed. */
  async drained(): Promise<void> {
    await tickEnd()
    if (!this.#stream.writableNeedDrain || this.#stream.destroyed) return
    await new Promise<void>((resolve) => {
      const done = () => {
        this.#stream.off('drain', done).off('close', done)
        resolve()
      }
      this.#stream.on('drain', done).on('close', done)
    })
  }

  /** Writes all queued chunks and the last bytes. Later chunks are dropped. */
  close(lastWord?: Buffer): void {
    this.#closed = true
    this.flush()
    if (lastWord && lastWord.length > 0 && this.#stream.writable) this.#write(lastWord)
  }

  /** Writes a chunk; one that is not `joined` may be shared. */
  #write(chunk: Buffer, joined = false): void {
    const stream = this.#stream
    if (this.#descriptor === undefined || stream.writableLength > 0) return void stream.write(chunk)
    let written = 0
    try {
      written = writeSync(this.#descriptor, chunk, 0, chunk.length)
    } catch (error) {
      // The stream meets any other error too, and tells it.
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') this.#descriptor = undefined
    }
    this.bypassed += written
    const rest = chunk.subarray(written)
    if (rest.length === 0) return
    // A part keeps all of its chunk in memory.
    stream.write(joined && rest.length < written ? Buffer.from(rest) : rest)
  }
}

/** The handle of a socket, an internal of Node.js: without it the stream writes. */
interface WithHandle {
  readonly _handle?: { readonly fd?: number } | null
}

/** Returns the descriptor of a TCP socket. Returns undefined for other streams, such as TLS sockets, and where a system has none. */
export function descriptorOf(stream: Duplex): number | undefined {
  if (stream instanceof TLSSocket) return undefined
  const descriptor = (stream as WithHandle)._handle?.fd
  return descriptor !== undefined && descriptor >= 0 ? descriptor : undefined
}
