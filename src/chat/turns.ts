/** Runs work one after the other for each key: it begins when the earlier work for the key has ended, however that has. */
export class Turns<K> {
  /** The end of the last work for each key. */
  readonly #last = new Map<K, Promise<void>>()

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

  /**
   * Runs `act` behind the earlier work for a key: at once, unless there is some. `act` returns a promise in an array, as it is not waited for:
   * at once, or when it has done what later work waits for.
   */
  inOrder<T>(key: K, act: () => Promise<[Promise<T>]> | [Promise<T>]): Promise<T> {
    if (this.#last.has(key)) return this.run(key, async () => act()).then(([done]) => done)
    try {
      const acted = act()
      return acted instanceof Promise ? this.run(key, () => acted).then(([done]) => done) : acted[0]
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /** Resolves when the work for a key so far has ended. */
  async idle(key: K): Promise<void> {
    await this.#last.get(key)
  }
}
