import { fold } from '../fold.ts'
import { skeletonsOf } from '../skeleton.ts'

/** The looks of the names that are held in rooms, in order of claiming. */
export class Looks {
  /** Folded names by skeleton, each with the number of its claims. */
  readonly #names = new Map<string, Map<string, number>>()

  add(name: string): void {
    const key = fold(name)
    for (const look of skeletonsOf(name)) {
      const names = this.#names.get(look)
      if (names) names.set(key, (names.get(key) ?? 0) + 1)
      else this.#names.set(look, new Map([[key, 1]]))
    }
  }

  remove(name: string): void {
    const key = fold(name)
    for (const look of skeletonsOf(name)) {
      const names = this.#names.get(look)
      const left = (names?.get(key) ?? 1) - 1
      if (left > 0) names?.set(key, left)
      else if (names?.delete(key) && names.size === 0) this.#names.delete(look)
    }
  }

  /** Returns true if another name with the look of `name` is held and was claimed first. */
  isTaken(name: string): boolean {
    const key = fold(name)
    return skeletonsOf(name).some((look) => {
      const { value: first } = this.#names.get(look)?.keys().next() ?? {}
      return first !== undefined && first !== key
    })
  }
}
