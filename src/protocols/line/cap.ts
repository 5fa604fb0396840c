/**
 * Keeps a line that never ends out of memory: lets through at most `limit` characters of each line and the line feed.
 * What comes out as long as the limit was longer, or exactly that long.
 */
export class LineCap {
  readonly #limit: number
  /** Characters of the line that is being read. */
  #length = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  cut(chunk: string): string {
    if (this.#length + chunk.length <= this.#limit) {
      const end = chunk.lastIndexOf('\n')
      this.#length = end < 0 ? this.#length + chunk.length : chunk.length - end - 1
      return chunk
    }
    let kept = ''
    let copied = 0
    for (let start = 0; start < chunk.length; ) {
      const end = chunk.indexOf('\n', start)
      const stop = end < 0 ? chunk.length : end
      const excess = this.#length + (stop - start) - this.#limit
      if (excess > 0) {
        kept += chunk.slice(copied, Math.max(start, stop - excess))
        copied = stop
      }
      this.#length = end < 0 ? Math.min(this.#limit, this.#length + (stop - start)) : 0
      start = end < 0 ? chunk.length : end + 1
    }
    return copied === 0 && kept === '' ? chunk : kept + chunk.slice(copied)
  }
}
