import type { History, Reply, ServerLine } from '../../commands/replies.ts'
import { DisconnectedError, type LastWord } from './errors.ts'
import type { Dial, LineTransport } from './transport.ts'

/** A line from the server that answers none. */
export type Unasked = Exclude<ServerLine, Reply | History>

export interface ConnectionListener {
  /** A line that is neither a reply nor a record. */
  readonly heard?: ((line: Unasked) => void) | undefined
  /** Returns true for a line that need not be parsed, as `heard` need not be called with it. */
  readonly skips?: ((line: string) => boolean) | undefined
  /** The connection has ended; not called after {@link ClientConnection.close}. */
  readonly lost?: ((why: LastWord | undefined) => void) | undefined
}

/** Receiver of the reply to a line. */
export interface Asking {
  /** Called before any later line is read. */
  reply(reply: Reply): void
  /** Called with each record that comes before the reply. */
  record?: ((body: History['body']) => void) | undefined
  /** Called in place of {@link reply} when the connection has ended. */
  lost(error: DisconnectedError): void
}

/** How long it may take to connect, or a silent server to answer. */
const PATIENCE_MS = 10_000
/** Silence after which the server is asked for a sign of life. */
const SILENCE_MS = 30_000
/** One connection that speaks the line protocol: every line gets one reply, in the order of the lines. */
export class ClientConnection {
  /** Rejects with {@link DisconnectedError}. */
  readonly opened: Promise<void>
  readonly #transport: LineTransport
  #listener: ConnectionListener
  #asked: Asking[] = []
  /** Number of those at the front that have their reply. */
  #answered = 0
  #timer: ReturnType<typeof setTimeout> | undefined
  #lastWord: LastWord | undefined
  #state: 'opening' | 'open' | 'closed' = 'opening'
  #paused = false

  constructor(dial: Dial, listener: ConnectionListener = {}) {
    this.#listener = listener
    this.opened = new Promise((resolve, lost) => this.#asked.push({ reply: () => resolve(), lost }))
    // A caller may look at it later, or not at all.
    this.opened.catch(() => {})
    this.#transport = dial({
      opened: () => {
        if (this.#state !== 'opening') return
        this.#state = 'open'
        this.#watch()
        this.#answer({ type: 'commandResult', result: null })
      },
      received: (lines) => this.#read(lines),
      closed: (why) => {
        if (this.#state === 'opening' && why) this.#lastWord ??= { text: why, reconnect: true }
        this.drop()
      },
    })
    this.#await(PATIENCE_MS, () => this.drop())
  }

  /**
   * Sends one line. Rejects with {@link DisconnectedError}.
   *
   * @param at called with the reply before any later line is read
   * @param record called with each record that comes before the reply
   */
  ask(line: string, at?: (reply: Reply) => void, record?: Asking['record']): Promise<Reply> {
    return new Promise((resolve, lost) => {
      if (/[\r\n]/.test(line)) throw new TypeError('A line has no line break')
      const reply = (reply: Reply) => {
        at?.(reply)
        resolve(reply)
      }
      this.send(line, { reply, record, lost })
    })
  }

  /**
   * Sends a request for records that takes `end=yes`. Resolves behind the last record with the reply before the first one. Rejects with
   * {@link DisconnectedError}.
   *
   * @param record called with each record before any later line is read
   */
  async askRecords(line: string, record: (body: History['body']) => void): Promise<Reply> {
    let end: Promise<unknown> | undefined
    const reply = await this.ask(`${line} end=yes`, ({ type }) => {
      // Its second reply is behind the last record.
      if (type === 'commandResult') {
        end = new Promise((reply, lost) => this.#asked.splice(this.#answered, 0, { reply, record, lost }))
      }
    })
    await end
    return reply
  }

  /** Sends one line, without a promise for its reply. */
  send(line: string, asking: Asking): void {
    if (this.#state !== 'open') return void asking.lost(new DisconnectedError(this.#lastWord))
    if (this.#paused) this.pause(false)
    this.#asked.push(asking)
    this.#transport.send(line)
  }

  /** Reads nothing until the next line is sent, or reads on. Does nothing while a reply is awaited, or where that cannot be done. */
  pause(on: boolean): void {
    if (this.#state !== 'open' || !this.#transport.pause || (on && this.#asked.length > this.#answered)) return
    this.#transport.pause(on)
    this.#paused = on
    if (on) clearTimeout(this.#timer)
    else this.#watch()
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
    for (const { lost } of this.#asked.splice(0).slice(this.#answered)) lost(new DisconnectedError(this.#lastWord))
  }

  #read(lines: string): void {
    for (const line of lines.split('\n')) {
      if (this.#state === 'closed') return
      if (!this.#listener.skips?.(line)) this.#take(this.#parse(line))
    }
    if (this.#state === 'open') this.#watch()
  }

  #parse(line: string): ServerLine | undefined {
    try {
      return JSON.parse(line)
    } catch {
      this.#lastWord = { text: 'This server does not speak the line protocol', reconnect: false }
      this.drop()
    }
  }

  #take(line?: ServerLine): void {
    if (!line) return
    if ('reconnect' in line && line.reconnect !== undefined) {
      const isNotice = line.type === 'notice'
      const { reconnect } = line
      this.#lastWord = isNotice ? { text: line.notice, reconnect } : { text: line.error, code: line.code, reconnect }
      if (!isNotice) return
    }
    if (line.type === 'commandResult' || line.type === 'error') this.#answer(line)
    else if (line.type === 'history') this.#asked[this.#answered]?.record?.(line.body)
    else this.#listener.heard?.(line)
  }

  #answer(reply: Reply): void {
    const asking = this.#asked[this.#answered]
    if (!asking) return
    this.#answered++
    // Moving a long array for each reply would take its time.
    if (this.#answered === this.#asked.length || this.#answered > 1_000) {
      this.#asked = this.#asked.slice(this.#answered)
      this.#answered = 0
    }
    asking.reply(reply)
  }

  #watch(): void {
    this.#await(SILENCE_MS, () => this.check())
  }

  #await(ms: number, act: () => void): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(act, ms)
  }
}
