/**
 * The way to the servers that hold the keys. A port is not mended when it breaks; {@link Link} opens another. Besides the one
 * server of single.ts, a primary found through sentinels and a Redis Cluster fit behind it: each call names its key.
 */
import { EngineFault, Unavailable } from '../engine.ts'
import { reasonOf } from './reasons.ts'
import type { Answers, ScriptName } from './scripts.ts'
import type { RedisLocation } from './url.ts'

/** The connection is gone, and nobody knows what has become of what was sent. */
export class ConnectionLost extends Unavailable {
  override name = 'ConnectionLost'
}

/** Redis has answered that it does not do what was asked. */
export class Refused extends Unavailable {
  override name = 'Refused'
}

export type ChannelListener = (text: string, channel: string) => void

/** Sends a command to one server. */
export type Ask = (command: string, ...args: readonly string[]) => Promise<unknown>

/** All methods that ask something reject with {@link ConnectionLost} or {@link Refused}. */
export interface RedisPort {
  /** Resolves with the reason when the port has ended. */
  readonly lost: Promise<string>
  /** Why the port has ended; undefined while it has not. */
  readonly reason: string | undefined
  /** A setting of a server that endangers data. */
  readonly warning: string | undefined
  /** Runs a script where its first key is. All keys of a call have one hash tag. */
  eval<S extends ScriptName>(script: S, keys: readonly string[], args: readonly string[]): Promise<Answers[S]>
  /** Sends `command key …` to the server that holds the key; also PUBLISH, with a channel in the place of the key. */
  call(key: string, command: string, ...args: readonly string[]): Promise<unknown>
  /** A function for each server that holds keys. */
  everyServer(): readonly Ask[]
  /** Resolves when everything that is published on these channels from now on is heard. */
  subscribe(channels: readonly string[], heard: ChannelListener): Promise<void>
  unsubscribe(channel: string): Promise<void>
  /** Resolves when the connections on which channels are heard have answered. */
  listening(): Promise<void>
  /** Ends the port; whatever is under way rejects with {@link ConnectionLost}. Calling it again changes nothing. */
  close(reason: string): void
}

/** The fault that tells an operator why a Redis cannot be opened. */
export function faultOf({ shown }: RedisLocation, error: unknown): EngineFault {
  if (error instanceof EngineFault) return error
  const what = error instanceof ConnectionLost ? 'reach' : 'use'
  return new EngineFault(`cannot ${what} Redis at ${shown}: ${reasonOf(error)}`, { cause: error })
}
