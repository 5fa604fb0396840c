import { setTimeout as delay } from 'node:timers/promises'
import { Unavailable } from '../engine.ts'
import { type Ask, ConnectionLost, faultOf, type RedisPort } from './port.ts'
import { reasonOf } from './reasons.ts'
import type { ScriptName, ScriptResults } from './scripts.ts'
import type { RedisLocation } from './url.ts'

const FIRST_WAIT_MS = 50
/** Maximum duration of {@link LinkEvents.resume}. */
const RESUME_MS = 20_000

/** Callbacks for the state of a link. */
export interface LinkEvents {
  /** Called once when the port has ended, before any further call to Redis. */
  down(reason: string): void
  /** Called when an attempt to open another port has failed. */
  failed(reason: string): void
  /** Resumes on a new port. Until this resolves all other calls are refused. */
  resume(port: RedisPort): Promise<void>
  /** Called when calls are accepted again. */
  up(): void
}

/** Opens the {@link RedisPort}, and reopens it after it has ended, with exponential backoff and jitter. */
export class Link {
  readonly #place: RedisLocation
  readonly #open: () => Promise<RedisPort>
  readonly #events: LinkEvents
  readonly #longestWaitMs: number
  #port: RedisPort | undefined
  #up = false
  #stopped = false
  readonly #end = new AbortController()

  /** `longestWaitMs` is the maximum time between two attempts. */
  constructor(place: RedisLocation, open: () => Promise<RedisPort>, longestWaitMs: number, events: LinkEvents) {
    this.#place = place
    this.#open = open
    this.#longestWaitMs = longestWaitMs
    this.#events = events
  }

  /** The port; undefined while it cannot be used. */
  get port(): RedisPort | undefined {
    return this.#up ? this.#port : undefined
  }

  /** Opens the first port. @throws EngineFault */
  async start(): Promise<void> {
    try {
      await this.#connect()
    } catch (error) {
      throw faultOf(this.#place, error)
    }
  }

  /** Closes the port for good. */
  stop(): void {
    this.#stopped = true
    this.#end.abort()
    this.#up = false
    this.#port?.close('it is closed')
  }

  /** Replaces the port by another one. */
  reset(reason: string): void {
    this.#port?.close(reason)
  }

  /** Calls {@link RedisPort.eval}. @throws Unavailable while there is no port */
  eval<S extends ScriptName>(script: S, keys: readonly string[], args: readonly string[]): Promise<ScriptResults[S]> {
    return this.port?.eval(script, keys, args) ?? Promise.reject(this.#away())
  }

  /** Calls {@link RedisPort.call}. @throws Unavailable while there is no port */
  call(key: string, command: string, ...args: readonly string[]): Promise<unknown> {
    return this.port?.call(key, command, ...args) ?? Promise.reject(this.#away())
  }

  /** Calls {@link RedisPort.everyServer}. @throws Unavailable while there is no port */
  everyServer(): readonly Ask[] {
    if (!this.port) throw this.#away()
    return this.port.everyServer()
  }

  #away(): Unavailable {
    return new Unavailable(`Redis at ${this.#place.shown} is away`)
  }

  async #connect(): Promise<void> {
    const port = await this.#open()
    this.#port = port
    if (this.#stopped) return port.close('it is closed')
    const timer = setTimeout(() => port.close('it does not answer'), RESUME_MS)
    try {
      await this.#events.resume(port)
    } catch (error) {
      port.close('it could not be taken up')
      throw error
    } finally {
      clearTimeout(timer)
    }
    if (port.reason !== undefined) throw new ConnectionLost(port.reason)
    this.#up = true
    void port.lost.then((reason) => this.#lost(reason))
    this.#events.up()
  }

  #lost(reason: string): void {
    this.#up = false
    if (this.#stopped) return
    this.#events.down(reason)
    void this.#reopen()
  }

  async #reopen(): Promise<void> {
    for (let wait = FIRST_WAIT_MS; !this.#stopped; wait = Math.min(wait * 2, this.#longestWaitMs)) {
      try {
        await delay(wait * (0.5 + Math.random() / 2), undefined, { signal: this.#end.signal, ref: false })
        return await this.#connect()
      } catch (error) {
        if (!this.#stopped) this.#events.failed(reasonOf(error))
      }
    }
  }
}
