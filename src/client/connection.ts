import type { CommandResult, History, PrivateEvent, Reply, RoomEvent, ServerLine } from '../../commands/replies.ts'
import { DisconnectedError } from './errors.ts'
import { Fifo } from './fifo.ts'
import { commandLine, optionWords } from './requests.ts'
import type { Dial, LineTransport } from './transport.ts'

/** An event of a room, or a private message. */
export type Told = RoomEvent | PrivateEvent

/** A line from the server that answers none. */
export type Unasked = Exclude<ServerLine, Reply | History>

export interface ConnectionListener {
  /** A line that is neither a reply nor a record. */
  readonly heard?: ((line: Unasked) => void) | undefined
  /**
   * The connection has ended; not called after {@link ClientConnection.close}.
   *
   * @param why the server's last word, or why it could not be reached
   * @param isFinal true if connecting again is of no use
   */
  readonly lost?: ((why: DisconnectedError | undefined, isFinal: boolean) => void) | undefined
}

/** Receiver of the reply to a line. */
export interface Asking {
  /** Called before any later line is read. */
  reply(reply: Reply): void
  /** Called in place of {@link reply} with a result that records and another reply follow. */
  begun?: ((result: CommandResult) => void) | undefined
  /** Called with the event in each record that comes before the reply. */
  record?: ((event: Told) => void) | undefined
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
  readonly #asked = new Fifo<Asking>()
  #timer: ReturnType<typeof setTimeout> | undefined
  #why: DisconnectedError | undefined
  #isFinal = false
  #isOpen = false
  #isClosed = false
  #isPaused = false

  constructor(dial: Dial, listener: ConnectionListener = {}) {
    this.#listener = listener
    this.opened = new Promise((resolve, lost) => this.#asked.push({ reply: () => resolve(), lost }))
    // A caller may look at it later, or not at all.
    this.opened.catch(() => {})
    this.#transport = dial({
      opened: () => {
        this.#isOpen = !this.#isClosed
        this.#answer({ type: 'commandResult', result: null })
        this.#watch()
      },
      received: (lines) => this.#read(lines),
      closed: (why) => {
        if (why && !this.#isOpen) this.#why ??= new DisconnectedError(why)
        this.drop()
      },
    })
    this.#await(PATIENCE_MS, () => this.drop())
  }

  /**
   * Sends one line. Rejects with {@link DisconnectedError}.
   *
   * @param at called with the reply before any later line is read
   * @param record called with the event in each record that comes before the reply
   */
  ask(line: string, at?: (reply: Reply) => void, record?: Asking['record']): Promise<Reply> {
    return new Promise((resolve, lost) => {
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
   * @param options such as `limit`, where they are defined
   * @param record called with the event in each record before any later line is read
   */
  askRecords(request: string, options: object, record: (event: Told) => void): Promise<Reply> {
    return new Promise((resolve, lost) => {
      let first: CommandResult | undefined
      const begun = (result: CommandResult) => {
        first = result
      }
      const line = commandLine(request, ...optionWords({ ...options, end: 'yes' }))
      this.send(line, { begun, reply: (reply) => resolve(first ?? reply), record, lost })
    })
  }

  /** Sends one line, without a promise for its reply. @throws TypeError for a text of several lines */
  send(line: string, asking: Asking): void {
    if (/[\r\n]/.test(line)) throw new TypeError('A line has no line break')
    if (!this.#isOpen) return void asking.lost(this.#error)
    this.pause(false)
    this.#asked.push(asking)
    this.#transport.send(line)
  }

  /** Reads nothing until the next line is sent, or reads on. Does nothing while a reply is awaited, or where that cannot be done. */
  pause(on: boolean): void {
    if (on === this.#isPaused || !this.#isOpen || !this.#transport.pause || (on && this.#asked.length > 0)) return
    this.#isPaused = on
    this.#transport.pause(on)
    if (on) clearTimeout(this.#timer)
    else this.#watch()
  }

  /** Asks the server for a sign of life: a connection without one is soon lost. */
  check(): void {
    if (!this.#isOpen) return
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
    if (this.#isClosed) return
    this.#isClosed = true
    this.#isOpen = false
    clearTimeout(this.#timer)
    this.#transport.close()
    this.#listener.lost?.(this.#why, this.#isFinal)
    while (this.#asked.length > 0) this.#asked.shift()?.lost(this.#error)
  }

  get #error(): DisconnectedError {
    return this.#why ?? new DisconnectedError()
  }

  #read(lines: string): void {
    for (const line of lines.split('\n')) {
      if (this.#isClosed) return
      this.#take(line)
    }
    if (this.#isOpen) this.#watch()
  }

  #take(text: string): unknown {
    let line: ServerLine
    try {
      line = JSON.parse(text)
      if (!line.type) throw new TypeError()
    } catch {
      this.#end('This server does not speak the line protocol')
      return this.drop()
    }
    switch (line.type) {
      case 'history':
        return this.#asked.at(0)?.record?.(recordedEvent(line.body))
      case 'notice':
        if (line.reconnect !== undefined) this.#end(line.notice, undefined, !line.reconnect)
        break
      case 'error':
        if (line.reconnect !== undefined) return this.#end(line.error, line.code, !line.reconnect)
        return this.#answer(line)
      case 'commandResult':
        return this.#answer(line)
    }
    this.#listener.heard?.(line)
  }

  /** Notes the last word of the server. */
  #end(text: string, code?: DisconnectedError['code'], isFinal = true): void {
    this.#why = new DisconnectedError(text, code)
    this.#isFinal = isFinal
  }

  #answer(reply: Reply): void {
    const asking = this.#asked.at(0)
    if (reply.type === 'commandResult' && asking?.begun) {
      asking.begun(reply)
      asking.begun = undefined
    } else {
      this.#asked.shift()?.reply(reply)
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

/** Returns the event in a record of HISTORY, which tells the addressee as `user`, or of /inbox. */
function recordedEvent(body: History['body']): Told {
  if (body.type === 'private') return body
  const { user, to, ...event } = body
  // The members of an event depend on its type.
  return (user === undefined ? event : { ...event, to: user }) as RoomEvent
}
