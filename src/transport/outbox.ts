import type { Duplex } from 'node:stream'
import { atTickEnd, tickEnd } from '../tick.ts'

/** The owner of an {@link Outbox}. */
export interface OutboxOwner {
  /** Called at most once, when the reader is too slow: nothing more is taken. */
  overflowed(): void
}

/** The end of a session at which bytes for its client are queued. */
export interface ByteSink {
  push(chunk: Buffer): void
}

/**
 * Queue of bytes for one connection. Everything queued within a tick leaves in one write; a chunk that many connections share is
 * not copied. The reader is too slow where earlier ticks have left more than `maxBytes`. The bytes of one tick do not count: they
 * are bounded where they come from.
 */
export class Outbox implements ByteSink {
  readonly #stream: Duplex
  readonly #maxBytes: number
  readonly #owner: OutboxOwner
  readonly #writesEach: boolean
  /** Chunks queued within this tick; mostly one, so that only further ones are worth an array. */
  #first: Buffer | undefined
  #more: Buffer[] | undefined
  #bytes = 0
  #closed = false

  /** With `writesEach`, each chunk is written alone: over TLS it becomes a record of its own. */
  constructor(stream: Duplex, maxBytes: number, owner: OutboxOwner, writesEach = false) {
    this.#stream = stream
    this.#maxBytes = maxBytes
    this.#owner = owner
    this.#writesEach = writesEach
    // Without this method of the stream, writes that wait for an earlier one are not merged.
    if (writesEach) Object.assign(stream, { _writev: null })
  }

  /** Bytes that have not reached the kernel. */
  get queued(): number {
    return this.#bytes + this.#stream.writableLength
  }

  push(chunk: Buffer): void {
    if (this.#closed) return
    if (!this.#first) {
      this.#first = chunk
      atTickEnd('flush', this)
    } else if (!this.#more) {
      this.#more = [this.#first, chunk]
    } else {
      this.#more.push(chunk)
    }
    this.#bytes += chunk.length
    if (this.#stream.writableLength > this.#maxBytes) {
      this.#closed = true
      this.#owner.overflowed()
    }
  }

  /** Writes everything queued. Called at the end of the tick. */
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
  }

  /** Resolves when the reader has caught up with what was written, or is gone. */
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

  /** Writes everything queued, then the last word. Nothing is taken afterwards. */
  close(lastWord?: Buffer): void {
    this.#closed = true
    this.flush()
    if (lastWord && lastWord.length > 0 && this.#stream.writable) this.#stream.write(lastWord)
  }
}
