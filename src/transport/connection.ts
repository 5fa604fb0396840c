import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Logger } from 'pino'
import type { Lifeline } from '../chat/session.ts'
import { tickEnd } from '../tick.ts'
import { settledWithin } from '../within.ts'
import type { DisconnectReason } from './disconnect.ts'
import type { Stranger } from './first-bytes.ts'
import type { MemoryHolder } from './memory.ts'
import type { ClientAddress } from './network.ts'
import { Outbox, type OutboxOwner, type Queue } from './outbox.ts'
import { Pace, type PaceOptions } from './rate.ts'
import type { Tally } from './tally.ts'

/** Bytes of replies that a client has to read before it is heard again. */
const BEHIND = 65_536
/** How long the last words may take to leave a connection that the server ends, in ms, */
const GRACE_MS = 5_000
/** and one whose client has ended it and now reads its replies, as long as it takes none of them. */
const PATIENCE_MS = 60_000
/** How long the end of a connection waits until the client's name is free, in ms. */
export const FREE_MS = 1_000
/** How long the client then has to close its side, in ms: `nc` on a terminal never does. */
const LINGER_MS = 500

export interface ConnectionOptions {
  readonly log: Logger
  readonly tally: Tally
  /** Bytes that may wait for a slow reader. */
  readonly maxQueue: number
  readonly pace: PaceOptions
  /** ms that a client that is not logged in may send nothing whole (no line, frame or message); 0 for no bound. */
  readonly loginTimeout: number
  /** What a client is told before the server closes its connection, as bytes. */
  readonly lastWord: (reason: DisconnectReason) => Buffer
}

/** What a conversation may do with its connection. */
export interface Link extends Lifeline {
  /** Queues a whole frame, as the protocol makes it. */
  push(frame: Buffer): void
  /** Resolves when the client has caught up with what was pushed, or is gone. */
  drained(): Promise<void>
  /** Nothing more is heard; the connection ends once everything pushed has left. */
  hangUp(): void
  /** Ends the connection with the last word for that reason; it is logged and counted. */
  disconnect(reason: DisconnectReason): void
}

export type QueueKind = new (stream: Duplex, limit: number, owner: OutboxOwner) => Queue

/**
 * A client on a byte stream (TCP, TLS, a WebSocket's): what it says is taken at the pace at which it can be answered.
 *
 * Reading stops, and TCP pushes back, while earlier words are not answered, while the client does not read its replies, and
 * while it is over its rate. Nothing is dropped. A subclass cuts the bytes into lines, frames or messages.
 */
export abstract class Connection implements OutboxOwner, Link, MemoryHolder {
  /** What limits count the client for, see {@link ClientAddress}. */
  readonly address: string
  /** The whole address, for logs. */
  protected readonly fullAddress: string
  protected readonly socket: Socket
  protected readonly outbox: Queue
  readonly #options: ConnectionOptions
  readonly #pace: Pace
  /** First for the login, later for the end. */
  #timer: NodeJS.Timeout | undefined
  /** Fires when the connection is not over its rate any more. */
  #throttled: NodeJS.Timeout | undefined
  #warned = false
  /** There is too little memory to read more. */
  #slowed = false
  /** Waiting for the client to read its replies. */
  #draining = false
  /** Not reading, so that the client's end may be among what is not read yet. */
  #waiting = false
  /** The client has said all it will say. */
  #ended = false
  /** The client is done: what stands behind that is not heard. */
  #quitting = false
  /** The server stops: nothing further is taken. */
  #stopping = false
  #gone = false

  constructor(socket: Socket, options: ConnectionOptions, { full, network }: ClientAddress, kind: QueueKind = Outbox) {
    this.socket = socket
    this.address = network
    this.fullAddress = full
    this.#options = options
    this.#pace = new Pace(options.pace, Date.now())
    this.outbox = new kind(socket, options.maxQueue, this)
    this.#awaitLogin()
    // A reset is a way to leave like any other; `close` follows.
    socket.on('error', (error) => options.log.debug({ err: error }, 'connection failed'))
    socket.on('close', () => this.closed())
  }

