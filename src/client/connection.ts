import type { ErrorCode } from '../../commands/errors.ts'
import type { Limits, Reply, ServerLine } from '../../commands/replies.ts'
import type { Dial, LineTransport } from './transport.ts'

/** The connection has ended before the reply: the line may have been carried out. */
export class DisconnectedError extends Error {
  override name = 'DisconnectedError'
}

/** Why the server closes the connection, in its own words (docs/protocols/line.md, section 3.2). */
export interface LastWord {
  readonly text: string
  readonly code?: ErrorCode
  readonly reconnect: boolean
}

export interface ConnectionListener {
  /** A line that is no reply. */
  heard?(line: Exclude<ServerLine, Reply>): void
  /** The connection has ended; not called after {@link ClientConnection.close}. */
  lost?(why: LastWord | undefined): void
}

/** How long it may take to connect, or a silent server to answer. */
const PATIENCE_MS = 10_000
/** Silence after which the server is asked for a sign of life. */
const SILENCE_MS = 30_000

interface Asked {
  readonly reply: (reply: Reply) => void
  readonly lost: (error: DisconnectedError) => void
}

/** One connection that speaks the line protocol: every line gets one reply, in the order of the lines. */
export class ClientConnection {
  /** Rejects with {@link DisconnectedError}. */
  readonly opened: Promise<void>
  readonly #transport: LineTransport
  #listener: ConnectionListener
  #asked: Asked[] = []
  #timer: ReturnType<typeof setTimeout>
  #lastWord: LastWord | undefined
  #state: 'opening' | 'open' | 'closed' = 'opening'

  constructor(dial: Dial, listener: ConnectionListener = {}) {
    this.#listener = listener
    let open = () => {}
    this.opened = new Promise((resolve, lost) => {
      open = resolve
      this.#asked.push({ reply: () => {}, lost })
    })
    // A caller may look at it later, or not at all.
    this.opened.catch(() => {})
    this.#transport = dial({
      opened: () => {
        if (this.#state !== 'opening') return
        this.#state = 'open'
        this.#asked.shift()
        this.#watch()
        open()
      },
      received: (lines) => this.#read(lines),
      closed: () => this.drop(),
    })
    this.#timer = setTimeout(() => this.drop(), PATIENCE_MS)
  }

  /**
   * Sends one line. Rejects with {@link DisconnectedError}.
   *
   * @param at called with the reply before any later line is read
   */
  ask(line: string, at?: (reply: Reply) => void): Promise<Reply> {
    if (/[\r\n]/.test(line)) return Promise.reject(new TypeError('A line has no line break'))
    if (this.#state !== 'open') return Promise.reject(new DisconnectedError())
    this.#transport.send(line)
    return new Promise((resolve, lost) => {
      const reply = (reply: Reply) => {
        at?.(reply)
        resolve(reply)
      }
      this.#asked.push({ reply, lost })
    })
  }

  /** Asks the server for a sign of life: a connection without one is soon lost. */
  check(): void {
    if (this.#state !== 'open') return
    this.#await(PATIENCE_MS, () => this.drop())
    this.ask('/ping').catch(() => {})
  }

  /** Ends the connection without telling the listener. */
  close(): void {
    this.#listener = {}
    this.drop()
  }

  /** Ends the connection as if it had been lost. */
  drop(): void {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    clearTimeout(this.#timer)
    this.#transport.close()
    this.#listener.lost?.(this.#lastWord)
    for (const { lost } of this.#asked.splice(0)) lost(new DisconnectedError(this.#lastWord?.text))
  }

  #read(lines: string): void {
    for (const line of lines.split('\n')) {
      if (this.#state === 'closed') return
      try {
        this.#take(JSON.parse(line))
      } catch (error) {
        if (!(error instanceof SyntaxError)) throw error
        this.#lastWord = { text: 'This server does not speak the line protocol', reconnect: false }
        this.drop()
      }
    }
    if (this.#state === 'open') this.#watch()
  }

  #take(line: ServerLine): void {
    if (line.type === 'error' && line.reconnect !== undefined) {
      this.#lastWord = { text: line.error, code: line.code, reconnect: line.reconnect }
    } else if (line.type === 'commandResult' || line.type === 'error') {
      this.#asked.shift()?.reply(line)
    } else {
      if (line.type === 'notice' && line.reconnect !== undefined) {
        this.#lastWord = { text: line.notice, reconnect: line.reconnect }
      }
      this.#listener.heard?.(line)
    }
  }

  #watch(): void {
    this.#await(SILENCE_MS, () => this.check())
  }

  #await(ms: number, act: () => void): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(act, ms)
  }
}

/** Limits and rules for names, as the server tells them; undefined when it does not know the command. */
export async function askLimits(connection: Pick<ClientConnection, 'ask'>): Promise<Limits | undefined> {
  const reply = await connection.ask('/limits')
  return reply.type === 'commandResult' ? reply.limits : undefined
}
