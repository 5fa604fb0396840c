import type { Socket } from 'node:net'

/** Notices a client that takes nothing of what waits for it. */
export class StallWatch {
  readonly #socket: Socket
  readonly #ms: number
  readonly #stalled: () => void
  #timer: NodeJS.Timeout | undefined

  /** `stalled` is called when nothing has left for so many ms. */
  constructor(socket: Socket, ms: number, stalled: () => void) {
    this.#socket = socket
    this.#ms = ms
    this.#stalled = stalled
  }

  /** Looks for as long as `behind` says that something waits. */
  start(behind: () => boolean): void {
    if (this.#timer) return
    const before = this.#left
    const look = () => {
      this.#timer = undefined
      if (!behind()) return
      if (this.#left === before) this.#stalled()
      else this.start(behind)
    }
    this.#timer = setTimeout(look, this.#ms).unref()
  }

  /** Changes when something has left. What has left of a write under way, the runtime shows on the handle only. */
  get #left(): string {
    const { _handle } = this.#socket as Socket & { readonly _handle?: { readonly writeQueueSize?: number } | null }
    return `${this.#socket.bytesWritten - this.#socket.writableLength} ${_handle?.writeQueueSize}`
  }
}
