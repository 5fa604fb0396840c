/** A map of at most `most` entries: for another one the entry is removed that was set longest ago. */
export class BoundedMap<K, V> extends Map<K, V> {
  readonly #most: number
  readonly #removed: ((key: K, value: V) => void) | undefined

  /** `removed` is called with each entry that is removed for another one. */
  constructor(most: number, removed?: (key: K, value: V) => void) {
    super()
    this.#most = most
    this.#removed = removed
  }

  /** Sets an entry, which becomes the newest one also where there was one with its key. */
  override set(key: K, value: V): this {
    this.delete(key)
    super.set(key, value)
    if (this.size <= this.#most) return this
    for (const [oldest, its] of this) {
      this.delete(oldest)
      this.#removed?.(oldest, its)
      break
    }
    return this
  }
}
