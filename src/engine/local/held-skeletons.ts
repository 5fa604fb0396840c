import { fold } from '../fold.ts'
import { skeletonsOf } from '../skeleton.ts'

/** The names that are held in rooms by their skeletons (UTS 39), in order of claiming: names with one skeleton look alike. */
export class HeldSkeletons {
  /** Folded names by skeleton, each with the number of its claims. */
  readonly #names = new Map<string, Map<string, number>>()

  add(name: string): void {
    const key = fold(name)
    for (const skeleton of skeletonsOf(name)) {
      const names = this.#names.get(skeleton)
      if (names) names.set(key, (names.get(key) ?? 0) + 1)
      else this.#names.set(skeleton, new Map([[key, 1]]))
    }
  }

  remove(name: string): void {
    const key = fold(name)
    for (const skeleton of skeletonsOf(name)) {
      const names = this.#names.get(skeleton)
      const left = (names?.get(key) ?? 1) - 1
      if (left > 0) names?.set(key, left)
      else if (names?.delete(key) && names.size === 0) this.#names.delete(skeleton)
    }
  }

  /** Returns true if another name with a skeleton of `name` is held and was claimed first. */
  isTaken(name: string): boolean {
    const key = fold(name)
    return skeletonsOf(name).some((skeleton) => {
      const { value: first } = this.#names.get(skeleton)?.keys().next() ?? {}
      return first !== undefined && first !== key
    })
  }
}
