import { restAfter } from './rest.ts'

/**
 * Something that may take long to make: made once for all who ask meanwhile, and never again before it has rested, so that
 * however many ask it costs others little. Who asks gets it as it is when he asked, or later.
 */
export class Snapshot<T> {
  readonly #make: () => Promise<T>
  #making: Promise<T> | undefined
  /** For whoever asks while one is being made: that one may miss what has just happened. */
  #next: Promise<T> | undefined
  #rested = 0

  constructor(make: () => Promise<T>) {
    this.#make = make
  }

  get(): Promise<T> {
    if (!this.#making) return this.#begin()
    this.#next ??= this.#making
      .catch(() => {})
      .then(() => {
        this.#next = undefined
        return this.#begin()
      })
    return this.#next
  }

  #begin(): Promise<T> {
    const making = this.#work().finally(() => {
      this.#making = undefined
    })
    this.#making = making
    return making
  }

  async #work(): Promise<T> {
    const pause = this.#rested - performance.now()
    if (pause > 0) await new Promise((resolve) => setTimeout(resolve, pause).unref())
    const started = performance.now()
    try {
      return await this.#make()
    } finally {
      const now = performance.now()
      this.#rested = now + restAfter(now - started)
    }
  }
}
