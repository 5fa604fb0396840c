import { noteWaiting, windowOf } from '../../transport/crowd.ts'
import type { Queue } from '../../transport/outbox.ts'

/**
 * What may wait for its commit together, of one connection: lines, and their characters. Enough to keep the store busy;
 * little enough that what comes back of it fits into the queue of a connection that reads.
 */
const MOST_LINES = 2_048
/** Lines that may wait of each connection while many wait of all. */
const CROWDED_LINES = 8
const MOST_CHARACTERS = 262_144

/** The place of a reply that is not known yet. */
export interface Place {
  reply: Buffer | undefined
  /** Characters of the line that it answers, or of the reply. */
  readonly weight: number
}

/** Replies leave in the order of the lines they answer, however late each of them is known. */
export class Pipeline {
  readonly #outbox: Queue
  /** Oldest first; those before `#gone` have left. */
  #places: Place[] = []
  #gone = 0
  #weight = 0

  constructor(outbox: Queue) {
    this.#outbox = outbox
  }

  /** Whether every line is answered. */
  get empty(): boolean {
    return this.#places.length === this.#gone
  }

  /** Characters of the lines that are not answered yet. */
  get weight(): number {
    return this.#weight
  }

  /** Whether the next line had better wait. */
  get full(): boolean {
    return this.#places.length - this.#gone >= windowOf(MOST_LINES, CROWDED_LINES) || this.#weight > MOST_CHARACTERS
  }

  /** Keeps a place for the reply to a line of so many characters. */
  reserve(weight: number): Place {
    const place: Place = { reply: undefined, weight }
    this.#places.push(place)
    this.#weight += weight
    noteWaiting(1)
    return place
  }

  fill(place: Place, reply: Buffer): void {
    place.reply = reply
    noteWaiting(-1)
    for (;;) {
      const first = this.#places[this.#gone]
      if (!first?.reply) break
      this.#outbox.push(first.reply)
      this.#weight -= first.weight
      this.#gone++
    }
    if (!this.empty && this.#gone < MOST_LINES) return
    this.#places = this.#places.slice(this.#gone)
    this.#gone = 0
  }

  /** Answers a line whose reply is known already. */
  push(reply: Buffer): void {
    if (this.empty) {
      this.#outbox.push(reply)
    } else {
      this.#places.push({ reply, weight: reply.length })
      this.#weight += reply.length
    }
  }
}
