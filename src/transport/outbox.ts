import type { Duplex } from 'node:stream'
import { atTickEnd, tickEnd } from '../tick.ts'

/** Whose bytes they are. */
export interface OutboxOwner {
  /** The reader is too slow: nothing more is taken. Called at most once. */
  overflowed(): void
}

/** Where a session's bytes go. */
export interface Sink {
  push(chunk: Buffer): void
}

/** What is bound for one connection and waits for its reader. Bounded: past the limit its owner is told, and it takes no more. */
export interface Queue extends Sink {
  /** Bytes that have not reached the kernel. */
  readonly queued: number
  /** Resolves when the reader has caught up with what was written, or is gone. */
  drained(): Promise<void>
  /** Writes what is queued and a last word, then ends the stream. Nothing is taken afterwards. */
  end(lastWord?: Buffer): void
}

/**
 * Everything queued within a turn leaves in one write; a chunk that many connections share is not copied. Where earlier turns
 * have left more than `limit` bytes, the reader is too slow. What one turn brings is not held against it: that is bounded
 * where it comes from.
 */
export class Outbox implements Queue {
  readonly #stream: Duplex
  readonly #limit: number
  readonly #owner: OutboxOwner
  /** What has been queued within this turn; mostly one chunk, so only what follows it is worth an array. */
  #first: Buffer | undefined
  #more: Buffer[] | undefined
  #bytes = 0
  #shut = false

  constructor(stream: Duplex, limit: number, owner: OutboxOwner) {
    this.#stream = stream
    this.#limit = limit
    this.#owner = owner
  }

  get queued(): number {
    return this.#bytes + this.#stream.writableLength
  }

  push(chunk: Buffer): void {
    if (this.#shut) return
    if (!this.#first) {
      this.#first = chunk
      atTickEnd('flush', this)
    } else if (!this.#more) {
      this.#more = [this.#first, chunk]
    } else {
      this.#more.push(chunk)
    }
    this.#bytes += chunk.length
    if (this.#stream.writableLength > this.#limit) {
      this.#shut = true
      this.#owner.overflowed()
    }
  }

  flush(): void {
    if (!this.#first) return
    const bytes = this.#more ? Buffer.concat(this.#more, this.#bytes) : this.#first
    this.#first = undefined
    this.#more = undefined
    this.#bytes = 0
    if (this.#stream.writable) this.#stream.write(bytes)
  }

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

  end(lastWord?: Buffer): void {
    this.#shut = true
    this.flush()
    if (this.#stream.writable) this.finish(this.#stream, lastWord)
  }

  protected finish(stream: Duplex, lastWord?: Buffer): void {
    stream.end(lastWord)
  }
}
