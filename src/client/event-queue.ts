import { Fifo } from './fifo.ts'

/** Events of a room were missed. Iteration may be begun again behind the gap. */
export class EventsMissingError extends Error {
  override name = 'EventsMissingError'
  /** Id of the last event before the gap, where there is one. */
  readonly after: string | undefined

  constructor(text: string, after?: string) {
    super(text)
    this.after = after
  }
}

const MAX_WAITING = 100_000
/** Waiting events at which no more are read from the server while a reader is at work. */
const MANY = 5_000

/**
 * Events that wait until they are read. Up to 100,000 wait in memory; reading ends behind these with an {@link EventsMissingError}, and goes on with
 * what comes afterwards.
 */
export class EventQueue<Event extends { readonly id: string }> {
  /** Has the server wait, or go on; called with the same again and again. */
  readonly #pause: (on: boolean) => void
  readonly #waiting = new Fifo<Event | Error>()
  #last: string | undefined
  #isFull = false
  #isRead = false
  #isEnded = false
  #wake = () => {}

  constructor(pause: (on: boolean) => void = () => {}) {
    this.#pause = pause
  }

  push(event: Event): void {
    if (this.#isFull) return
    if (this.#waiting.length >= MAX_WAITING) {
      this.#isFull = true
      return void this.miss('Too many events')
    }
    this.#last = event.id
    this.#add(event)
    if (this.#isRead && this.#waiting.length > MANY) this.#pause(true)
  }

  /** Adds a gap, which reading ends at. */
  miss(text = 'Events missing'): void {
    this.#add(new EventsMissingError(text, this.#last))
  }

  /** Ends reading behind what waits. */
  end(error?: Error): void {
    if (error) this.#add(error)
    this.#isEnded = true
    this.#wake()
  }

  /** @throws TypeError while another iteration is under way */
  async *read(): AsyncGenerator<Event, void> {
    // Two would share the events.
    if (this.#isRead) throw new TypeError('In use')
    this.#isRead = true
    try {
      for (;;) {
        const next = this.#waiting.shift()
        if (this.#waiting.length <= MANY) this.#pause(false)
        if (next instanceof Error) {
          this.#isFull = false
          throw next
        }
        if (next) yield next
        else if (this.#isEnded) return
        else await new Promise<void>((wake) => (this.#wake = wake))
      }
    } finally {
      this.#isRead = false
      this.#pause(false)
    }
  }

  #add(next: Event | Error): void {
    if (this.#isEnded) return
    this.#waiting.push(next)
    this.#wake()
  }
}
