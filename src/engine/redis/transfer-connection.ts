import { EngineFault } from '../errors.ts'
import { faultOf } from './connection.ts'
import { Keys } from './keys.ts'
import { reasonOf } from './reasons.ts'
import { scanned } from './scan.ts'
import type { ScriptName, ScriptResults } from './scripts.ts'
import { SingleServer } from './single.ts'
import type { RedisLocation } from './url.ts'

/** Approximate keys of a page. */
const PAGE = 1_000

/** A connection for an export or import. @throws EngineFault from all methods */
export class TransferConnection {
  readonly keys: Keys
  /** For messages, without a password. */
  readonly shown: string
  readonly #place: RedisLocation
  readonly #connection: SingleServer

  static async open(place: RedisLocation, prefix: string): Promise<TransferConnection> {
    const connection = await SingleServer.open(place).catch((error: unknown) => {
      throw faultOf(place, error)
    })
    return new TransferConnection(place, prefix, connection)
  }

  private constructor(place: RedisLocation, prefix: string, connection: SingleServer) {
    this.keys = new Keys(prefix, place.database)
    this.shown = `${place.shown} (prefix ${prefix})`
    this.#place = place
    this.#connection = connection
  }

  ask(...args: readonly string[]): Promise<unknown> {
    return this.#connection.command(args).catch((error: unknown) => this.#fail(error))
  }

  run<S extends ScriptName>(name: S, keys: readonly string[], args: readonly string[] = []): Promise<ScriptResults[S]> {
    return this.#connection.eval(name, keys, args).catch((error: unknown) => this.#fail(error))
  }

  /** Yields the keys of a pattern, each once. */
  async *scan(pattern: string): AsyncGenerator<readonly string[]> {
    const seen = new Set<string>()
    const pages = scanned((cursor) => this.ask('SCAN', cursor, 'MATCH', pattern, 'COUNT', String(PAGE)))
    for await (const keys of pages) {
      const fresh = keys.filter((key) => !seen.has(key))
      for (const key of fresh) seen.add(key)
      if (fresh.length > 0) yield fresh
    }
  }

  close(): void {
    this.#connection.close('it is closed')
  }

  #fail(error: unknown): never {
    throw new EngineFault(`Redis at ${this.#place.shown}: ${reasonOf(error)}`, { cause: error })
  }
}
