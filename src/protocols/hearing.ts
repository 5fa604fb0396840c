import type { Logger } from 'pino'
import { turnEnd } from '../turn.ts'

/** What a conversation does with one thing said to it, such as a frame; what follows waits until that is done. */
export class Hearing {
  readonly #log: Logger
  readonly #settled: () => void
  #busy = false

  /** `settled` is called when what took its time is done, at the end of a turn. */
  constructor(log: Logger, settled: () => void) {
    this.#log = log
    this.#settled = settled
  }

  /** Whether something heard is not done yet. */
  get busy(): boolean {
    return this.#busy
  }

  hear(listen: () => void | Promise<void>): void {
    try {
      const heard = listen()
      if (!heard) return
      this.#busy = true
      void this.#settle(heard)
    } catch (error) {
      this.#failed(error)
    }
  }

  async #settle(heard: Promise<void>): Promise<void> {
    await heard.catch((error: unknown) => this.#failed(error))
    // What comes next sees, and its reply follows, all the events of this one.
    await turnEnd()
    this.#busy = false
    this.#settled()
  }

  #failed(error: unknown): void {
    this.#log.error({ err: error }, 'what a client has said failed')
  }
}
