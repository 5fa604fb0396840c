/** The part of the loaded events that has rows: some hundred of them, however many are loaded. */
import type { Happening } from '../model/happening.ts'

/** Events that have rows at most. */
const MOST = 240
/** Events that have rows when the newest are followed, once there are too many. */
const LEAST = 180
/** Events that have rows at first: about as many as are seen and a window above them. */
const FIRST = 70
/** Events by which the part moves at least, and about the height of one in pixels. */
const [STEP, HEIGHT] = [20, 24]

export function isComing({ type }: Happening) {
  return type === 'userJoined' || type === 'userLeft'
}

/** Returns the index of the first event with an id of at least `id`. */
export function indexOf(events: readonly Happening[], id: number) {
  let [low, high] = [0, events.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (Number(events[middle]?.id) < id) low = middle + 1
    else high = middle
  }
  return low
}

export class Span {
  #firstId = 0
  #lastId = 0
  /** Events of which the indexes below are. */
  #events: readonly Happening[] = []
  #comings = true
  from = 0
  to = 0

  /** Takes the loaded events, and keeps its part of them. @param isAtEnd the part ends with the newest event */
  take(events: readonly Happening[], comings: boolean, isAtEnd: boolean) {
    this.#events = events
    this.#comings = comings
    let from = indexOf(events, this.#firstId)
    // Those who came before have been loaded, and are in the same row.
    while (from > 0 && from < events.length && this.#rowsAt(from) === 0) from--
    const to = isAtEnd ? events.length : indexOf(events, this.#lastId + 1)
    if (to <= from || this.#lastId === 0) this.#set(this.#back(events.length, FIRST), events.length)
    else this.#set(this.#count(from, to) > MOST ? this.#back(to, LEAST) : from, to)
  }

  /** Shows the newest events. */
  toEnd() {
    this.#set(this.#back(this.#events.length, LEAST), this.#events.length)
  }

  /** Shows the surroundings of an event. */
  around(id: string) {
    const index = indexOf(this.#events, Number(id))
    this.#set(this.#back(index, LEAST / 2), this.#forth(index, LEAST / 2))
  }

  has(id: string) {
    return Number(id) >= this.#firstId && Number(id) <= this.#lastId
  }

  /** Moves towards older events, as many pixels of them are missing. Returns false if none is, or there are none. */
  up(missing: number) {
    if (missing <= 0 || this.from === 0) return false
    const from = this.#back(this.from, Math.max(STEP, missing / HEIGHT))
    this.#set(from, Math.min(this.to, this.#forth(from, MOST)))
    return true
  }

  /** Moves towards newer events, as {@link up} does. */
  down(missing: number) {
    if (missing <= 0 || this.to >= this.#events.length) return false
    const to = this.#forth(this.to, Math.max(STEP, missing / HEIGHT))
    this.#set(Math.max(this.from, this.#back(to, MOST)), to)
    return true
  }

  #set(from: number, to: number) {
    this.from = from
    this.to = to
    this.#firstId = Number(this.#events[from]?.id ?? 0)
    this.#lastId = Number(this.#events[to - 1]?.id ?? 0)
  }

  /** Returns 1 for an event that has a row; of those who come and go one behind the other, only the first has. */
  #rowsAt(index: number) {
    const event = this.#events[index]
    if (!event || !isComing(event)) return 1
    const before = this.#events[index - 1]
    return this.#comings && !(before && isComing(before)) ? 1 : 0
  }

  #count(from: number, to: number) {
    let rows = 0
    for (let index = from; index < to; index++) rows += this.#rowsAt(index)
    return rows
  }

  #back(index: number, rows: number) {
    for (let left = rows; index > 0 && left > 0; index--) left -= this.#rowsAt(index - 1)
    return index
  }

  #forth(index: number, rows: number) {
    for (let left = rows; index < this.#events.length; index++) {
      const count = this.#rowsAt(index)
      if (count > left) break
      left -= count
    }
    return index
  }
}
