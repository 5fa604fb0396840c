import { BoundedMap } from '../bounded-map.ts'

/** Maximum share of the time that is spent on making a shared result. */
const SHARE = 1 / 10
/** Maximum cooldown, in ms: it may have been the store that took long. */
const MOST_MS = 1_000

/** The cooldown, in ms, of a result that took `ms` to make. */
export function cooldownAfter(ms: number): number {
  return Math.min(ms / SHARE, MOST_MS)
}

/**
 * A result that may take long to make: made once for all concurrent callers, and again only after a cooldown, so that it costs others
 * little however many ask. A caller gets the result as of its call, or later.
 */
export class Snapshot<T> {
  readonly #make: () => Promise<T>
  #making: Promise<T> | undefined
  /** For callers while one is being made, which may miss a change that has just happened. */
  #next: Promise<T> | undefined
  #cooldownUntil = 0

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
    const pause = this.#cooldownUntil - performance.now()
    if (pause > 0) await new Promise((resolve) => setTimeout(resolve, pause).unref())
    const started = performance.now()
    try {
      return await this.#make()
    } finally {
      const now = performance.now()
      this.#cooldownUntil = now + cooldownAfter(now - started)
    }
  }
}

/** Maximum rooms whose results are kept. */
const ROOMS = 64

/** A {@link Snapshot} for each room, of the rooms used last. */
export class RoomSnapshots<T> {
  readonly #make: (room: number) => Promise<T>
  /** By room id, least recently used first. */
  readonly #snapshots = new BoundedMap<number, Snapshot<T>>(ROOMS)

  constructor(make: (room: number) => Promise<T>) {
    this.#make = make
  }

  get(room: number): Promise<T> {
    const found = this.#snapshots.get(room) ?? new Snapshot(() => this.#make(room))
    this.#snapshots.set(room, found)
    return found.get()
  }
}
