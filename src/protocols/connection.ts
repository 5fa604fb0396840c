import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from 'pino'
import { turnEnd } from '../turn.ts'
import type { DisconnectReason } from './disconnect.ts'
import type { Stranger } from './first-bytes.ts'
import { Outbox, type OutboxOwner, type Queue } from './outbox.ts'
import { Pace, type PaceOptions } from './pace.ts'
import type { Tally } from './tally.ts'

/** Bytes of replies that a client has to read before it is heard again. */
const BEHIND = 65_536
/** How long the last words may take to leave a connection that the server ends, in ms, */
const GRACE_MS = 5_000
/** and one whose client has ended it and now reads its replies, as long as it takes none of them. */
const PATIENCE_MS = 60_000
/** How long whoever is told to come back is kept until his name is free to come back under, in ms. */
const FREE_MS = 1_000
/** How long the client then has to close its side, in ms: `nc` on a terminal never does. */
const LINGER_MS = 500

export interface ConnectionOptions {
  readonly log: Logger
  readonly tally: Tally
  /** Bytes that may wait for a slow reader. */
  readonly maxQueue: number
  readonly pace: PaceOptions
  /** ms until a client must have logged in; 0 means for ever. */
  readonly loginTimeout: number
  /** What a client is told before the server closes its connection, as bytes. */
  readonly lastWord: (reason: DisconnectReason) => Buffer
}

/** What a conversation may do with its connection. */
export interface Link {
  /** The client's, also where it comes through a proxy that is believed. */
  readonly address: string
  /** Queues a whole frame, as the protocol makes it. */
  push(frame: Buffer): void
  /** Resolves when the client has caught up with what was pushed, or is gone. */
  drained(): Promise<void>
  /** Nothing more is heard; the connection ends once everything pushed has left. */
  hangUp(): void
}

export type QueueKind = new (stream: Duplex, limit: number, owner: OutboxOwner) => Queue

/**
 * A client on a byte stream (TCP, TLS, a WebSocket's): what it says is taken at the pace at which it can be answered.
 *
 * Reading stops, and TCP pushes back, while earlier words are not answered, while the client does not read its replies, and
 * while it is over its rate. Nothing is dropped. A subclass cuts the bytes into lines, frames or messages.
 */
export abstract class Connection implements OutboxOwner, Link {
  /** Where the client is; empty when that is not known any more. */
  readonly address: string
  protected readonly socket: Socket
  protected readonly outbox: Queue
  readonly #options: ConnectionOptions
  readonly #pace: Pace
  /** First for the login, later for the end. */
  #timer: NodeJS.Timeout | undefined
  /** Over its rate until a timer fires. */
  #throttled = false
  #warned = false
  /** Waiting for the client to read its replies. */
  #draining = false
  /** The client has said all it will say. */
  #ended = false
  /** The client is done: what stands behind that is not heard. */
  #quitting = false
  /** The server stops: nothing further is taken. */
  #stopping = false
  #gone = false

  constructor(
    socket: Socket,
    options: ConnectionOptions,
    kind: QueueKind = Outbox,
    address: string = socket.remoteAddress ?? '',
  ) {
    this.socket = socket
    this.address = address
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

  /** Bytes that wait for the client to read them. */
  get queued(): number {
    return this.outbox.queued
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
    else if (!this.resume() && this.#ended && this.quiet) this.#finish()
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
    return this.#throttled || this.#stopping || this.behind
  }

  /** Whether the client had better read its replies before it says more. */
  protected get behind(): boolean {
    // Whoever takes nothing any more is not waited for.
    return this.socket.writable && (this.socket.writableNeedDrain || this.outbox.queued > BEHIND)
  }

  /** Stops reading until `ready` is called, and calls it when the client has read its replies. */
  protected wait(): void {
    this.pause()
    if (this.#draining || !this.behind) return
    this.#draining = true
    void this.outbox.drained().then(() => {
      this.#draining = false
      this.ready()
    })
  }

  /** Counts one line or frame, before it is heard. */
  protected count(): void {
    const wait = this.#pace.take(Date.now())
    if (wait > 0) this.#throttle(wait)
  }

  /** Somebody who has said his name may be silent from now on; who has logged out has to say it again in time. */
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
    void turnEnd().then(() => this.ready())
  }

  /** For a client that speaks something else than the protocol of the port: nothing of it is heard. */
  protected refuse(stranger: Stranger): void {
    this.disconnect(stranger === 'utf-16' ? 'utf-16' : 'wrong-protocol')
  }

  protected disconnect(reason: DisconnectReason): void {
    this.noteDisconnect(reason)
    this.#close(GRACE_MS, reason)
  }

  protected noteDisconnect(reason: DisconnectReason): void {
    this.#options.tally.disconnect(reason)
    this.#options.log.warn({ ...this.#who, reason, queued: this.outbox.queued }, 'disconnected')
  }

  #throttle(wait: number): void {
    this.#throttled = true
    this.#options.tally.throttles++
    if (!this.#warned) {
      this.#warned = true
      this.slowed()
      this.#options.log.info({ ...this.#who, rate: this.#options.pace.rate }, 'throttled')
    }
    setTimeout(() => {
      this.#throttled = false
      this.ready()
    }, wait).unref()
  }

  /** For the log. */
  get #who() {
    return { name: this.name, address: this.address }
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
    const left = this.#leave()
    if (reason === 'stopping') {
      // He may come back to another process at once, sooner than this one would have taken his name out.
      void Promise.race([left, delay(FREE_MS, undefined, { ref: false })]).then(() => this.#conclude(patience, reason))
    } else {
      this.#conclude(patience, reason)
    }
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
    await this.left()
  }
}
