import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { connectionOpened, tickEnd } from '../tick.ts'
import type { BanOf } from './admission.ts'
import { Backpressure, type BackpressureOwner } from './backpressure.ts'
import { logBounded } from './bounded-log.ts'
import { CLOSE_CODES } from './close-codes.ts'
import { ConnectionEnd, type ConnectionEndOwner } from './connection-end.ts'
import type { ConnectionOptions } from './connection-options.ts'
import type { ClientLink, Conversation } from './conversation.ts'
import type { DisconnectReason } from './disconnect.ts'
import type { Framing } from './framing.ts'
import { LoginTimeout, type LoginTimeoutOwner } from './login-timeout.ts'
import type { MemoryHolder } from './memory.ts'
import type { ClientAddress } from './network.ts'
import { Outbox, type OutboxOwner } from './outbox.ts'
import type { PaceOptions, Pacing } from './rate.ts'
import { ReplyQueue, type ReplyQueueOwner, type ReplyWindow } from './reply-queue.ts'
import type { Receiver, Transport } from './transport.ts'

const DEFAULT_WINDOW: ReplyWindow = { most: 256, crowded: 4 }

/**
 * A client's connection, composed of a transport, a framing and a conversation. It passes units of input from the framing to the
 * conversation, and output from the conversation to the transport.
 *
 * Backpressure: input is not handled, and at last not read, while requests wait for their replies, while the client does not read
 * its output, while it exceeds its rate, and while memory is short. No input is dropped.
 */
