import { setTimeout as delay } from 'node:timers/promises'
import { Unavailable } from '../engine.ts'
import { Connection, ConnectionLost, faultOf } from './connection.ts'
import { reasonOf } from './reasons.ts'
import type { Answers, ScriptName } from './scripts.ts'
import type { Place } from './url.ts'

const FIRST_WAIT_MS = 50
/** In which a new connection must have been made use of. */
const RESUME_MS = 20_000

/** What comes and goes with the connection. */
export interface Linked {
  /** The connection is gone; called once, before anything else is asked of Redis. */
  down(reason: string): void
  /** It has been tried in vain to open another one. */
  failed(reason: string): void
  /** There is another one: takes up on it what was left. Until this resolves nobody else is let through. */
  resume(connection: Connection): Promise<void>
  /** Everybody is let through again. */
  up(): void
}

/** The way to Redis: there or not, and sought again when it is not, ever more patiently, no two nodes at the same time. */
export class Link {
  readonly #place: Place
  readonly #linked: Linked
  readonly #longestWait: number
  #connection: Connection | undefined
  /** The last one that was opened. */
  #last: Connection | undefined
  #up = false
  #stopped = false
  readonly #end = new AbortController()

  /** `longestWait` is how many ms may pass from one attempt to the next. */
  constructor(place: Place, longestWait: number, linked: Linked) {
    this.#longestWait = longestWait
    this.#place = place
    this.#linked = linked
  }

  /** The connection while it can be used. */
  get connection(): Connection | undefined {
    return this.#up ? this.#connection : undefined
  }

  /** Opens it for the first time. Rejects with {@link EngineFault}. */
  async start(): Promise<void> {
    try {
      await this.#open()
    } catch (error) {
      throw faultOf(this.#place, error)
    }
  }

  /** Closes the connection for good. */
  stop(): void {
    this.#stopped = true
    this.#end.abort()
    this.#up = false
    this.#connection?.close('it is closed')
  }

  /** Begins anew with another connection, because of something that was heard on this one. */
  reset(reason: string): void {
    this.#connection?.close(reason)
  }

  /** Rejects with {@link Unavailable} at once while there is no connection. */
  run<S extends ScriptName>(name: S, keys: readonly string[], args: readonly string[]): Promise<Answers[S]> {
    return this.connection?.run(name, keys, args) ?? Promise.reject(this.#away())
  }

  command(args: readonly string[]): Promise<unknown> {
    return this.connection?.command(args) ?? Promise.reject(this.#away())
  }

  #away(): Unavailable {
    return new Unavailable(`Redis at ${this.#place.shown} is away`)
  }

  async #open(): Promise<void> {
    const connection = await Connection.open(this.#place, this.#last)
    this.#connection = connection
    this.#last = connection
    if (this.#stopped) return connection.close('it is closed')
    const timer = setTimeout(() => connection.close('it does not answer'), RESUME_MS)
    try {
      await this.#linked.resume(connection)
    } catch (error) {
      connection.close('it could not be taken up')
      throw error
    } finally {
      clearTimeout(timer)
    }
    if (connection.reason !== undefined) throw new ConnectionLost(connection.reason)
    this.#up = true
    void connection.lost.then((reason) => this.#lost(reason))
    this.#linked.up()
  }

  #lost(reason: string): void {
    this.#up = false
    if (this.#stopped) return
    this.#linked.down(reason)
    void this.#reopen()
  }

  async #reopen(): Promise<void> {
    for (let wait = FIRST_WAIT_MS; !this.#stopped; wait = Math.min(wait * 2, this.#longestWait)) {
      try {
        await delay(wait * (0.5 + Math.random() / 2), undefined, { signal: this.#end.signal, ref: false })
        return await this.#open()
      } catch (error) {
        if (!this.#stopped) this.#linked.failed(reasonOf(error))
      }
    }
  }
}
