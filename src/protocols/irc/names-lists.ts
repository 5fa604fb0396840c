import { atTickEnd } from '../../tick.ts'

type Texts = Promise<readonly string[]>

/** The lists of NAMES that are asked for within one tick, each made once: a crowd that joins together is told the same. */
export class NamesLists {
  readonly #lists = new Map<string, Texts>()

  /** Returns the list of a key, which `make` makes. */
  of(key: string, make: () => Texts): Texts {
    const made = this.#lists.get(key)
    if (made) return made
    if (this.#lists.size === 0) atTickEnd('commit', this)
    const list = make()
    this.#lists.set(key, list)
    return list
  }

  /** Forgets the lists. Called at the end of the tick, before anything changes. */
  commit(): void {
    this.#lists.clear()
  }
}
