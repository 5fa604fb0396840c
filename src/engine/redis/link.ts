import { setTimeout as delay } from 'node:timers/promises'
import { Unavailable } from '../engine.ts'
import { type Ask, ConnectionLost, faultOf, type RedisPort } from './port.ts'
import { reasonOf } from './reasons.ts'
import type { Answers, ScriptName } from './scripts.ts'
import type { RedisLocation } from './url.ts'

const FIRST_WAIT_MS = 50
/** In which a new port must have been made use of. */
const RESUME_MS = 20_000

/** What comes and goes with the connection. */
export interface Linked {
  /** The port is gone; called once, before anything else is asked of Redis. */
  down(reason: string): void
  /** It has been tried in vain to open another one. */
  failed(reason: string): void
  /** There is another one: takes up on it what was left. Until this resolves nobody else is let through. */
  resume(port: RedisPort): Promise<void>
  /** Everybody is let through again. */
  up(): void
}

/** The {@link RedisPort} to Redis: there or not, and opened again when it is not, ever more patiently, no two nodes at the same time. */
export class Link {
  readonly #place: RedisLocation
  readonly #open: () => Promise<RedisPort>
  readonly #linked: Linked
  readonly #longestWaitMs: number
  #port: RedisPort | undefined
  #up = false
  #stopped = false
  readonly #end = new AbortController()

  /** `open` opens a port; `longestWaitMs` may pass from one attempt to the next. */
  constructor(place: RedisLocation, open: () => Promise<RedisPort>, longestWaitMs: number, linked: Linked) {
    this.#place = place
    this.#open = open
    this.#longestWaitMs = longestWaitMs
    this.#linked = linked
  }

  /** The port while it can be used. */
  get port(): RedisPort | undefined {
    return this.#up ? this.#port : undefined
  }

  /** Opens it for the first time. Rejects with {@link EngineFault}. */
  async start(): Promise<void> {
    try {
      await this.#takeUp()
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

  /** Begins anew with another port, because of something that was heard on this one. */
  reset(reason: string): void {
    this.#port?.close(reason)
  }

  /** As {@link RedisPort.eval}, but rejects with {@link Unavailable} at once while there is no port. */
  eval<S extends ScriptName>(script: S, keys: readonly string[], args: readonly string[]): Promise<Answers[S]> {
    return this.port?.eval(script, keys, args) ?? Promise.reject(this.#away())
  }

  /** As {@link RedisPort.call}, and the same. */
  call(key: string, command: string, ...args: readonly string[]): Promise<unknown> {
    return this.port?.call(key, command, ...args) ?? Promise.reject(this.#away())
  }

  /** As {@link RedisPort.everyServer}, but throws {@link Unavailable} while there is no port. */
  everyServer(): readonly Ask[] {
    if (!this.port) throw this.#away()
    return this.port.everyServer()
  }

  #away(): Unavailable {
    return new Unavailable(`Redis at ${this.#place.shown} is away`)
  }

  async #takeUp(): Promise<void> {
    const port = await this.#open()
    this.#port = port
    if (this.#stopped) return port.close('it is closed')
    const timer = setTimeout(() => port.close('it does not answer'), RESUME_MS)
    try {
      await this.#linked.resume(port)
    } catch (error) {
      port.close('it could not be taken up')
      throw error
    } finally {
      clearTimeout(timer)
    }
    if (port.reason !== undefined) throw new ConnectionLost(port.reason)
    this.#up = true
    void port.lost.then((reason) => this.#lost(reason))
    this.#linked.up()
  }

  #lost(reason: string): void {
    this.#up = false
    if (this.#stopped) return
    this.#linked.down(reason)
    void this.#reopen()
  }

  async #reopen(): Promise<void> {
    for (let wait = FIRST_WAIT_MS; !this.#stopped; wait = Math.min(wait * 2, this.#longestWaitMs)) {
      try {
        await delay(wait * (0.5 + Math.random() / 2), undefined, { signal: this.#end.signal, ref: false })
        return await this.#takeUp()
      } catch (error) {
        if (!this.#stopped) this.#linked.failed(reasonOf(error))
      }
    }
  }
}
