import { atTickEnd } from '../tick.ts'
import type { ByteSink } from './outbox.ts'

/** Maximum bytes of a connection's waiting requests, and of the replies behind them. */
const MAX_WAITING_BYTES = 262_144
/** Waiting requests of all connections above which the store's queue is long: about 0.1 s of commits. */
const LONG_QUEUE = 8_192

/**
 * Number of waiting requests of all connections. They share one queue to the store; while it is long, each connection may have only
 * a few requests in it, so that the first request of another connection does not wait behind thousands.
 */
let totalWaiting = 0

/** Maximum waiting requests of one connection: `most`, or `crowded` while the store's queue is long. */
export interface ReplyWindow {
  readonly most: number
  readonly crowded: number
}

/** Asynchronous work on a request, which resolves with its reply if there is one. */
// biome-ignore lint/suspicious/noConfusingVoidType: functions that return nothing are to fit
type Work = Promise<Buffer | void>

/** Work on a request that later requests need not wait for, such as a message: commits keep the order. */
interface Pipelined {
  /** Work that resolves with the reply, or a function that is given a callback for it: that costs no promise of its own. */
  readonly pipelined: Work | ((done: (reply: Buffer) => void) => void)
}

/**
 * The result of handling a unit of input: nothing, a reply, exclusive work (later units wait for its end), or {@link Pipelined} work.
 * With `again` the same unit is offered again after the replies to earlier ones.
 */
// biome-ignore lint/suspicious/noConfusingVoidType: as above
export type Handled = void | Buffer | Work | Pipelined | 'again'

export interface ReplyQueueOwner {
  /** Gets the replies. */
  readonly outbox: ByteSink
  /** Called at the end of a tick in which a request was answered. */
  ready(): void
  /** Called when the work on a request has failed; the request has no reply. */
  failed(error: unknown): void
}

const NOTHING = Buffer.alloc(0)

/** A request whose reply is not known or has to wait for earlier ones. */
interface Awaited {
  reply: Buffer | undefined
  /** Bytes of the request, or of the reply. */
  readonly bytes: number
  /** Called when the reply is sent. */
  left?: () => void
  promise?: Promise<void>
}

/** Sends replies in the order of their requests, and limits the number of waiting requests. */
export class ReplyQueue {
  readonly #owner: ReplyQueueOwner
  readonly #window: ReplyWindow
  /** Requests, oldest first; the replies to those before `#gone` are sent. */
  #awaited: Awaited[] = []
  #gone = 0
  #bytes = 0
  /** The request that later ones wait for. */
  #exclusive: Awaited | undefined
  /** True if a request was answered in this tick, whose events are delivered at its end. */
  #announcing = false

  constructor(owner: ReplyQueueOwner, window: ReplyWindow) {
    this.#owner = owner
    this.#window = window
  }

  /** Bytes of the waiting requests, and of the replies behind them. */
  get bytes(): number {
    return this.#bytes
  }

  /** True if all requests are answered. */
  get empty(): boolean {
    return this.#awaited.length === this.#gone
  }

  /** True if all requests are answered and their events are delivered. */
  get settled(): boolean {
    return this.empty && !this.#announcing
  }

  /** True if all requests are answered, the last one in this tick, whose events are delivered at its end. */
  get announcing(): boolean {
    return this.empty && this.#announcing
  }

  /** True if all requests are answered, and the events of the exclusive one are delivered. */
  get quiet(): boolean {
    return this.empty && !this.#exclusive
  }

  /** True if the next request has to wait. */
  get busy(): boolean {
    if (this.#exclusive) return true
    const { most, crowded } = this.#window
    const waiting = this.#awaited.length - this.#gone
    return waiting >= (totalWaiting < LONG_QUEUE ? most : crowded) || this.#bytes > MAX_WAITING_BYTES
  }

  /** Resolves when all requests so far are answered. Never rejects. */
  get answered(): Promise<void> {
    const last = this.#awaited.at(-1)
    if (!last || this.empty) return Promise.resolve()
    last.promise ??= new Promise((resolve) => {
      last.left = resolve
    })
    return last.promise
  }

  /** Adds the result of a request of `bytes` bytes. */
  add(bytes: number, handled: Exclude<Handled, 'again'>): void {
    if (!handled) return
    if (Buffer.isBuffer(handled)) {
      if (this.empty) return void this.#owner.outbox.push(handled)
      this.#awaited.push({ reply: handled, bytes: handled.length })
      this.#bytes += handled.length
      return
    }
    const awaited: Awaited = { reply: undefined, bytes }
    const isPipelined = 'pipelined' in handled
    if (!isPipelined) this.#exclusive = awaited
    const work = isPipelined ? handled.pipelined : handled
    this.#awaited.push(awaited)
    this.#bytes += bytes
    totalWaiting++
    if (typeof work === 'function') return void work((reply) => this.#fill(awaited, reply))
    work.then(
      (reply) => this.#fill(awaited, reply ?? NOTHING),
      (error: unknown) => {
        this.#owner.failed(error)
        this.#fill(awaited, NOTHING)
      },
    )
  }

  /** Called at the end of a tick in which a request was answered. */
  resume(): void {
    this.#announcing = false
    if (this.#exclusive?.reply) this.#exclusive = undefined
    this.#owner.ready()
  }

  #fill(awaited: Awaited, reply: Buffer): void {
    awaited.reply = reply
    totalWaiting--
    for (;;) {
      const first = this.#awaited[this.#gone]
      if (!first?.reply) break
      if (first.reply !== NOTHING) this.#owner.outbox.push(first.reply)
      this.#bytes -= first.bytes
      this.#gone++
      first.left?.()
    }
    if (this.empty || this.#gone >= this.#window.most) {
      this.#awaited = this.#awaited.slice(this.#gone)
      this.#gone = 0
    }
    // At the end of the tick, so that the next request sees, and its reply follows, all the events of this one.
    if (this.#announcing) return
    this.#announcing = true
    atTickEnd('resume', this)
  }
}
