import type { Logger } from 'pino'
import { tickEnd } from '../tick.ts'
import { noteWaiting, windowOf } from './crowd.ts'

/** What may be under way of one client while more of what it says is heard: things said, and their bytes. */
const MOST = 256
const CROWDED = 4
const MOST_BYTES = 262_144

/** Something said that what follows need not wait for, like a message: commits keep the order. */
export class Meanwhile {
  readonly done: Promise<void>

  constructor(done: Promise<void>) {
    this.done = done
  }
}

/** What a client has said in the meanwhile, for conversations whose answers keep the order of what they answer. */
export class Unanswered {
  #settled: Promise<void> = Promise.resolve()

  /** Settled, and never rejected, when everything said so far is answered. */
  get settled(): Promise<void> {
    return this.#settled
  }

  add(done: Promise<void>): Meanwhile {
    // Settled with nothing, so that it holds nothing of what was before it.
    this.#settled = Promise.allSettled([this.#settled, done]).then(() => {})
    return new Meanwhile(done)
  }
}

/** What a conversation does with what is said to it: nothing more, or something that what follows waits for, or does not. */
export type Heard = void | Promise<void> | Meanwhile

/** Takes what a client says, such as frames, one thing after the other. */
export class Hearing {
  readonly #log: Logger
  readonly #settled: () => void
  #waiting = false
  #underWay = 0
  #bytes = 0

  /** `settled` is called when what took its time is done, at the end of a turn. */
  constructor(log: Logger, settled: () => void) {
    this.#log = log
    this.#settled = settled
  }

  /** Whether the next thing must wait. */
  get busy(): boolean {
    return this.#waiting || this.#underWay >= windowOf(MOST, CROWDED) || this.#bytes >= MOST_BYTES
  }

  /** Bytes of what was heard and is not done. */
  get bytes(): number {
    return this.#bytes
  }

  /** Whether everything heard is done. */
  get idle(): boolean {
    return !this.#waiting && this.#underWay === 0
  }

  /** `bytes` is how much was said. */
  hear(bytes: number, listen: () => Heard): void {
    try {
      const heard = listen()
      if (heard instanceof Meanwhile) void this.#settleMeanwhile(heard.done, bytes)
      else if (heard) void this.#settle(heard)
    } catch (error) {
      this.#failed(error)
    }
  }

  async #settle(heard: Promise<void>): Promise<void> {
    this.#waiting = true
    await heard.catch((error: unknown) => this.#failed(error))
    // What comes next sees, and its reply follows, all the events of this one.
    await tickEnd()
    this.#waiting = false
    this.#settled()
  }

  async #settleMeanwhile(done: Promise<void>, bytes: number): Promise<void> {
    this.#underWay++
    noteWaiting(1)
    this.#bytes += bytes
    await done.catch((error: unknown) => this.#failed(error))
    const held = this.busy
    this.#underWay--
    noteWaiting(-1)
    this.#bytes -= bytes
    if (held || this.idle) this.#settled()
  }

  #failed(error: unknown): void {
    this.#log.error({ err: error }, 'what a client has said failed')
  }
}
