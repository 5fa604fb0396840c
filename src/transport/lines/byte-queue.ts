/** Chunks smaller than this are copied together, as each takes much memory of its own. */
const BLOCK = 4_096

/** Bytes in the order in which they came; in memory they are at most twice as many. */
export class ByteQueue {
  readonly #chunks: Buffer[] = []
  /** Collects small chunks. */
  #block: Buffer | undefined
  #used = 0
  #bytes = 0

  get bytes(): number {
    return this.#bytes
  }

  push(chunk: Buffer): void {
    this.#bytes += chunk.length
    if (chunk.length >= BLOCK || this.#used + chunk.length > BLOCK) this.#closeBlock()
    if (chunk.length >= BLOCK) {
      this.#chunks.push(chunk)
    } else {
      this.#block ??= Buffer.allocUnsafe(BLOCK)
      this.#used += chunk.copy(this.#block, this.#used)
    }
  }

  /** Takes the oldest bytes out, some of them. */
  shift(): Buffer | undefined {
    if (this.#chunks.length === 0) this.#closeBlock()
    const chunk = this.#chunks.shift()
    this.#bytes -= chunk?.length ?? 0
    return chunk
  }

  #closeBlock(): void {
    if (this.#block) this.#chunks.push(this.#block.subarray(0, this.#used))
    this.#block = undefined
    this.#used = 0
  }
}
