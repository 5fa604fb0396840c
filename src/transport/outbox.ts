import type { Duplex } from 'node:stream'
import { atTickEnd, tickEnd } from '../tick.ts'

/** The owner of an {@link Outbox}. */
export interface OutboxOwner {
  /** Called once, when the queue is full; the outbox then takes no more. */
  overflowed(): void
}

/** A queue of bytes for a client. */
export interface ByteSink {
  push(chunk: Buffer): void
}

/**
 * The output queue of one connection. All chunks of a tick leave in one write; a single chunk, which many connections may share, is
 * not copied. The queue is full when more than `maxBytes` of earlier ticks are not written; bytes of the current tick do not count,
 * as their sources are limited.
 */
export class Outbox implements ByteSink {
  readonly #stream: Duplex
  readonly #maxBytes: number
  readonly #owner: OutboxOwner
  readonly #writesEach: boolean
  /** Chunks of the current tick: mostly one, so the array is made for the second. */
  #first: Buffer | undefined
  #more: Buffer[] | undefined
  #bytes = 0
  /** {@link queued} when the last chunks were written; it has not grown since. */
  #unwritten = 0
  #closed = false

  /** With `writesEach`, each chunk is written alone, which over TLS is one record. */
  constructor(stream: Duplex, maxBytes: number, owner: OutboxOwner, writesEach = false) {
    this.#stream = stream
    this.#maxBytes = maxBytes
    this.#owner = owner
    this.#writesEach = writesEach
    // Without this method a stream does not merge queued writes.
    if (writesEach) Object.assign(stream, { _writev: null })
  }

  /** Bytes that the kernel has not taken. */
  get queued(): number {
    return this.#bytes + this.#stream.writableLength
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
    if (more && this.#writesEach) for (const each of more) this.#stream.write(each)
    else this.#stream.write(chunk)
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
    if (lastWord && lastWord.length > 0 && this.#stream.writable) this.#stream.write(lastWord)
  }
}
