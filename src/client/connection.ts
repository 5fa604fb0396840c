import type { History, Reply, ServerLine } from '../../commands/replies.ts'
import { DisconnectedError, type LastWord } from './errors.ts'
import type { Dial, LineTransport } from './transport.ts'

/** A line from the server that answers none. */
export type Unasked = Exclude<ServerLine, Reply | History>

export interface ConnectionListener {
  /** A line that is neither a reply nor a record. */
  heard?(line: Unasked): void
  /** Returns true for a line that need not be parsed, as `heard` need not be called with it. */
  skips?(line: string): boolean
  /** The connection has ended; not called after {@link ClientConnection.close}. */
  lost?(why: LastWord | undefined): void
}

/** Receiver of the reply to a line. */
export interface Asking {
  /** Called before any later line is read. */
  reply(reply: Reply): void
  /** Called with each record that comes before the reply. */
  record?(body: History['body']): void
  /** Called in place of {@link reply} when the connection has ended. */
  lost(error: DisconnectedError): void
}

/** How long it may take to connect, or a silent server to answer. */
const PATIENCE_MS = 10_000
/** Silence after which the server is asked for a sign of life. */
const SILENCE_MS = 30_000
/** Beginning of most replies to texts with a nonce, behind which stand the id and `"}`. */
const OK_WITH_ID = '{"type":"commandResult","result":"OK","id":"'

/** One connection that speaks the line protocol: every line gets one reply, in the order of the lines. */
export class ClientConnection {
  /** Rejects with {@link DisconnectedError}. */
  readonly opened: Promise<void>
  readonly #transport: LineTransport
  #listener: ConnectionListener
  #asked: Asking[] = []
  /** Number of those at the front that have their reply. */
  #answered = 0
  #timer: ReturnType<typeof setTimeout>
  #lastWord: LastWord | undefined
  #state: 'opening' | 'open' | 'closed' = 'opening'
  #paused = false

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
        this.#asked = []
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
   * @param record called with each record that comes before the reply
   */
  ask(line: string, at?: (reply: Reply) => void, record?: Asking['record']): Promise<Reply> {
    if (/[\r\n]/.test(line)) return Promise.reject(new TypeError('A line has no line break'))
    return new Promise((resolve, lost) => {
      const reply = (reply: Reply) => {
        at?.(reply)
        resolve(reply)
      }
      this.send(line, { reply, lost, ...(record && { record }) })
    })
  }

  /**
   * Sends a request for records that takes `end=yes`. Resolves behind the last record with the reply before the first one. Rejects with
   * {@link DisconnectedError}.
   *
   * @param record called with each record before any later line is read
   */
  askRecords(line: string, record: (body: History['body']) => void): Promise<Reply> {
    return new Promise((resolve, lost) => {
      let first: Reply
      const end: Asking = { reply: () => resolve(first), record, lost }
      const begin = (reply: Reply) => {
        first = reply
        if (reply.type === 'commandResult') this.#asked.splice(this.#answered, 0, end)
        else resolve(reply)
      }
      this.send(`${line} end=yes`, { reply: begin, lost })
    })
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
    for (let from = 0, end = 0; end >= 0; from = end + 1) {
      if (this.#state === 'closed') return
      end = lines.indexOf('\n', from)
      const line = end < 0 ? lines.slice(from) : lines.slice(from, end)
      if (line.startsWith(OK_WITH_ID)) {
        this.#answer({ type: 'commandResult', result: 'OK', id: line.slice(OK_WITH_ID.length, -2) })
      } else if (!this.#listener.skips?.(line)) {
        this.#parse(line)
      }
    }
    if (this.#state === 'open') this.#watch()
  }

  #parse(line: string): void {
    try {
      this.#take(JSON.parse(line))
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error
      this.#lastWord = { text: 'This server does not speak the line protocol', reconnect: false }
      this.drop()
    }
  }

  #take(line: ServerLine): void {
    if (line.type === 'error' && line.reconnect !== undefined) {
      this.#lastWord = { text: line.error, code: line.code, reconnect: line.reconnect }
    } else if (line.type === 'commandResult' || line.type === 'error') {
      this.#answer(line)
    } else if (line.type === 'history') {
      this.#asked[this.#answered]?.record?.(line.body)
    } else {
      if (line.type === 'notice' && line.reconnect !== undefined) {
        this.#lastWord = { text: line.notice, reconnect: line.reconnect }
      }
      this.#listener.heard?.(line)
    }
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
