import { setTimeout as delay } from 'node:timers/promises'
import { Unavailable } from '../errors.ts'
import { type Ask, ConnectionLost, faultOf, type RedisConnection } from './connection.ts'
import { reasonOf } from './reasons.ts'
import type { ScriptName, ScriptResults } from './scripts.ts'
import type { RedisLocation } from './url.ts'

const FIRST_WAIT_MS = 50
/** Maximum duration of {@link LinkEvents.resume}. */
const RESUME_MS = 20_000

/** Callbacks for the state of a link. */
export interface LinkEvents {
  /** Called once when the connection has ended, before any further call to Redis. */
  down(reason: string): void
  /** Called when an attempt to open another connection has failed. */
  failed(reason: string): void
  /** Resumes on a new connection. Until this resolves all other calls are refused. */
  resume(connection: RedisConnection): Promise<void>
  /** Called when calls are accepted again. */
  up(): void
}

/** Opens the {@link RedisConnection}, and reopens it after it has ended, with exponential backoff and jitter. */
export class Link {
  readonly #place: RedisLocation
  readonly #open: () => Promise<RedisConnection>
  readonly #longestWaitMs: number
  #connection: RedisConnection | undefined
  #up = false
  #stopped = false
  readonly #end = new AbortController()

  /** `longestWaitMs` is the maximum time between two attempts. */
  constructor(place: RedisLocation, open: () => Promise<RedisConnection>, longestWaitMs: number) {
    this.#place = place
    this.#open = open
    this.#longestWaitMs = longestWaitMs
  }

  /** The connection; undefined while it cannot be used. */
  get connection(): RedisConnection | undefined {
    return this.#up ? this.#connection : undefined
  }

  /** Opens the first connection. @throws EngineFault */
  async start(events: LinkEvents): Promise<void> {
    try {
      await this.#connect(events)
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

  /** Replaces the connection by another one. */
  reset(reason: string): void {
    this.#connection?.close(reason)
  }

  /** Calls {@link RedisConnection.eval}. @throws Unavailable while there is no connection */
  eval<S extends ScriptName>(script: S, keys: readonly string[], args: readonly string[]): Promise<ScriptResults[S]> {
    return this.connection?.eval(script, keys, args) ?? Promise.reject(this.#away())
  }

  /** Calls {@link RedisConnection.call}. @throws Unavailable while there is no connection */
  call(key: string, command: string, ...args: readonly string[]): Promise<unknown> {
    return this.connection?.call(key, command, ...args) ?? Promise.reject(this.#away())
  }

  /** Calls {@link RedisConnection.everyServer}. @throws Unavailable while there is no connection */
  everyServer(): readonly Ask[] {
    if (!this.connection) throw this.#away()
    return this.connection.everyServer()
  }

  #away(): Unavailable {
    return new Unavailable(`Redis at ${this.#place.shown} is away`)
  }

  async #connect(events: LinkEvents): Promise<void> {
    const connection = await this.#open()
    this.#connection = connection
    if (this.#stopped) return connection.close('it is closed')
    const timer = setTimeout(() => connection.close('it does not answer'), RESUME_MS)
    try {
      await events.resume(connection)
    } catch (error) {
      connection.close('it could not be taken up')
      throw error
    } finally {
      clearTimeout(timer)
    }
    if (connection.reason !== undefined) throw new ConnectionLost(connection.reason)
    this.#up = true
    void connection.lost.then((reason) => this.#lost(events, reason))
    events.up()
  }

  #lost(events: LinkEvents, reason: string): void {
    this.#up = false
    if (this.#stopped) return
    events.down(reason)
    void this.#reopen(events)
  }

  async #reopen(events: LinkEvents): Promise<void> {
    for (let wait = FIRST_WAIT_MS; !this.#stopped; wait = Math.min(wait * 2, this.#longestWaitMs)) {
      try {
        await delay(wait * (0.5 + Math.random() / 2), undefined, { signal: this.#end.signal, ref: false })
        return await this.#connect(events)
      } catch (error) {
        if (!this.#stopped) events.failed(reasonOf(error))
      }
    }
  }
}
