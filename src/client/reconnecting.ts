import { ClientConnection, type Unasked } from './connection.ts'
import { DisconnectedError, type LastWord, RefusedError } from './errors.ts'
import { commandLine, resultOf } from './requests.ts'
import type { Dial } from './transport.ts'

export interface ClientOptions {
  readonly dial: Dial
  readonly nickname: string
  /** Password or access token of the nickname's account. */
  readonly secret?: string | undefined
  /** Word that makes all connections of a guest one user (docs/protocols/line.md, section 2.3). */
  readonly session?: string | undefined
}

export interface ReconnectingListener {
  /** Called at the beginning of each attempt. */
  readonly dialling?: (() => void) | undefined
  /** Called when a lost connection has a successor that is logged in. */
  back(connection: ClientConnection): Promise<void>
  readonly heard: (line: Unasked) => void
  readonly skips: (line: string) => boolean
  /** The connection has ended; the next attempt begins in `retryMs`, or never. */
  lost(why: LastWord | undefined, retryMs: number | undefined): void
  /** Logging in again, or {@link back}, was refused: there is no further attempt. */
  refused(error: RefusedError): void
}

/** Times before the first attempt and, doubled each time, at most before a later one. */
const FIRST_RETRY_MS = 400
const LAST_RETRY_MS = 10_000

/** A connection that is logged in, and opened again when it is lost. */
export class Reconnecting {
  /** Password or access token, which may change. */
  secret: string | undefined
  readonly #options: ClientOptions
  readonly #listener: ReconnectingListener
  #connection: ClientConnection | undefined
  /** Logged in once: a lost connection is replaced. */
  #established = false
  /** Attempts since the connection was last {@link settled}. */
  #attempts = 0
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(options: ClientOptions, listener: ReconnectingListener) {
    this.#options = options
    this.secret = options.secret
    this.#listener = listener
  }

  /** The present connection. @throws DisconnectedError */
  get connection(): ClientConnection {
    if (!this.#connection) throw new DisconnectedError()
    return this.#connection
  }

  /** Connects and logs in for the first time. @throws DisconnectedError, RefusedError */
  async connect(): Promise<void> {
    try {
      await this.#login(this.#open())
    } catch (error) {
      this.close()
      throw error
    }
  }

  /** Reconnects at once if the connection is lost, and makes sure that it is not otherwise. */
  wake(): void {
    if (this.#connection) this.#connection.check()
    else if (this.#established) void this.#reconnect()
  }

  /** Called when the connection is of use: the next one is opened soon after it is lost. */
  settled(): void {
    this.#attempts = 0
  }

  /** Disconnects for good, or until {@link connect}. */
  close(): void {
    clearTimeout(this.#timer)
    this.#connection?.close()
    this.#connection = undefined
    this.#established = false
    this.#attempts = 0
  }

  #open(): ClientConnection {
    const { dialling, heard, skips } = this.#listener
    dialling?.()
    this.#connection = new ClientConnection(this.#options.dial, { heard, skips, lost: (why) => this.#lost(why) })
    return this.#connection
  }

  async #login(connection: ClientConnection): Promise<void> {
    await connection.opened
    const { nickname, session } = this.#options
    resultOf(await connection.ask(commandLine('LOGIN', nickname, this.secret ?? (session && `session=${session}`))))
    this.#established = true
  }

  #lost(why: LastWord | undefined): void {
    this.#connection = undefined
    if (!this.#established) return
    let retryMs: number | undefined
    if (why?.reconnect !== false) {
      // Clients that were lost together do not come back together.
      retryMs = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** this.#attempts++) * (0.5 + Math.random() / 2)
      this.#timer = setTimeout(() => void this.#reconnect(), retryMs)
    }
    this.#listener.lost(why, retryMs)
  }

  async #reconnect(): Promise<void> {
    clearTimeout(this.#timer)
    if (!this.#established || this.#connection) return
    const connection = this.#open()
    const isCurrent = () => this.#connection === connection
    try {
      await this.#login(connection)
      if (isCurrent()) await this.#listener.back(connection)
    } catch (error) {
      // A connection that is lost has its successor already.
      if (!(error instanceof RefusedError) || !isCurrent()) return
      if (error.code === 'unavailable') return connection.drop()
      this.close()
      this.#listener.refused(error)
    }
  }
}
