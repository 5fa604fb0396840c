import { randomBytes } from 'node:crypto'
import { ErrorReply, RedisClient } from 'redis'
import { Unavailable } from '../errors.ts'
import { type Ask, type ChannelListener, ConnectionLost, type RedisConnection, Refused } from './connection.ts'
import { problemOf, reasonOf, warningOf } from './reasons.ts'
import { loadScripts, type ScriptName, type ScriptResults } from './scripts.ts'
import type { RedisLocation } from './url.ts'

const OPEN_MS = 5_000

/** Creates clients of one class; the library would otherwise define a class for each. */
const create = RedisClient.factory()

function clientTo({ url }: RedisLocation) {
  const options = {
    url,
    RESP: 2,
    disableOfflineQueue: true,
    maintNotifications: 'disabled',
    socket: { reconnectStrategy: false, connectTimeout: OPEN_MS },
  } as const
  return create(options)
}
type Client = ReturnType<typeof clientTo>

let scripts: ReturnType<typeof loadScripts> | undefined

/**
 * The connection to a single Redis server: a socket for commands and another one for channels. Only this file uses the client library.
 */
export class SingleServer implements RedisConnection {
  readonly lost: Promise<string>
  reason: string | undefined
  warning: string | undefined
  readonly #commands: Client
  readonly #channels: Client
  readonly #lose: (reason: string) => void
  /** The id that Redis gives the socket for commands; it may be reused, so the name is checked too. */
  #id = ''
  readonly #name = `roomd-${randomBytes(8).toString('hex')}`
  /** Pending subscriptions and unsubscriptions, by channel. */
  readonly #changes = new Map<string, Promise<void>>()

  /**
   * Opens a connection. Ends the previous connection in Redis first, so that none of its unread commands is executed any more: only then
   * can the result of the others be found out.
   *
   * @throws Unavailable, whose message contains the reason but not the location
   */
  static async open(place: RedisLocation, before?: SingleServer): Promise<SingleServer> {
    const connection = new SingleServer(place)
    const timer = setTimeout(() => connection.close('it does not answer'), OPEN_MS)
    try {
      await Promise.all([connection.#commands.connect(), connection.#channels.connect()])
      const about = String(await connection.command(['INFO']))
      const problem = problemOf(about)
      if (problem !== undefined) throw new Unavailable(problem)
      connection.warning = warningOf(about)
      await connection.command(['CLIENT', 'SETNAME', connection.#name])
      connection.#id = String(await connection.command(['CLIENT', 'ID']))
      if (before) await connection.#end(before)
      scripts ??= loadScripts()
      await Promise.all(Array.from(scripts.values(), ({ source }) => connection.command(['SCRIPT', 'LOAD', source])))
      return connection
    } catch (error) {
      const failure = error instanceof Unavailable ? error : connection.#errorOf(error)
      connection.close('it could not be opened')
      throw failure
    } finally {
      clearTimeout(timer)
    }
  }

  private constructor(place: RedisLocation) {
    const { promise, resolve } = Promise.withResolvers<string>()
    this.lost = promise
    this.#lose = resolve
    this.#commands = clientTo(place)
    this.#channels = clientTo(place)
    for (const client of [this.#commands, this.#channels]) {
      client.on('error', (error: unknown) => this.close(reasonOf(error)))
      client.on('end', () => this.close('the connection has ended'))
    }
  }

  async #end(before: SingleServer): Promise<void> {
    if (before.#id === '') return
    try {
      const known = String(await this.command(['CLIENT', 'LIST', 'ID', before.#id]))
      if (known.includes(` name=${before.#name} `)) await this.command(['CLIENT', 'KILL', 'ID', before.#id])
    } catch (error) {
      // The previous connection has ended meanwhile, or this user has no permission.
      if (error instanceof ConnectionLost) throw error
    }
  }

  close(reason: string): void {
    if (this.reason !== undefined) return
    this.reason = reason
    this.#commands.destroy()
    this.#channels.destroy()
    this.#lose(reason)
  }

  /** Sends a command. @throws ConnectionLost, Refused */
  async command(args: readonly string[]): Promise<unknown> {
    try {
      return await this.#commands.sendCommand(args)
    } catch (error) {
      throw this.#errorOf(error)
    }
  }

  call(key: string, command: string, ...args: readonly string[]): Promise<unknown> {
    return this.command([command, key, ...args])
  }

  everyServer(): readonly Ask[] {
    return [(...args) => this.command(args)]
  }

  async eval<S extends ScriptName>(
    name: S,
    keys: readonly string[],
    args: readonly string[],
  ): Promise<ScriptResults[S]> {
    const script = scripts?.get(name)
    if (!script) throw new Error(`there is no script ${name}`)
    const rest = [String(keys.length), ...keys, ...args]
    try {
      // The results are declared in scripts.ts.
      return (await this.#commands.sendCommand(['EVALSHA', script.sha, ...rest])) as unknown as ScriptResults[S]
    } catch (error) {
      if (!(error instanceof ErrorReply && error.message.startsWith('NOSCRIPT'))) throw this.#errorOf(error)
      // The cache of scripts was flushed.
      return (await this.command(['EVAL', script.source, ...rest])) as ScriptResults[S]
    }
  }

  async subscribe(channels: readonly string[], listener: ChannelListener): Promise<void> {
    if (channels.length > 0) await this.#inTurn(channels, () => this.#channels.subscribe([...channels], listener))
  }

  async unsubscribe(channel: string): Promise<void> {
    try {
      await this.#inTurn([channel], () => this.#channels.unsubscribe(channel))
    } catch {
      // The subscription ended with the connection.
    }
  }

  async listening(): Promise<void> {
    try {
      await this.#channels.ping()
    } catch (error) {
      throw this.#errorOf(error)
    }
  }

  /**
   * Waits for pending changes of these channels: until the reply to UNSUBSCRIBE the client regards a channel as subscribed and would not send
   * SUBSCRIBE.
   */
  async #inTurn(channels: readonly string[], change: () => Promise<void>): Promise<void> {
    const changed = Promise.all(channels.map((channel) => this.#changes.get(channel))).then(change)
    const settled = changed.catch(() => {})
    for (const channel of channels) this.#changes.set(channel, settled)
    try {
      await changed
    } catch (error) {
      throw this.#errorOf(error)
    } finally {
      for (const channel of channels) if (this.#changes.get(channel) === settled) this.#changes.delete(channel)
    }
  }

  #errorOf(error: unknown): Refused | ConnectionLost {
    const reason = reasonOf(error)
    // Other errors come from the client after the connection is lost.
    if (!(error instanceof ErrorReply)) return new ConnectionLost(this.reason ?? reason)
    // Another server is, or becomes, the primary: the next connection finds it.
    if (/^(READONLY|LOADING|MASTERDOWN|NOREPLICAS)/.test(reason)) this.close(reason)
    return new Refused(reason)
  }
}

/** Returns the function that opens connections to a place, one after the other. `renew` returns the place with its present credentials. */
export function connectionsTo(
  place: RedisLocation,
  renew: () => Promise<RedisLocation> = async () => place,
): () => Promise<RedisConnection> {
  let last: SingleServer | undefined
  return async () => {
    last = await SingleServer.open(await renew(), last)
    return last
  }
}
