import type { Duplex } from 'node:stream'
import { atTurnEnd, turnEnd } from '../turn.ts'

const NOTHING: Buffer[] = []

/**
 * What is bound for one connection. Everything queued within a turn leaves in one write; a chunk that many connections
 * share is not copied. Bounded: past `limit` bytes `overflowed` is called, once, and nothing more is taken.
 */
export class Outbox {
  readonly #stream: Duplex
  readonly #limit: number
  readonly #overflowed: () => void
  #chunks = NOTHING
  #bytes = 0
  #shut = false

  constructor(stream: Duplex, limit: number, overflowed: () => void) {
    this.#stream = stream
    this.#limit = limit
    this.#overflowed = overflowed
  }

  /** Bytes that have not reached the kernel. */
  get queued(): number {
    return this.#bytes + this.#stream.writableLength
  }

  push(chunk: Buffer): void {
    if (this.#shut) return
    if (this.#chunks.length === 0) {
      atTurnEnd('flush', this)
      this.#chunks = [chunk]
    } else {
      this.#chunks.push(chunk)
    }
    this.#bytes += chunk.length
    if (this.queued > this.#limit) {
      this.#shut = true
      this.#overflowed()
    }
  }

  flush(): void {
    const [first] = this.#chunks
    if (first === undefined) return
    const bytes = this.#chunks.length === 1 ? first : Buffer.concat(this.#chunks, this.#bytes)
    this.#chunks = NOTHING
    this.#bytes = 0
    if (this.#stream.writable) this.#stream.write(bytes)
  }

  /** Resolves when the reader has caught up with what was written, or is gone. */
  async drained(): Promise<void> {
    await turnEnd()
    if (!this.#stream.writableNeedDrain || this.#stream.destroyed) return
    await new Promise<void>((resolve) => {
      const done = () => {
        this.#stream.off('drain', done).off('close', done)
        resolve()
      }
      this.#stream.on('drain', done).on('close', done)
    })
  }

  /** Writes what is queued and a last word at once, then ends the stream. Nothing is taken afterwards. */
  end(lastWord?: Buffer): void {
    this.#shut = true
    this.flush()
    if (this.#stream.writable) this.#stream.end(lastWord)
  }
}
