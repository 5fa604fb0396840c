import type { Socket } from 'node:net'
import type { Logger } from 'pino'
import type { Lifeline } from '../chat/session.ts'
import { tickEnd } from '../tick.ts'
import { settledWithin } from '../within.ts'
import type { DisconnectReason } from './disconnect.ts'
import type { Framing } from './framing.ts'
import type { MemoryHolder } from './memory.ts'
import type { ClientAddress } from './network.ts'
import { type ByteSink, Outbox, type OutboxOwner } from './outbox.ts'
import { type PaceOptions, RateBucket } from './rate.ts'
import { type Heard, ReplyQueue, type ReplyQueueOwner, type ReplyWindow } from './reply-queue.ts'
import type { Tally } from './tally.ts'

/** Bytes of unread replies from which on a client is not heard. */
const BEHIND_BYTES = 65_536
/** Maximum time for the last words to leave a connection that the server ends, in ms. */
const GRACE_MS = 5_000
/** Maximum time, in ms, that a client which has ended the connection takes none of the replies that it still has to read. */
const PATIENCE_MS = 60_000
/** Maximum time that the end of a connection waits until the client's name is free, in ms. */
export const FREE_MS = 1_000

/** RFC 6455, 7.4.1. */
const NORMAL_CLOSURE = 1000

const DEFAULT_WINDOW: ReplyWindow = { most: 256, crowded: 4 }

/** Options that all connections of a daemon share. */
export interface ConnectionLimits {
  readonly log: Logger
  readonly tally: Tally
  /** Maximum number of bytes that wait for a slow reader. */
  readonly maxQueue: number
  readonly pace: PaceOptions
  /** Time in ms for which a client that is not logged in may send nothing whole (no line, frame or message); 0 for no bound. */
  readonly loginTimeout: number
}

export interface ConnectionOptions extends ConnectionLimits {
  /** The bytes that a client is told before the server closes its connection. */
  readonly lastWord: (reason: DisconnectReason) => Buffer
  /** How many requests may wait for their replies. */
  readonly window?: ReplyWindow
  /** Whether each push is written alone, see {@link Outbox}. */
  readonly writesEach?: boolean
  /**
   * Whether input that was read is heard to its end though the client is gone or reads nothing: then replies are dropped, not
   * input.
   */
  readonly hearsAll?: boolean
  /** Time in ms after which a client that takes none of its replies is heard without any, where {@link hearsAll}. */
  readonly stallMs?: number
}

/** One protocol's side of a connection. */
export interface Conversation<Unit> {
  /** The name with which the client has logged in; empty or undefined before. */
  readonly name: string | undefined
  hear(unit: Unit): Heard
  /** Called once, when nothing more is heard. Resolves when nothing holds the client's name any more. */
  leave(): void | Promise<void>
  /** Called once, when reading is slowed for the first time. */
  slowed?(): void
}

/** A connection as a session sees it. */
export interface SessionLink extends Lifeline {
  /** Queues bytes, as the protocol makes them. */
  push(bytes: Buffer): void
  /** Resolves when the client has caught up with what was pushed, or is gone. */
  drained(): Promise<void>
  /** Hears nothing more, and ends the connection once everything pushed has left; a WebSocket with this code. */
  hangUp(code?: number, text?: string): void
  /** Ends the connection with the last word for that reason; it is logged and counted. */
  disconnect(reason: DisconnectReason): void
}

/** A connection as its conversation sees it. */
export interface Link extends SessionLink {
  /** The queue behind {@link push}, for events of many members. */
  readonly outbox: ByteSink
  readonly replies: Pick<ReplyQueue, 'settled' | 'announcing' | 'answered'>
}

/** How a connection ends: by the client or the conversation, or for a reason by the server. */
export interface Ending {
  readonly reason?: DisconnectReason | undefined
  /** Of a WebSocket's close frame. */
  readonly code?: number | undefined
  readonly text: string
}

/** What a transport hands to its connection. */
export interface Receiver {
  readonly pace: PaceOptions
  /** Whether nothing more is heard. */
  readonly deaf: boolean
  /** Whether the client has to read its replies before it is heard again. */
  readonly behind: boolean
  /** Takes input. Returns false when it brings no unit. */
  receive(chunk: string | Buffer): boolean
  /** Counts input that is no unit against the rate, and waits if it is over. */
  countExtra(pieces: number): void
  /** The client says no more; its answers still leave. A WebSocket's client has sent this code. */
  ended(code?: number): void
  hangUp(code?: number): void
  disconnect(reason: DisconnectReason): void
  /** The client is taken for dead. */
  silent(): void
}

