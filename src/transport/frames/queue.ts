import type { Duplex } from 'node:stream'
import { atTickEnd, tickEnd } from '../../tick.ts'
import type { OutboxOwner, Queue } from '../outbox.ts'

/** Frames that have left and are not cut off the list yet. */
const CUT = 1_024

/**
 * What is bound for a connection whose client takes each TLS record for one frame: a frame is written only when the one
 * before it has left, as the runtime merges what is written at once (docs/protocols/chatterbox.md, section 5.2).
 */
export class FrameQueue implements Queue {
  readonly #stream: Duplex
  readonly #limit: number
  readonly #owner: OutboxOwner
  /** Oldest first; those before `#gone` have been written. */
  #frames: Buffer[] = []
  #gone = 0
  #bytes = 0
  /** Of these, what this turn has brought: that is not held against the reader. */
  #fresh = 0
  /** A frame is on its way. */
  #busy = false
  #shut = false
  #ending = false
  #waiting: (() => void)[] = []

  constructor(stream: Duplex, limit: number, owner: OutboxOwner) {
    this.#stream = stream
    this.#limit = limit
    this.#owner = owner
  }

  get queued(): number {
    return this.#bytes
  }

  push(frame: Buffer): void {
    if (this.#shut) return
    if (this.#fresh === 0) atTickEnd('flush', this)
    this.#fresh += frame.length
    this.#add(frame)
    if (this.#bytes - this.#fresh > this.#limit) {
      this.#shut = true
      this.#owner.overflowed()
    }
  }

  flush(): void {
    this.#fresh = 0
    if (!this.#busy) this.#write()
  }

  async drained(): Promise<void> {
    await tickEnd()
    if (this.#busy) await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }

  end(lastWord?: Buffer): void {
    this.#shut = true
    this.#ending = true
    if (lastWord) this.#add(lastWord)
    if (!this.#busy) this.#write()
  }

  #add(frame: Buffer): void {
    this.#frames.push(frame)
    this.#bytes += frame.length
  }

  #write(): void {
    const frame = this.#stream.writable ? this.#frames[this.#gone] : undefined
    if (!frame) {
      this.#rest()
      return
    }
    this.#busy = true
    if (++this.#gone === CUT) {
      this.#frames.splice(0, CUT)
      this.#gone = 0
    }
    this.#stream.write(frame, (failed) => {
      this.#bytes -= frame.length
      if (failed) this.#rest()
      else this.#write()
    })
  }

  /** Everything has left, or can no longer leave. */
  #rest(): void {
    this.#frames = []
    this.#gone = 0
    this.#bytes = 0
    this.#busy = false
    if (this.#ending && this.#stream.writable) this.#stream.end()
    for (const resolve of this.#waiting.splice(0)) resolve()
  }
}
