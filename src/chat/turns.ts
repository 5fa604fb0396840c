/** Runs work one after the other for each key: it begins when the earlier work for the key has ended, however that has. */
export class Turns<K> {
  /** The end of the last work for each key. */
  readonly #last = new Map<K, Promise<void>>()

  /** Returns true if work for a key has not ended. */
  isBusy(key: K): boolean {
    return this.#last.has(key)
  }

  /** Runs work in its turn: at once if no other is under way. */
  run<T>(key: K, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(key)
    const done = before ? before.then(work) : work()
    const ended = done.then(
      () => {},
      () => {},
    )
    this.#last.set(key, ended)
    void ended.then(() => {
      if (this.#last.get(key) === ended) this.#last.delete(key)
    })
    return done
  }

  /** Resolves when the work for a key so far has ended. */
  async idle(key: K): Promise<void> {
    await this.#last.get(key)
  }
}