export class Connection<Chunk, Unit extends { readonly length: number }>
  implements
    ClientLink,
    Receiver<Chunk>,
    MemoryHolder,
    OutboxOwner,
    ReplyQueueOwner,
    BackpressureOwner,
    LoginTimeoutOwner,
    ConnectionEndOwner
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
  readonly #isTrusted: boolean
  readonly #backpressure: Backpressure
  readonly #loginTimeout: LoginTimeout
  readonly #end: ConnectionEnd
  readonly #over = Promise.withResolvers<void>()
  /** A unit that was counted, and that the conversation takes later. */
  #offered: Unit | undefined
  /** True if there may be unread input, which may include the end of the connection. */
  #mayHaveUnread = false
  /** True if the client has closed its side. */
  #hasEnded = false
  /** True if the client or the conversation has ended the connection: no further input is handled. */
  #isQuitting = false
  /** True when a disconnect is counted and logged. */
  #isDisconnected = false
  /** True if the server stops: no further input is handled. */
  #isStopping = false

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
    this.#isTrusted = options.pacing.trusted.has(full)
    this.#loginTimeout = new LoginTimeout(options.loginTimeoutMs, this)
    this.outbox = new Outbox(socket, options.maxQueueBytes, this, options.writesEach)
    this.#backpressure = new Backpressure(socket, this.outbox, options.stallMs, this)
    this.replies = new ReplyQueue(this, options.window ?? DEFAULT_WINDOW)
    this.#end = new ConnectionEnd(transport, this.outbox, (reason, why) => this.#lastWord(reason, why), this)
    framing.open?.(this)
    this.#conversation = converse(this)
    this.#loginTimeout.start()
    // A reset ends a connection like a close: the event `close` follows.
    socket.on('error', (error) => options.log.debug({ err: error }, 'connection failed'))
    socket.on('close', () => (options.readsToEnd ? this.ended() : void this.#end.leave()))
    transport.open(this)
    connectionOpened()
  }

  push(bytes: Buffer): void {
    this.outbox.push(bytes)
  }

  drained(): Promise<void> {
    return this.outbox.drained()
  }

  get mayBeEnding(): boolean {
    return (
      this.isClosing || this.#hasEnded || this.#mayHaveUnread || this.#isStopping || this.#socket.readyState !== 'open'
    )
  }

  get isGone(): boolean {
    return this.#socket.destroyed
  }

  /** Bytes of output that are queued for the client. */
  get queued(): number {
    return this.outbox.queued
  }

  get written(): number {
    return this.outbox.written
  }

  get bypassed(): number {
    return this.outbox.bypassed
  }

  get held(): number {
    const input = this.#transport.held + this.#framing.held + (this.#offered?.length ?? 0)
    return this.outbox.queued + input + this.replies.bytes
  }

  get pacing(): Pacing {
    return this.#options.pacing
  }

  get pace(): PaceOptions {
    const { full, guest } = this.#options.pacing
    return this.#isTrusted || this.#conversation.session?.isBot ? full : guest
  }

  get isEncrypted(): boolean {
    return this.#socket instanceof TLSSocket
  }

  paced(): Promise<void> {
    return this.#backpressure.throttle.paced()
  }

  get isLoggedIn(): boolean {
    return Boolean(this.#conversation.session?.name)
  }

  get over(): Promise<void> {
    return this.#over.promise
  }

  get isClosing(): boolean {
    return this.#end.hasBegun || this.#isQuitting
  }

  get isBehind(): boolean {
    return this.#backpressure.isBehind
  }

  /** Name and address, for the log. */
  get #client(): { readonly name: string | undefined; readonly address: string } {
    return { name: this.#conversation.session?.name, address: this.#fullAddress }
  }

  slow(on: boolean): void {
    this.#backpressure.isStarved = on
    this.ready()
  }

  /** Destroys the connection without its last bytes: there is no memory for its queue. */
  discard(reason: DisconnectReason): void {
    if (this.#countDisconnect(reason)) {
      this.#options.log.warn({ ...this.#client, reason, held: this.held }, 'disconnected')
    }
    this.#socket.destroy()
    // The socket may have closed before.
    void this.#end.leave()
  }

  /** Disconnects the client with `stopping` behind the replies to the requests that have begun. */
  stop(): void {
    this.#isStopping = true
    this.#backpressure.throttle.release()
    this.ready()
  }

  receive(chunk: Chunk): boolean {
    if (this.isClosing) return true
    const bringsUnit = this.#framing.feed(chunk)
    this.ready()
    return bringsUnit
  }

  ended(code?: number): void {
    if (!this.#isQuitting) this.#end.closeFrame = { code, text: '' }
    this.#hasEnded = true
    this.#framing.end?.()
    // The output of this tick is written first.
    void tickEnd().then(() => this.ready())
  }

  hangUp(code = CLOSE_CODES.normal, text = ''): void {
    this.#end.closeFrame = { code, text }
    this.#isQuitting = true
    this.#end.finish()
  }

  disconnect(reason: DisconnectReason, why?: string): void {
    if (this.#end.hasBegun) return
    this.#logDisconnect(reason)
    this.#end.disconnect(reason, why)
  }

  expel(banOf: BanOf): void {
    const ban = banOf(this.#fullAddress)
    if (ban) this.disconnect('address-banned', ban.why)
  }

  silent(): void {
    this.#options.log.info(this.#client, 'heartbeat timeout')
    this.#socket.destroy()
  }

  overflowed(): void {
    if (!this.#options.readsToEnd || !(this.#framing.ahead?.waiting || this.#offered !== undefined)) {
      return void this.disconnect('reader-too-slow')
    }
    this.#logDisconnect('reader-too-slow')
    this.#endOutput()
    this.ended()
  }

  stalled(): void {
    this.#options.log.info({ ...this.#client, reason: 'reader-too-slow' }, 'output stalled; replies are dropped')
    this.#endOutput()
  }

  failed(error: unknown): void {
    this.#options.log.error({ err: error }, 'request failed')
  }

  throttled(isFirst: boolean): void {
    const { tally, log } = this.#options
    tally.throttles++
    if (!isFirst) return
    this.#conversation.slowed?.()
    log.info({ ...this.#client, rate: this.pace.rate }, 'throttled')
  }

  countExtra(pieces: number): void {
    if (pieces > 0) this.#backpressure.throttle.count(pieces)
    if (this.#mustWait) this.#wait()
  }

  async leave(): Promise<void> {
    this.#over.resolve()
    this.#loginTimeout.stop()
    this.#backpressure.throttle.release()
    this.#framing.clear?.()
    try {
      await this.#conversation.leave()
    } catch (error) {
      this.#options.log.error({ err: error, ...this.#client }, 'cannot end a session')
    }
  }

  /** Handles input as far as backpressure allows, and reads on when all is handled; ends the connection if it was the last. */
  ready(): void {
    while (!this.#end.hasBegun) {
      if (this.isLoggedIn) this.#loginTimeout.stop()
      else this.#loginTimeout.start()
      if (this.#isStopping && this.replies.quiet) return void this.#end.disconnect('stopping')
      if (this.isClosing) return
      if (this.replies.busy || this.#mustWait) return void this.#wait()
      const unit = this.#offered ?? this.#framing.next()
      if (unit === undefined) break
      if (unit !== this.#offered) {
        if (!this.isLoggedIn) this.#loginTimeout.refresh()
        this.#backpressure.throttle.count(1)
      }
      this.#offered = undefined
      try {
        const handled = this.#conversation.handle(unit)
        if (handled === 'again') this.#offered = unit
        else this.replies.add(unit.length, handled)
      } catch (error) {
        this.failed(error)
      }
      // An empty line is a unit, too.
      if (this.#offered !== undefined) return void this.#wait()
    }
    if (this.#end.hasBegun) return
    const { ahead, fault } = this.#framing
    if (fault) return void this.disconnect(fault)
    this.#mayHaveUnread = false
    if (ahead?.full) this.#transport.pause()
    else this.#transport.resume()
    if (this.#hasEnded && this.replies.quiet) this.#end.finish()
  }

  get #mustWait(): boolean {
    return this.#isStopping || this.#backpressure.isActive
  }

  /** Handles no input until {@link ready} is called; calls it when the client has read its output. */
  #wait(): void {
    const { ahead } = this.#framing
    if (ahead && !ahead.full) this.#transport.resume()
    else this.#transport.pause()
    this.#mayHaveUnread = !ahead || ahead.waiting || this.#offered !== undefined
    this.#backpressure.awaitDrain()
  }

  #lastWord(reason: DisconnectReason, why?: string): Buffer {
    return this.#conversation.lastWord?.(reason, why) ?? this.#options.lastWord(reason, why)
  }

  /** Ends the output with `reader-too-slow` and drops later replies; input is still handled. */
  #endOutput(): void {
    this.outbox.close(this.#lastWord('reader-too-slow'))
    this.#socket.end()
    // An ending stream emits no `drain`, on which pages of a history wait.
    this.#socket.emit('drain')
    void tickEnd().then(() => this.ready())
  }

  /** Returns false, and counts nothing, if the disconnect is counted already. */
  #countDisconnect(reason: DisconnectReason): boolean {
    if (this.#isDisconnected) return false
    this.#isDisconnected = true
    this.#options.tally.disconnect(reason)
    return true
  }

  #logDisconnect(reason: DisconnectReason): void {
    if (!this.#countDisconnect(reason)) return
    // The loss of memberships is logged as a warning once for the whole node.
    const level = reason === 'membership-lost' ? 'info' : 'warn'
    const details = { ...this.#client, reason, queued: this.outbox.queued }
    if (this.isLoggedIn) this.#options.log[level](details, 'disconnected')
    else logBounded(this.#options.log, level, details, 'disconnected')
  }
}
