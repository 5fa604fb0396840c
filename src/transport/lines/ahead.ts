import type { Socket } from 'node:net'
import { atTickEnd } from '../../tick.ts'
import { ByteQueue } from './byte-queue.ts'

/** Bytes that are read ahead of what can be taken, of one connection and of all. */
const MOST = 8 * 1_048_576
const MOST_OF_ALL = 64 * 1_048_576
/** What a connection may read ahead however much others do. */
const LEAST = 65_536
/** A chunk of so many bytes, or more, is part of a flood: the next one is probably there already. */
const FLOOD = 8_192
/** What a new connection says first is taken when it has been silent for so long, in ms, */
const SILENCE_MS = 10
/** or, where it is so much that more may follow, for so long, */
const MUCH = 1_024
const LONG_SILENCE_MS = 100
/** but at the latest after so long. */
const OPENING_MS = 3_000

let all = 0

/**
 * What has been read from a connection and not been taken yet.
 *
 * A client that only sends closes its connection with our replies unread. Its kernel then throws away what it has not sent yet,
 * and so it does when a reply comes behind the close. So what a new connection has to say, and later a flood, is read to its
 * end, or up to a bound, before anything of it is taken and answered; and reading goes on while what was read waits.
 */
export class ReadAhead {
  readonly #socket: Socket
  readonly #take: (chunk: Buffer) => boolean
  readonly #end: () => void
  /** Where something waits. */
  #queue: ByteQueue | undefined
  #phase: 'opening' | 'open' | 'finished' | 'ended' = 'opening'
  /** Since when a new connection speaks, in ms. */
  #since: number | undefined
  #silence: NodeJS.Timeout | undefined
  /** More has come since the last look. */
  #more = false
  #looking = false
  #giving = false
  /** The last chunk that was taken was one too many. */
  #full = false

  /**
   * `take` gets the chunks, and says false when the next one has to wait until {@link pump} is called; `end` is called once,
   * behind the last one.
   */
  constructor(socket: Socket, take: (chunk: Buffer) => boolean, end: () => void) {
    this.#socket = socket
    this.#take = take
    this.#end = end
  }

  /** Bytes that wait to be taken. */
  get bytes(): number {
    return this.#queue?.bytes ?? 0
  }

  /** Whether something waits to be taken. */
  get waiting(): boolean {
    return this.#queue !== undefined
  }

  read(chunk: Buffer): void {
    if (this.#phase === 'finished' || this.#phase === 'ended') return
    if (this.#phase === 'open' && !this.waiting && !this.#full && chunk.length < FLOOD) {
      this.#give(chunk)
      this.#endIfDone()
      return
    }
    all += chunk.length
    this.#queue ??= new ByteQueue()
    this.#queue.push(chunk)
    if (this.#isTooMuch) this.#socket.pause()
    this.#more ||= this.#phase === 'opening' || chunk.length >= FLOOD
    if (this.#phase === 'opening') this.#awaitSilence()
    else this.#look()
  }

  /** Reads nothing more; what has been read is still taken. */
  finish(): void {
    if (this.#phase === 'ended') return
    this.#phase = 'finished'
    this.#more = false
    clearTimeout(this.#silence)
    if (!this.#full) this.pump()
  }

  /** Hands on what may be taken. */
  pump(): void {
    // What is taken may be the end of it all.
    if (this.#giving) return
    this.#full = false
    while (!this.#full && !this.#more) {
      const chunk = this.#queue?.shift()
      if (!chunk) break
      all -= chunk.length
      if (this.#queue?.bytes === 0) this.#queue = undefined
      this.#give(chunk)
    }
    if (!this.#isTooMuch && this.#socket.isPaused()) this.#socket.resume()
    this.#endIfDone()
  }

  #endIfDone(): void {
    if (this.#phase !== 'finished' || this.#full || this.waiting) return
    this.#phase = 'ended'
    this.#end()
  }

  #give(chunk: Buffer): void {
    this.#giving = true
    this.#full = !this.#take(chunk)
    this.#giving = false
  }

  /** Reads nothing more, and forgets what has been read. */
  clear(): void {
    this.#phase = 'ended'
    clearTimeout(this.#silence)
    all -= this.bytes
    this.#queue = undefined
  }

  /** At the end of a turn, in which everything that had come was read. */
  resume(): void {
    this.#looking = false
    const more = this.#more && !this.#isTooMuch
    this.#more = false
    if (more) {
      if (this.#phase === 'opening') this.#awaitSilence()
      else this.#look()
    } else if (this.#phase !== 'ended') {
      if (this.#phase === 'opening') this.#phase = 'open'
      if (!this.#full) this.pump()
    }
  }

  get #isTooMuch(): boolean {
    const bytes = this.bytes
    return bytes > MOST || (all > MOST_OF_ALL && bytes > LEAST)
  }

  #awaitSilence(): void {
    this.#since ??= performance.now()
    clearTimeout(this.#silence)
    if (this.#isTooMuch || performance.now() - this.#since > OPENING_MS) {
      this.#phase = 'open'
      this.#look()
    } else {
      // What has come meanwhile is read before the turn ends.
      const silent = () => {
        this.#silence = undefined
        this.#more = false
        this.#look()
      }
      this.#silence = setTimeout(silent, this.bytes < MUCH ? SILENCE_MS : LONG_SILENCE_MS)
    }
  }

  #look(): void {
    if (this.#looking) return
    this.#looking = true
    atTickEnd('resume', this)
  }
}
