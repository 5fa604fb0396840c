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
/** Waiting events at which a reader that is at work is {@link EventQueue.isBehind}. */
const MANY = 5_000

/**
 * Events that wait until they are read. Up to 100,000 wait in memory; reading ends behind these with an {@link EventsMissingError}, and goes on with
 * what comes afterwards.
 */
export class EventQueue<Event extends { readonly id: string }> {
  readonly #waiting: (Event | Error)[] = []
  /** How many at the front of the waiting ones have been read. */
  #read = 0
  #last: string | undefined
  #isFull = false
  #isRead = false
  #ended = false
  #wake = () => {}

  /** True while a reader has more to read than it should. */
  get isBehind(): boolean {
    return this.#isRead && this.#waiting.length - this.#read > MANY
  }

  push(event: Event): void {
    if (this.#isFull || this.#ended) return
    if (this.#waiting.length - this.#read >= MAX_WAITING) {
      this.#isFull = true
      return void this.miss('Too many events')
    }
    this.#last = event.id
    this.#add(event)
  }

  /** Adds a gap, which reading ends at. */
  miss(text: string): void {
    if (!this.#ended) this.#add(new EventsMissingError(text, this.#last))
  }

  /** Ends reading behind what waits. */
  end(error?: Error): void {
    if (this.#ended) return
    if (error) this.#waiting.push(error)
    this.#ended = true
    this.#wake()
  }

  /**
   * @param caughtUp called when the reader is no longer behind
   * @throws TypeError while another iteration is under way
   */
  async *read(caughtUp = () => {}): AsyncGenerator<Event, void> {
    // Two would share the events.
    if (this.#isRead) throw new TypeError('In use')
    this.#isRead = true
    try {
      for (;;) {
        const next = this.#take()
        if (next instanceof EventsMissingError) this.#isFull = false
        if (next instanceof Error) throw next
        if (!this.isBehind) caughtUp()
        if (next) yield next
        else if (this.#ended) return
        else await new Promise<void>((wake) => (this.#wake = wake))
      }
    } finally {
      this.#isRead = false
      caughtUp()
    }
  }

  #add(next: Event | Error): void {
    this.#waiting.push(next)
    this.#wake()
  }

  #take(): Event | Error | undefined {
    const next = this.#waiting[this.#read]
    if (next) this.#read++
    // Moving a long array for each event would take seconds.
    if (this.#read >= Math.min(1_000, this.#waiting.length)) {
      this.#waiting.splice(0, this.#read)
      this.#read = 0
    }
    return next
  }
}
