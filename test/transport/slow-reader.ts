import { Duplex } from 'node:stream'

/** A stream whose reader takes one write whenever it is told to. */
export class SlowReader extends Duplex {
  readonly taken: Buffer[] = []
  bytesWritten = 0
  /** As a socket has it, for what is written without the stream. */
  readonly _handle: { readonly fd: number }
  #next: (() => void) | undefined

  constructor(fd = -1) {
    super()
    this._handle = { fd }
  }

  override _read(): void {}
  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.taken.push(chunk)
    this.bytesWritten += chunk.length
    this.#next = done
  }
  /** Takes one write. */
  digest(): void {
    const next = this.#next
    this.#next = undefined
    next?.()
  }
}
