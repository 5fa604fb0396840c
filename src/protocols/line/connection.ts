import type { Socket } from 'node:net'
import split2 from 'split2'
import { turnEnd } from '../../turn.ts'
import { DISCONNECTS, type DisconnectReason } from '../disconnect.ts'
import { Outbox, type OutboxOwner } from '../outbox.ts'
import { Pace, type PaceOptions } from '../pace.ts'
import { decodeLine } from './bytes.ts'
import { LineCap } from './cap.ts'
import { Conversation, type ConversationOptions, type Reader } from './conversation.ts'

/** Bytes of replies that wait before no further line is read. */
const BEHIND = 65_536
/** How long the last words may take to leave a connection that the server ends, in ms, */
const GRACE_MS = 5_000
/** and one whose client has ended it and now reads its replies, as long as it takes none of them. */
const PATIENCE_MS = 60_000
/** How long the client then has to close its side: `nc` on a terminal never does. */
const LINGER_MS = 500

export interface ConnectionOptions extends ConversationOptions {
  /** Bytes of a line, without its end. */
  readonly maxLine: number
  /** Bytes that may wait for a slow reader. */
  readonly maxQueue: number
  readonly pace: PaceOptions
  /** ms until a client must have logged in; 0 means for ever. */
  readonly loginTimeout: number
}

/**
 * The line protocol on a byte stream (TCP or TLS): lines in, at the pace at which they can be answered; bytes out.
 *
 * Reading stops, and TCP pushes back, while earlier lines are not answered, while the client does not read its replies, and
 * while it is over its rate. No line is dropped.
 */
export class LineConnection implements Reader, OutboxOwner {
  readonly #socket: Socket
  readonly #options: ConnectionOptions
  readonly #outbox: Outbox
  readonly #conversation: Conversation
  readonly #lines = split2('\n', { decodeStrings: false })
  readonly #cap: LineCap
  readonly #pace: Pace
  /** First for the login, later for the end. */
  #timer: NodeJS.Timeout | undefined
  /** A line that was read and not taken yet. */
  #held: string | undefined
  /** Over its rate until a timer fires. */
  #throttled = false
  #warned = false
  /** Waiting for the client to read its replies. */
  #draining = false
  /** The client has said all it will say. */
  #ended = false
  /** Said /quit: what stands behind it is not heard. */
  #quitting = false
  /** The server stops: no further line is taken. */
  #stopping = false

  constructor(socket: Socket, options: ConnectionOptions) {
    this.#socket = socket
    this.#options = options
    // Room for CR LF beside the longest line, so that one character more shows.
    this.#cap = new LineCap(options.maxLine + 2)
    this.#pace = new Pace(options.pace, Date.now())
    this.#outbox = new Outbox(socket, options.maxQueue, this)
    this.#conversation = new Conversation(options, this.#outbox, this)
    if (options.loginTimeout > 0) {
      this.#timer = setTimeout(() => this.#checkLogin(), options.loginTimeout).unref()
    }
    this.#read()
  }

  /** Answers what it has taken, says that the server stops, and closes when that has left. */
  stop(): void {
    this.#stopping = true
    this.ready()
  }

