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
   */
  readonly lost?: ((why: DisconnectedError | undefined) => void) | undefined
}

/** Receiver of the reply to a line. */
export interface Asking {
  /** Called before any later line is read. */
  reply(reply: Reply): void
  /** True if another result marks the end of the records, behind which {@link reply} is called with the first one. */
  readonly isLong?: boolean | undefined
  /** The result before the records. */
  first?: CommandResult
  /** Called with the event in each record that comes before the reply. */
  record?: ((event: Told) => void) | undefined
  /** Called in place of {@link reply} when the connection has ended. */
  lost?(error: DisconnectedError): void
}

/** Result that marks the end of records, where a line asks for it. */
const END = 'end of history'
/** How long it may take to connect, or a silent server to answer. */
const PATIENCE_MS = 10_000
/** Silence after which the server is asked for a sign of life. */
const SILENCE_MS = 30_000

/** One connection that speaks the line protocol: every line gets one reply, in the order of the lines. */
export class ClientConnection {
  readonly #transport: LineTransport
  #listener: ConnectionListener
  readonly #asked = new Fifo<Asking>()
  /** Lines that wait until the connection is open. */
  readonly #early: string[] = []
  #timer: ReturnType<typeof setTimeout> | undefined
  #why: DisconnectedError | undefined
  #isOpen = false
  #isClosed = false
  #isPaused = false

  constructor(dial: Dial, listener: ConnectionListener = {}) {
    this.#listener = listener
    this.#transport = dial({
      opened: () => {
        if (this.#isClosed) return
        this.#isOpen = true
        for (const line of this.#early) this.#transport.send(line)
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
   * @param record called with the event in each record that comes with the reply
   * @param range options such as `limit` of a request for records that takes `end=yes`: their end is waited for
   */
  ask(line: string, at?: (reply: Reply) => void, record?: Asking['record'], range?: object): Promise<Reply> {
    return new Promise((resolve, lost) => {
      const reply = (reply: Reply) => {
        at?.(reply)
        resolve(reply)
      }
      const whole = range ? commandLine(line, ...optionWords({ ...range, end: 'yes' })) : line
      this.send(whole, { reply, record, lost, isLong: range !== undefined })
    })
  }

  /** Sends one line, without a promise for its reply. @throws TypeError for a text of several lines */
  send(line: string, asking: Asking): void {
    if (/[\r\n]/.test(line)) throw new TypeError('A line has no line break')
    if (this.#isClosed) return void asking.lost?.(this.#error)
    this.pause(false)
    this.#asked.push(asking)
    if (this.#isOpen) this.#transport.send(line)
    else this.#early.push(line)
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
    this.#listener.lost?.(this.#why)
    while (this.#asked.length > 0) this.#asked.shift()?.lost?.(this.#error)
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
    this.#why = new DisconnectedError(text, code, isFinal)
  }

  #answer(reply: Reply): void {
    const asking = this.#asked.at(0)
    const isEnd = reply.type !== 'error' && reply.result === END
    // Without a first one, the caller has asked for it on its own, and has its reply.
    if (isEnd && !asking?.first) return
    if (reply.type !== 'error' && !isEnd && asking?.isLong) asking.first = reply
    else this.#asked.shift()?.reply((isEnd && asking?.first) || reply)
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