/** Carries a connection: a socket, or a WebSocket on one. */
export interface Transport {
  readonly socket: Socket
  /** Bytes of input that is not handed on yet. */
  readonly held: number
  /** How long a client has to close its side, in ms. */
  readonly lingerMs: number
  /** Begins to hand on what the client sends. */
  open(receiver: Receiver): void
  pause(): void
  resume(): void
  /** Ends the connection behind what was written; calls `sent` when that has left. What still comes is read and dropped. */
  end(ending: Ending, sent: () => void): void
}

/**
 * A client's connection, composed of a transport, a framing and a conversation: it hears what the client says at the pace at which it
 * can be answered.
 *
 * Reading stops, and TCP pushes back, while earlier requests are not answered, while the client does not read its replies, and
 * while it is over its rate. Nothing is dropped.
 */
export class Connection<Unit extends { readonly length: number }>
  implements Link, Receiver, MemoryHolder, OutboxOwner, ReplyQueueOwner
{
  /** The address or network that limits count the client for, see {@link ClientAddress}. */
  readonly address: string
  readonly outbox: Outbox
  readonly replies: ReplyQueue
  readonly #transport: Transport
  readonly #socket: Socket
  readonly #framing: Framing<string | Buffer, Unit>
  readonly #conversation: Conversation<Unit>
  readonly #options: ConnectionOptions
  readonly #fullAddress: string
  readonly #bucket: RateBucket
  /** A unit that was counted and could not be taken. */
  #offered: Unit | undefined
  /** First for the login, later for the end. */
  #timer: NodeJS.Timeout | undefined
  /** Fires when the connection is not over its rate any more. */
  #throttled: NodeJS.Timeout | undefined
  #stall: NodeJS.Timeout | undefined
  #slowedOnce = false
  /** Too little memory is left to read more. */
  #starved = false
  /** The client has to read its replies, and `drained` is waited for. */
  #draining = false
  /** Input may wait that was not read, so that the client's end may be among it. */
  #waiting = false
  /** The client has said all it will say. */
  #ended = false
  /** Nothing more is heard, as the client or the conversation has ended the connection. */
  #quitting = false
  /** The server stops: nothing further is taken. */
  #stopping = false
  #gone = false
  #ending: Ending = { text: '' }

  constructor(
    transport: Transport,
    framing: Framing<never, Unit>,
    converse: (link: Link) => Conversation<Unit>,
    options: ConnectionOptions,
    { full, network }: ClientAddress,
  ) {
    const { socket } = transport
    this.#transport = transport
    this.#socket = socket
    // A transport hands on the chunks of the framing that it is composed with.
    this.#framing = framing as Framing<string | Buffer, Unit>
    this.#options = options
    this.address = network
    this.#fullAddress = full
    this.#bucket = new RateBucket(options.pace, Date.now())
    this.outbox = new Outbox(socket, options.maxQueue, this, options.writesEach)
    this.replies = new ReplyQueue(this, options.window ?? DEFAULT_WINDOW)
    this.#awaitLogin()
    // A reset is a way to leave like any other; `close` follows.
    socket.on('error', (error) => options.log.debug({ err: error }, 'connection failed'))
    socket.on('close', () => (options.hearsAll ? this.ended() : void this.#leave()))
    framing.open?.(this)
    this.#conversation = converse(this)
    transport.open(this)
  }

  push(bytes: Buffer): void {
    this.outbox.push(bytes)
  }

  drained(): Promise<void> {
    return this.outbox.drained()
  }

  get mayBeEnding(): boolean {
    return this.deaf || this.#ended || this.#waiting || this.#stopping || this.#socket.readyState !== 'open'
  }

  /** Bytes that wait for the client to read them. */
  get queued(): number {
    return this.outbox.queued
  }

  get held(): number {
    const input = this.#transport.held + this.#framing.held + (this.#offered?.length ?? 0)
    return this.outbox.queued + input + this.replies.bytes
  }

  get pace(): PaceOptions {
    return this.#options.pace
  }

  /** Name and address, for the log. */
  get #who(): object {
    return { name: this.#conversation.name, address: this.#fullAddress }
  }

  get deaf(): boolean {
    return this.#gone || this.#quitting
  }

  get behind(): boolean {
    // A client that takes nothing any more is not waited for.
    return this.#socket.writable && (this.#socket.writableNeedDrain || this.outbox.queued > BEHIND_BYTES)
  }

  slow(on: boolean): void {
    this.#starved = on
    this.ready()
  }

  /** Destroys the connection: there is no memory for its queue, so nothing more is said on it. */
  discard(reason: DisconnectReason): void {
    this.#options.tally.disconnect(reason)
    this.#options.log.warn({ ...this.#who, reason, held: this.held }, 'disconnected')
    this.#socket.destroy()
  }

  /** Answers what was taken, says that the server stops, and closes when that has left. */
  stop(): void {
    this.#stopping = true
    this.ready()
  }

  receive(chunk: string | Buffer): boolean {
    if (this.deaf) return true
    const brings = this.#framing.feed(chunk)
    this.ready()
    return brings
  }

  ended(code?: number): void {
    if (!this.#quitting) this.#ending = { code, text: '' }
    this.#ended = true
    this.#framing.end?.()
    // Not before the output of this tick was written.
    void tickEnd().then(() => this.ready())
  }

  hangUp(code = NORMAL_CLOSURE, text = ''): void {
    this.#ending = { code, text }
    this.#quitting = true
    this.#finish()
  }

  disconnect(reason: DisconnectReason): void {
    this.#noteDisconnect(reason)
    this.#close(GRACE_MS, reason)
  }

  silent(): void {
    this.#options.log.info(this.#who, 'silent for too long')
    this.#socket.destroy()
  }

  overflowed(): void {
    if (this.#options.hearsAll && (this.#framing.ahead?.waiting || this.#offered)) {
      this.#noteDisconnect('reader-too-slow')
      this.#endReplies()
      this.ended()
    } else {
      this.disconnect('reader-too-slow')
    }
  }

  failed(error: unknown): void {
    this.#options.log.error({ err: error }, 'a request failed')
  }

  countExtra(pieces: number): void {
    if (pieces > 0) this.#spend(pieces)
    if (this.#mustWait) this.#wait()
  }

  /** Hears what may be heard now, or ends the connection when there is nothing left to hear. */
  ready(): void {
    if (this.#gone) return
    this.#checkLogin()
    if (this.#stopping && this.replies.quiet) return void this.#close(GRACE_MS, 'stopping')
    while (!this.deaf) {
      if (this.replies.busy || this.#mustWait) return void this.#wait()
      const unit = this.#offered ?? this.#framing.next()
      if (unit === undefined) return void this.#readOn()
      if (unit !== this.#offered) this.#count()
      this.#offered = undefined
      this.#hear(unit)
      if (this.#offered) return void this.#wait()
      this.#checkLogin()
    }
  }

  #hear(unit: Unit): void {
    try {
      const heard = this.#conversation.hear(unit)
      if (heard === 'again') this.#offered = unit
      else this.replies.add(unit.length, heard)
    } catch (error) {
      this.failed(error)
    }
  }

  /** Everything that was read is heard. */
  #readOn(): void {
    const { fault } = this.#framing
    if (fault) return void this.disconnect(fault)
    this.#waiting = false
    this.#regulate()
    if (this.#ended && this.replies.quiet) this.#finish()
  }

  get #mustWait(): boolean {
    return this.#throttled !== undefined || this.#starved || this.#stopping || this.behind
  }

  /** Stops hearing until `ready` is called, and calls it when the client has read its replies. */
  #wait(): void {
    const { ahead } = this.#framing
    if (ahead) this.#regulate()
    else this.#transport.pause()
    this.#waiting = !ahead || ahead.waiting || this.#offered !== undefined
    if (!this.behind) return
    this.#watchStall()
    if (this.#draining) return
    this.#draining = true
    void this.outbox.drained().then(() => {
      this.#draining = false
      this.ready()
    })
  }

  /** Reads on, as long as there is room. */
  #regulate(): void {
    if (this.#framing.ahead?.full) this.#transport.pause()
    else this.#transport.resume()
  }

  /** Hears a client without replies that takes none of them for a while. */
  #watchStall(): void {
    const { stallMs, log } = this.#options
    if (stallMs === undefined || this.#stall) return
    const before = this.#written
    this.#stall = setTimeout(() => {
      this.#stall = undefined
      if (!this.behind || this.deaf) return
      if (this.#written !== before) return this.#watchStall()
      log.info({ ...this.#who, reason: 'reader-too-slow' }, 'reads nothing; heard without replies')
      this.#endReplies()
    }, stallMs).unref()
  }

  /** Bytes that have left, in whole writes. */
  get #written(): number {
    return this.#socket.bytesWritten - this.#socket.writableLength
  }

  /** From now on the client is heard only. Its output ends with the reason. */
  #endReplies(): void {
    this.outbox.close(this.#options.lastWord('reader-too-slow'))
    this.#socket.end()
    // A history that waits for the client goes on: an ending stream does not say so any more.
    this.#socket.emit('drain')
    void tickEnd().then(() => this.ready())
  }

  /** Counts one unit against the rate. It starts the login timeout anew. */
  #count(): void {
    this.#timer?.refresh()
    this.#spend(1)
  }

  #spend(pieces: number): void {
    const waitMs = this.#bucket.take(Date.now(), pieces)
    if (waitMs > 0) this.#throttle(waitMs)
  }

  #throttle(waitMs: number): void {
    const { tally, log, pace } = this.#options
    // A longer wait replaces one that has begun.
    if (this.#throttled) clearTimeout(this.#throttled)
    else tally.throttles++
    this.#throttled = setTimeout(() => {
      this.#throttled = undefined
      this.ready()
    }, waitMs).unref()
    if (this.#slowedOnce) return
    this.#slowedOnce = true
    this.#conversation.slowed?.()
    log.info({ ...this.#who, rate: pace.rate }, 'throttled')
  }

  /** Stops the login timeout when the client is logged in, and starts it when it is not, as after a logout. */
  #checkLogin(): void {
    if (this.#gone) return
    if (!this.#conversation.name) this.#awaitLogin()
    else if (this.#timer) this.#stopTimer()
  }

  #awaitLogin(): void {
    const { loginTimeout } = this.#options
    if (this.#timer || loginTimeout === 0) return
    this.#timer = setTimeout(() => {
      if (!this.#conversation.name) this.disconnect('login-timeout')
    }, loginTimeout).unref()
  }

  #stopTimer(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #noteDisconnect(reason: DisconnectReason): void {
    this.#options.tally.disconnect(reason)
    // The engine has warned of it once for all of them.
    const level = reason === 'membership-lost' ? 'info' : 'warn'
    this.#options.log[level]({ ...this.#who, reason, queued: this.outbox.queued }, 'disconnected')
  }

  #finish(): void {
    // Behind the reply to the request for it, which is on its way.
    queueMicrotask(() => this.#close(PATIENCE_MS))
  }

  #close(patienceMs: number, reason?: DisconnectReason): void {
    if (this.#gone) return
    // A client that has seen the end may come back at once, to any process: its name is free before that.
    void settledWithin(this.#leave(), FREE_MS).then(() => this.#conclude(patienceMs, reason))
  }

  #conclude(patienceMs: number, reason: DisconnectReason | undefined): void {
    if (this.#socket.destroyed) return
    this.outbox.close(reason && this.#options.lastWord(reason))
    this.#transport.end({ ...this.#ending, reason }, () => {
      clearTimeout(this.#timer)
      this.#timer = setTimeout(() => this.#socket.destroy(), this.#transport.lingerMs).unref()
    })
    this.#giveUpAfter(patienceMs)
  }

  /** Destroys the connection when for so many ms none of the bytes that wait has left. */
  #giveUpAfter(patienceMs: number): void {
    const waiting = this.outbox.queued
    this.#timer = setTimeout(() => {
      if (patienceMs === PATIENCE_MS && this.outbox.queued < waiting) this.#giveUpAfter(patienceMs)
      else this.#socket.destroy()
    }, patienceMs).unref()
  }

  async #leave(): Promise<void> {
    this.#stopTimer()
    if (this.#gone) return
    this.#gone = true
    this.#framing.clear?.()
    try {
      await this.#conversation.leave()
    } catch (error) {
      this.#options.log.error({ err: error, ...this.#who }, 'a session did not end cleanly')
    }
  }
}
