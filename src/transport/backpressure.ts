import type { Socket } from 'node:net'
import type { Outbox } from './outbox.ts'
import { Throttle, type ThrottleOwner } from './rate.ts'

/** Queued output, in bytes, above which input is not handled. */
const MAX_UNREAD_BYTES = 65_536

export interface BackpressureOwner extends ThrottleOwner {
  readonly isClosing: boolean
  /** Called when none of the output has left for the stall timeout. */
  stalled(): void
}

/** Decides when a connection handles no input: over its rate, while memory is short, and while the client does not read its output. */
export class Backpressure {
  /** True while memory is short. */
  isStarved = false
  readonly throttle: Throttle
  readonly #socket: Socket
  readonly #outbox: Outbox
  readonly #owner: BackpressureOwner
  readonly #stallMs: number | undefined
  #stallTimer: NodeJS.Timeout | undefined
  #isDraining = false

  /** `stallMs` is the time without progress of the output after which it is stalled; undefined for no limit. */
  constructor(socket: Socket, outbox: Outbox, stallMs: number | undefined, owner: BackpressureOwner) {
    this.throttle = new Throttle(owner)
    this.#socket = socket
    this.#outbox = outbox
    this.#stallMs = stallMs
    this.#owner = owner
  }

  get isActive(): boolean {
    return this.throttle.active || this.isStarved || this.isBehind
  }

  /** True while the client has to read its output before more input is handled. */
  get isBehind(): boolean {
    // A socket that is not writable any more never drains.
    return this.#socket.writable && (this.#socket.writableNeedDrain || this.#outbox.queued > MAX_UNREAD_BYTES)
  }

  /** Calls `ready` of the owner when a client that is behind has read its output. */
  awaitDrain(): void {
    if (!this.isBehind) return
    this.#watchStall()
    if (this.#isDraining) return
    this.#isDraining = true
    void this.#outbox.drained().then(() => {
      this.#isDraining = false
      this.#owner.ready()
    })
  }

  #watchStall(): void {
    if (this.#stallMs === undefined || this.#stallTimer) return
    const before = this.#outbox.written
    this.#stallTimer = setTimeout(() => {
      this.#stallTimer = undefined
      if (!this.isBehind || this.#owner.isClosing) return
      if (this.#outbox.written === before) this.#owner.stalled()
      else this.#watchStall()
    }, this.#stallMs).unref()
  }
}
