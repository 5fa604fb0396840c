import type { Socket } from 'node:net'
import type { Logger } from 'pino'
import { tickEnd } from '../tick.ts'
import { settledWithin } from '../within.ts'
import type { ClientLink, Conversation } from './conversation.ts'
import type { DisconnectReason } from './disconnect.ts'
import type { Framing } from './framing.ts'
import type { MemoryHolder } from './memory.ts'
import type { ClientAddress } from './network.ts'
import { Outbox, type OutboxOwner } from './outbox.ts'
import { type PaceOptions, Throttle, type ThrottleOwner } from './rate.ts'
import { ReplyQueue, type ReplyQueueOwner, type ReplyWindow } from './reply-queue.ts'
import type { Tally } from './tally.ts'
import type { Ending, Receiver, Transport } from './transport.ts'

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

/**
 * A client's connection, composed of a transport, a framing and a conversation: it hears what the client says at the pace at which it
 * can be answered.
 *
 * Reading stops, and TCP pushes back, while earlier requests are not answered, while the client does not read its replies, and
 * while it is over its rate. Nothing is dropped.
 */
export class Connection<Chunk, Unit extends { readonly length: number }>
  implements ClientLink, Receiver<Chunk>, MemoryHolder, OutboxOwner, ReplyQueueOwner, ThrottleOwner
{
  /** The address or network that limits count the client for, see {@link ClientAddress}. */
  readonly address: string
  readonly outbox: Outbox
  readonly replies: ReplyQueue
  readonly #transport: Transport<Chunk>
  readonly #socket: Socket
  readonly #framing: Framing<Chunk, Unit>
  readonly #conversation: Conversation<Unit>
  readonly #options: ConnectionOptions
  readonly #fullAddress: string
  readonly #throttle: Throttle
  /** A unit that was counted and could not be taken. */
  #offered: Unit | undefined
  /** First for the login, later for the end. */
  #timer: NodeJS.Timeout | undefined
  #stall: NodeJS.Timeout | undefined
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
    transport: Transport<Chunk>,
    framing: Framing<Chunk, Unit>,
    converse: (link: ClientLink) => Conversation<Unit>,
    options: ConnectionOptions,
    { full, network }: ClientAddress,
  ) {
    const { socket } = transport
    this.#transport = transport
    this.#socket = socket
    this.#framing = framing
    this.#options = options
    this.address = network
    this.#fullAddress = full
    this.#throttle = new Throttle(options.pace, this)
    this.outbox = new Outbox(socket, options.maxQueue, this, options.writesEach)
    this.replies = new ReplyQueue(this, options.window ?? DEFAULT_WINDOW)
    framing.open?.(this)
    this.#conversation = converse(this)
    this.#awaitLogin()
    // A reset is a way to leave like any other; `close` follows.
    socket.on('error', (error) => options.log.debug({ err: error }, 'connection failed'))
    socket.on('close', () => (options.hearsAll ? this.ended() : void this.#leave()))
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

  receive(chunk: Chunk): boolean {
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

  throttled(isFirst: boolean): void {
    const { tally, log, pace } = this.#options
    tally.throttles++
    if (!isFirst) return
    this.#conversation.slowed?.()
    log.info({ ...this.#who, rate: pace.rate }, 'throttled')
  }

  countExtra(pieces: number): void {
    if (pieces > 0) this.#throttle.count(pieces)
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
      if (unit !== this.#offered) {
        // Any whole unit starts the login timeout anew.
        this.#timer?.refresh()
        this.#throttle.count(1)
      }
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
    return this.#throttle.active || this.#starved || this.#stopping || this.behind
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
