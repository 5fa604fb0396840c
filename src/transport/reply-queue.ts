import { atTickEnd } from '../tick.ts'

/** Maximum number of bytes in requests that a connection has waiting, and in replies behind them. */
const MAX_BYTES = 262_144
/** Waiting requests, of all connections, from which on the queue for the store is long: about a tenth of a second of commits. */
const LONG_QUEUE = 8_192

/**
 * Requests of all connections that wait for their commit. One queue leads to the store, so while it is long, each connection may
 * have only a few requests in it: a newcomer's waits behind those, and not behind thousands of each.
 */
let waitingInAll = 0

/** How many requests one connection may have waiting: `most`, or `crowded` while the queue for the store is long. */
export interface ReplyWindow {
  readonly most: number
  readonly crowded: number
}

/** The end of the work on a request, and its reply if there is one. */
// biome-ignore lint/suspicious/noConfusingVoidType: functions that return nothing are to fit
type Work = Promise<Buffer | void>

/** Work for which the requests behind it need not wait, such as a message's: commits keep the order. */
export class Pipelined {
  readonly work: Work

  constructor(work: Work) {
    this.work = work
  }
}

/**
 * The answer to a unit of input: nothing, a reply, work before whose end nothing further is heard, or {@link Pipelined} work.
 * `again` asks for the same unit to be offered again after the replies to earlier ones.
 */
// biome-ignore lint/suspicious/noConfusingVoidType: as above
export type Heard = void | Buffer | Work | Pipelined | 'again'

export interface ReplyQueueOwner {
  /** Takes a reply whose turn it is. */
  push(reply: Buffer): void
  /** Called at the end of a tick in which something was answered. */
  ready(): void
  /** Called when the work on a request has failed; it has no reply then. */
  failed(error: unknown): void
}

const NOTHING = Buffer.alloc(0)

/** A request whose reply is not known, or may not leave yet. */
interface Awaited {
  reply: Buffer | undefined
  /** Bytes of the request, or of the reply. */
  readonly bytes: number
  /** Called when the reply has left. */
  left?: () => void
  promise?: Promise<void>
}

/** Keeps replies in the order of their requests, however late each of them is known, and bounds the requests that wait. */
export class ReplyQueue {
  readonly #owner: ReplyQueueOwner
  readonly #window: ReplyWindow
  /** Oldest first; those before `#gone` have left. */
  #awaited: Awaited[] = []
  #gone = 0
  #bytes = 0
  /** A request before whose end nothing further is heard. */
  #exclusive: Awaited | undefined
  /** Something was answered in this tick, whose events are not delivered yet. */
  #announcing = false

  constructor(owner: ReplyQueueOwner, window: ReplyWindow) {
    this.#owner = owner
    this.#window = window
  }

  /** Whether every request is answered. */
  get empty(): boolean {
    return this.#awaited.length === this.#gone
  }

  /** Whether every request is answered and the events of their ticks are delivered. */
  get settled(): boolean {
    return this.empty && !this.#announcing
  }

  /** Whether the last request was answered within this tick, so that its events are still to come. */
  get announcing(): boolean {
    return this.empty && this.#announcing
  }

  /** Whether every request is answered, the exclusive one with its events. */
  get quiet(): boolean {
    return this.empty && !this.#exclusive
  }

  /** Whether the next request must wait. */
  get busy(): boolean {
    if (this.#exclusive) return true
    const { most, crowded } = this.#window
    const waiting = this.#awaited.length - this.#gone
    return waiting >= (waitingInAll < LONG_QUEUE ? most : crowded) || this.#bytes > MAX_BYTES
  }

  /** Bytes of the requests that are not answered yet, and of the replies behind them. */
  get bytes(): number {
    return this.#bytes
  }

  /** Resolves when everything heard so far is answered. Never rejects. */
  get answered(): Promise<void> {
    const last = this.#awaited.at(-1)
    if (!last || this.empty) return Promise.resolve()
    last.promise ??= new Promise((resolve) => {
      last.left = resolve
    })
    return last.promise
  }

  /** Takes the answer to a request of so many bytes. */
  add(bytes: number, heard: Exclude<Heard, 'again'>): void {
    if (!heard) return
    if (Buffer.isBuffer(heard)) {
      if (this.empty) return void this.#owner.push(heard)
      this.#append({ reply: heard, bytes: heard.length })
      return
    }
    const awaited: Awaited = { reply: undefined, bytes }
    if (!(heard instanceof Pipelined)) this.#exclusive = awaited
    const work = heard instanceof Pipelined ? heard.work : heard
    this.#append(awaited)
    waitingInAll++
    work.then(
      (reply) => this.#fill(awaited, reply ?? NOTHING),
      (error: unknown) => {
        this.#owner.failed(error)
        this.#fill(awaited, NOTHING)
      },
    )
  }

  /** Called at the end of the tick in which something was answered. */
  resume(): void {
    this.#announcing = false
    if (this.#exclusive?.reply) this.#exclusive = undefined
    this.#owner.ready()
  }

  #append(awaited: Awaited): void {
    this.#awaited.push(awaited)
    this.#bytes += awaited.bytes
  }

  #fill(awaited: Awaited, reply: Buffer): void {
    awaited.reply = reply
    waitingInAll--
    for (;;) {
      const first = this.#awaited[this.#gone]
      if (!first?.reply) break
      if (first.reply !== NOTHING) this.#owner.push(first.reply)
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
