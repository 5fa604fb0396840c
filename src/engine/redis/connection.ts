import { EngineFault, Unavailable } from '../errors.ts'
import { reasonOf } from './reasons.ts'
import type { ScriptName, ScriptResults } from './scripts.ts'
import type { RedisLocation } from './url.ts'

/** The connection is lost; it is unknown whether the sent commands were executed. */
export class ConnectionLost extends Unavailable {
  override name = 'ConnectionLost'
}

/** Redis has replied with an error. */
export class Refused extends Unavailable {
  override name = 'Refused'
}

/** Handles a message of a channel. */
export type ChannelListener = (text: string, channel: string) => void

/** Sends a command to one server. */
export type Ask = (command: string, ...args: readonly string[]) => Promise<unknown>

/**
 * A connection to the servers that hold the keys. One that has ended is not repaired; {@link Link} opens another one. Each call names its
 * key, so that the interface fits a single server (single.ts), a primary found through sentinels, and a Redis Cluster.
 *
 * @throws ConnectionLost, Refused from all methods that send a command
 */
export interface RedisConnection {
  /** Resolves with the reason when the connection has ended. */
  readonly lost: Promise<string>
  /** Reason why the connection has ended; undefined before. */
  readonly reason: string | undefined
  /** Warning about a setting of a server that endangers data. */
  readonly warning: string | undefined
  /** Runs a script on the server of its first key. All keys of a call must have one hash tag. */
  eval<S extends ScriptName>(script: S, keys: readonly string[], args: readonly string[]): Promise<ScriptResults[S]>
  /** Sends `command key …` to the server of the key; also PUBLISH, with a channel in place of the key. */
  call(key: string, command: string, ...args: readonly string[]): Promise<unknown>
  /** Returns a function for each server that holds keys. */
  everyServer(): readonly Ask[]
  subscribe(channels: readonly string[], listener: ChannelListener): Promise<void>
  unsubscribe(channel: string): Promise<void>
  /** Resolves when the connections that receive channels have replied to PING. */
  listening(): Promise<void>
  /** Ends the connection; pending calls reject with {@link ConnectionLost}. Further calls have no effect. */
  close(reason: string): void
}

/** Returns the fault for an error while Redis is opened. */
export function faultOf({ shown }: RedisLocation, error: unknown): EngineFault {
  if (error instanceof EngineFault) return error
  const what = error instanceof ConnectionLost ? 'reach' : 'use'
  return new EngineFault(`cannot ${what} Redis at ${shown}: ${reasonOf(error)}`, { cause: error })
}
