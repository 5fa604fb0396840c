import { PATIENCE_MS } from './eventually.ts'

/** What a client has got and a test has not looked at yet. */
export class Inbox<T> {
  /** What is wrong with something that came: nothing is given out any more. */
  failure: Error | undefined
  #things: T[] = []
  #ended = false
  /** Wakes up whoever waits. */
  #wake = Promise.withResolvers<void>()

  push(thing: T): void {
    this.#things.push(thing)
    this.#wake.resolve()
  }

  /** Nothing more will come. */
  end(): void {
    this.#ended = true
    this.#wake.resolve()
  }

  fail(error: Error): void {
    this.failure = error
    this.#wake.resolve()
  }

  async next(): Promise<T> {
    const timer = setTimeout(() => this.#wake.reject(new Error(`nothing within ${PATIENCE_MS} ms`)), PATIENCE_MS)
    try {
      for (;;) {
        if (this.failure) throw this.failure
        const thing = this.#things.shift()
        if (thing !== undefined) return thing
        if (this.#ended) throw new Error('the connection is closed')
        this.#wake = Promise.withResolvers()
        await this.#wake.promise
      }
    } finally {
      clearTimeout(timer)
    }
  }

  /** The next so many. */
  async take(count: number): Promise<T[]> {
    const things: T[] = []
    while (things.length < count) things.push(await this.next())
    return things
  }

  /** Everything up to the first that fits, this one included. */
  async until(fits: (thing: T) => boolean): Promise<T[]> {
    for (const things: T[] = []; ; ) {
      const thing = await this.next()
      things.push(thing)
      if (fits(thing)) return things
    }
  }

  /** How many there are now. */
  get waiting(): number {
    return this.#things.length
  }

  /** What is there now. */
  now(): T[] {
    return this.#things.splice(0)
  }
}