  /** With which the client has logged in, or nothing. */
  protected abstract get name(): string | undefined
  /** Whether everything heard has had its whole answer. */
  protected abstract get quiet(): boolean
  /** Offers again what could not be taken. False when it still cannot. */
  protected abstract retry(): boolean
  protected abstract pause(): void
  /** Takes up reading where it was left. False when there was nothing to take up. */
  protected abstract resume(): boolean
  /** Called once, when nothing more is heard: the client's session ends. Resolves when nothing holds its name any more. */
  protected abstract left(): void | Promise<void>
  /** The socket is closed: what a subclass has read and not heard is heard no more, unless it overrides this. */
  protected closed(): void {
    void this.#leave()
  }

  /** Called once, when reading is slowed for the first time. */
  protected slowed(): void {}

  /** Sends the end behind everything queued and the last word for that reason; `sent` is to be called when it has left. */
  protected conclude(reason: DisconnectReason | undefined, sent: () => void): void {
    this.outbox.end(reason && this.#options.lastWord(reason))
    this.socket.once('finish', sent)
    // Nothing more is heard, but it is read: closing on unread bytes would take our last words from the client.
    this.socket.removeAllListeners('data').resume()
  }

  /** How long a client then has to close its side, in ms. */
  protected get linger(): number {
    return LINGER_MS
  }

  push(frame: Buffer): void {
    this.outbox.push(frame)
  }

  drained(): Promise<void> {
    return this.outbox.drained()
  }

  get mayBeEnding(): boolean {
    return this.deaf || this.#ended || this.#waiting || this.#stopping || this.socket.readyState !== 'open'
  }

  /** Bytes that wait for the client to read them. */
  get queued(): number {
    return this.outbox.queued
  }

  get held(): number {
    return this.outbox.queued + this.unfinished
  }

  /** Bytes of input that was read and not answered yet. */
  protected abstract get unfinished(): number

  slow(on: boolean): void {
    this.#slowed = on
    if (on) this.wait()
    else this.ready()
  }

  /** Its queue is what there is no room for, so nothing more is said on it. */
  discard(reason: DisconnectReason): void {
    this.#options.tally.disconnect(reason)
    this.#options.log.warn({ ...this.#who, reason, held: this.held }, 'disconnected')
    this.socket.destroy()
  }

  /** Answers what it has taken, says that the server stops, and closes when that has left. */
  stop(): void {
    this.#stopping = true
    this.ready()
  }

  /** Goes on reading where it was left, or ends when there is nothing left to read. */
  ready(): void {
    if (this.#gone) return
    if (this.#stopping && this.quiet) this.#close(GRACE_MS, 'stopping')
    else if (this.#stopping || !this.retry() || this.mustWait) this.wait()
    else {
      this.#waiting = false
      if (!this.resume() && this.#ended && this.quiet) this.#finish()
    }
  }

  /** The client is done: nothing more is heard, and the connection ends once everything queued for it has left. */
  hangUp(): void {
    this.#quitting = true
    this.#finish()
  }

  overflowed(): void {
    this.disconnect('reader-too-slow')
  }

  /** Whether nothing more is heard. */
  protected get deaf(): boolean {
    return this.#gone || this.#quitting
  }

  protected get mustWait(): boolean {
    return this.#throttled !== undefined || this.#slowed || this.#stopping || this.behind
  }

  /** Whether the client had better read its replies before it says more. */
  protected get behind(): boolean {
    // Whoever takes nothing any more is not waited for.
    return this.socket.writable && (this.socket.writableNeedDrain || this.outbox.queued > BEHIND)
  }

  /** Stops reading until `ready` is called, and calls it when the client has read its replies. */
  protected wait(): void {
    this.pause()
    this.#waiting = true
    if (this.#draining || !this.behind) return
    this.#draining = true
    void this.outbox.drained().then(() => {
      this.#draining = false
      this.ready()
    })
  }

  /** Counts one line, frame or message against the rate, before it is heard. It starts the login timeout anew. */
  protected count(): void {
    // No timer runs for a client that is logged in, nor is anything counted after the end.
    this.#timer?.refresh()
    this.countPieces(1)
  }

  /** Counts so many pieces of messages, or what is none, against the rate. */
  protected countPieces(pieces: number): void {
    const wait = this.#pace.take(Date.now(), pieces)
    if (wait > 0) this.#throttle(wait)
  }

  /** Stops the login timeout when the client is logged in, and starts it when it is not, as after a logout. */
  protected checkLogin(): void {
    if (this.#gone) return
    if (!this.name) this.#awaitLogin()
    else if (this.#timer) this.#stopTimer()
  }

  #awaitLogin(): void {
    const { loginTimeout } = this.#options
    if (this.#timer || loginTimeout === 0) return
    this.#timer = setTimeout(() => {
      if (!this.name) this.disconnect('login-timeout')
    }, loginTimeout).unref()
  }

  /** The client has half-closed. */
  protected end(): void {
    this.#ended = true
    // Not before what this turn brought has been written.
    void tickEnd().then(() => this.ready())
  }

  /** For a client that speaks something else than the protocol of the port: nothing of it is heard. */
  protected refuse(stranger: Stranger): void {
    this.disconnect(stranger === 'utf-16' ? 'utf-16' : 'wrong-protocol')
  }

  disconnect(reason: DisconnectReason): void {
    this.noteDisconnect(reason)
    this.#close(GRACE_MS, reason)
  }

  protected noteDisconnect(reason: DisconnectReason): void {
    this.#options.tally.disconnect(reason)
    // The engine has warned of it once for all of them.
    const level = reason === 'membership-lost' ? 'info' : 'warn'
    this.#options.log[level]({ ...this.#who, reason, queued: this.outbox.queued }, 'disconnected')
  }

  #throttle(wait: number): void {
    // A longer wait replaces one that has begun.
    if (this.#throttled) clearTimeout(this.#throttled)
    else this.#options.tally.throttles++
    this.#throttled = setTimeout(() => {
      this.#throttled = undefined
      this.ready()
    }, wait).unref()
    if (!this.#warned) {
      this.#warned = true
      this.slowed()
      this.#options.log.info({ ...this.#who, rate: this.#options.pace.rate }, 'throttled')
    }
  }

  /** For the log. */
  get #who() {
    return { name: this.name, address: this.fullAddress }
  }

  #stopTimer(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #finish(): void {
    // Behind the reply to the word that asked for it, which is on its way.
    queueMicrotask(() => this.#close(PATIENCE_MS))
  }

  #close(patience: number, reason?: DisconnectReason): void {
    if (this.#gone) return
    // A client that has seen the end may come back at once, to whichever process: its name is free before that.
    void settledWithin(this.#leave(), FREE_MS).then(() => this.#conclude(patience, reason))
  }

  #conclude(patience: number, reason: DisconnectReason | undefined): void {
    if (this.socket.destroyed) return
    this.conclude(reason, () => {
      clearTimeout(this.#timer)
      this.#timer = setTimeout(() => this.socket.destroy(), this.linger).unref()
    })
    this.#giveUpAfter(patience)
  }

  /** Ends the connection when for so many ms nothing of what waits has left. */
  #giveUpAfter(patience: number): void {
    const waiting = this.outbox.queued
    this.#timer = setTimeout(() => {
      if (patience === PATIENCE_MS && this.outbox.queued < waiting) this.#giveUpAfter(patience)
      else this.socket.destroy()
    }, patience).unref()
  }

  async #leave(): Promise<void> {
    this.#stopTimer()
    if (this.#gone) return
    this.#gone = true
    try {
      await this.left()
    } catch (error) {
      this.#options.log.error({ err: error, ...this.#who }, 'a session did not end cleanly')
    }
  }
}