  /** Takes up reading where it was left, or ends when there is nothing left to read. */
  ready(): void {
    if (this.#conversation.session.closed) return
    if (this.#timer && this.#conversation.session.name) this.#stopTimer()
    if (this.#stopping) {
      const { text, reconnect } = DISCONNECTS.stopping
      const notice = this.#conversation.encode({ type: 'notice', notice: text, reconnect })
      if (this.#conversation.quiet) this.#close(GRACE_MS, notice)
      this.#wait()
      return
    }
    if (this.#held !== undefined && this.#conversation.hear(this.#understand(this.#held))) this.#held = undefined
    if (this.#mustWait) this.#wait()
    else if (!this.#ended) this.#lines.resume()
    else if (this.#conversation.quiet) this.#finish()
  }

  get address(): string {
    return this.#socket.remoteAddress ?? ''
  }

  hangUp(): void {
    this.#quitting = true
    this.#finish()
  }

  broken(): void {
    this.#disconnect('unavailable')
  }

  overflowed(): void {
    this.#disconnect('reader-too-slow')
  }

  #read(): void {
    const socket = this.#socket
    const lines = this.#lines
    // Bytes as characters: line lengths are bytes, and what is not UTF-8 can still be told.
    socket.on('data', (chunk) => {
      if (!lines.write(this.#cap.cut(chunk.toString('latin1')))) socket.pause()
    })
    lines.on('drain', () => socket.resume())
    socket.on('end', () => lines.end())
    lines.on('data', (line: string) => this.#line(line))
    lines.on('end', () => {
      this.#ended = true
      // Not before what this turn brought has been written.
      void turnEnd().then(() => this.ready())
    })
    // A reset is a way to leave like any other; `close` follows.
    socket.on('error', (error) => this.#options.log.debug({ err: error }, 'connection failed'))
    socket.on('close', () => this.#closed())
  }

  #line(line: string): void {
    if (this.#conversation.session.closed || this.#quitting) return
    const wait = this.#pace.take(Date.now())
    if (wait > 0) this.#throttle(wait)
    if (!this.#conversation.hear(this.#understand(line))) this.#held = line
    if (this.#timer && this.#conversation.session.name) this.#stopTimer()
    if (this.#mustWait) this.#wait()
  }

  #understand(line: string): string | { wrong: string } {
    const { maxLine } = this.#options
    if (line.length - Number(line.endsWith('\r')) > maxLine) return { wrong: 'Line too long' }
    return decodeLine(line) ?? { wrong: 'Invalid UTF-8' }
  }

  get #mustWait(): boolean {
    return this.#held !== undefined || this.#throttled || this.#behind || this.#stopping
  }

  /** Whether the client had better read its replies before it is asked for more lines. */
  get #behind(): boolean {
    return this.#socket.writableNeedDrain || this.#outbox.queued > BEHIND
  }

  #wait(): void {
    this.#lines.pause()
    if (this.#draining || !this.#behind) return
    this.#draining = true
    void this.#outbox.drained().then(() => {
      this.#draining = false
      this.ready()
    })
  }

  #throttle(wait: number): void {
    this.#throttled = true
    if (!this.#warned) {
      this.#warned = true
      this.#conversation.say({ type: 'notice', notice: 'Slow down: your lines are read at the permitted rate' })
      this.#options.log.info({ ...this.#who, rate: this.#options.pace.rate }, 'throttled')
    }
    setTimeout(() => {
      this.#throttled = false
      this.ready()
    }, wait).unref()
  }

  /** For the log. */
  get #who() {
    return { name: this.#conversation.session.name, address: this.#socket.remoteAddress }
  }

  #checkLogin(): void {
    if (!this.#conversation.session.name) this.#disconnect('login-timeout')
  }

  #stopTimer(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #disconnect(reason: DisconnectReason): void {
    const { text, reconnect } = DISCONNECTS[reason]
    this.#options.log.warn({ ...this.#who, reason, queued: this.#outbox.queued }, 'disconnected')
    this.#close(GRACE_MS, this.#conversation.encode({ type: 'error', error: text, reconnect }))
  }

  /** The client is done: everything queued leaves, then the connection ends. */
  #finish(): void {
    // Behind the reply to /quit, which is on its way.
    queueMicrotask(() => this.#close(PATIENCE_MS))
  }

  #close(patience: number, lastWord?: Buffer): void {
    if (this.#conversation.session.closed) return
    this.#leave()
    this.#outbox.end(lastWord)
    const socket = this.#socket
    this.#giveUpAfter(patience)
    socket.once('finish', () => {
      clearTimeout(this.#timer)
      this.#timer = setTimeout(() => socket.destroy(), LINGER_MS).unref()
    })
    // Nothing more is heard, but it is read: closing on unread bytes would take our last words from the client.
    socket.removeAllListeners('data').resume()
  }

  /** Ends the connection when for so many ms nothing of what waits has left. */
  #giveUpAfter(patience: number): void {
    const waiting = this.#socket.writableLength
    this.#timer = setTimeout(() => {
      if (patience === PATIENCE_MS && this.#socket.writableLength < waiting) this.#giveUpAfter(patience)
      else this.#socket.destroy()
    }, patience).unref()
  }

  #closed(): void {
    this.#lines.destroy()
    this.#leave()
  }

  #leave(): void {
    this.#stopTimer()
    void this.#options.chat.close(this.#conversation.session)
  }
}
