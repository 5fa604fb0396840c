/** A connection that is asked for a sign of life. */
export interface PingedConnection {
  /** Time of the last input in ms of `performance.now`. */
  readonly heardAt: number
  /** Sends a PING. */
  ask(): void
  /** Ends the connection, which has not answered. */
  lose(): void
}

export interface HeartbeatTiming {
  /** Silence after which a client gets a PING, in ms. */
  readonly silenceMs: number
  /** Further silence after which its connection ends, in ms. */
  readonly answerMs: number
}

/** The times of docs/protocols/irc.md, section 8. */
const TIMING: HeartbeatTiming = { silenceMs: 120_000, answerMs: 60_000 }
/** Number of rounds in the silence before a PING. */
const ROUNDS = 8

/** Asks silent clients for a sign of life, with one timer for all. */
export class IrcHeartbeat {
  readonly #timing: HeartbeatTiming
  /** The connections, each with the time of its unanswered PING; 0 if there is none. */
  readonly #connections = new Map<PingedConnection, number>()
  #timer: NodeJS.Timeout | undefined

  constructor(timing: HeartbeatTiming = TIMING) {
    this.#timing = timing
  }

  add(connection: PingedConnection): void {
    this.#connections.set(connection, 0)
    this.#timer ??= setInterval(() => this.#round(), this.#timing.silenceMs / ROUNDS).unref()
  }

  remove(connection: PingedConnection): void {
    this.#connections.delete(connection)
    if (this.#connections.size > 0) return
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  #round(): void {
    const now = performance.now()
    const { silenceMs, answerMs } = this.#timing
    for (const [connection, askedAt] of this.#connections) {
      const { heardAt } = connection
      if (askedAt > heardAt) {
        if (now - askedAt >= answerMs) connection.lose()
      } else if (now - heardAt >= silenceMs) {
        this.#connections.set(connection, now)
        connection.ask()
      }
    }
  }
}
