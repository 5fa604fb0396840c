import { atTickEnd } from '../../tick.ts'
import type { InputAhead } from '../framing.ts'

/** Maximum number of bytes that are read ahead of what can be taken, of one connection and of all. */
const MAX_BYTES = 8 * 1_048_576
const MAX_TOTAL_BYTES = 64 * 1_048_576
/** Bytes that a connection may read ahead however much others do. */
const MIN_BYTES = 65_536
/** A chunk of so many bytes is part of a flood: the next one is probably there already. */
const FLOOD_BYTES = 8_192
/** Silence, in ms, behind the first input of a connection before it is taken; */
const SILENCE_MS = 10
/** the same where it has so many bytes that more may follow. */
const MUCH_BYTES = 1_024
const LONG_SILENCE_MS = 100
/** Time, in ms, from which on silence is not waited for. */
const OPENING_MS = 3_000

/** Chunks smaller than this are copied together, as each takes much memory of its own. */
const BLOCK_BYTES = 4_096

let totalBytes = 0

/**
 * Input of a connection that was read and not taken yet.
 *
 * A client that only sends closes its connection with our replies unread. Its kernel then throws away what it has not sent yet,
 * and so it does when a reply comes behind the close. Therefore the first input of a connection, and later a flood, is read to
 * its end, or up to a bound, before any of it is taken and answered; and reading goes on while it waits.
 */
export class ReadAhead implements InputAhead {
  readonly #ready: () => void
  /** Oldest first. */
  #chunks: Buffer[] = []
  #bytes = 0
  #phase: 'opening' | 'open' | 'ended' = 'opening'
  #openedAt: number | undefined
  #silence: NodeJS.Timeout | undefined
  /** Nothing is given out, as more is probably on its way. */
  #holding = true
  /** More has come since the last look. */
  #more = false
  #looking = false

  /** `ready` is called when something may be taken that was held. */
  constructor(ready: () => void) {
    this.#ready = ready
  }

  get bytes(): number {
    return this.#bytes
  }

  get waiting(): boolean {
    return this.#bytes > 0
  }

  get full(): boolean {
    const bytes = this.#bytes
    return bytes > MAX_BYTES || (totalBytes > MAX_TOTAL_BYTES && bytes > MIN_BYTES)
  }

  push(chunk: Buffer): void {
    if (this.#phase === 'ended') return
    this.#add(chunk)
    const isFlood = chunk.length >= FLOOD_BYTES
    this.#more ||= isFlood || this.#phase === 'opening'
    if (this.#phase === 'opening') this.#awaitSilence()
    else if (isFlood) this.#look()
  }

  /** Takes the oldest bytes, some of them; undefined while more is waited for. */
  shift(): Buffer | undefined {
    if (this.#holding) return undefined
    const chunk = this.#chunks.shift()
    this.#bytes -= chunk?.length ?? 0
    totalBytes -= chunk?.length ?? 0
    return chunk
  }

  /** Takes no more; what was read is given out. */
  end(): void {
    this.#phase = 'ended'
    this.#holding = false
    clearTimeout(this.#silence)
  }

  /** Takes no more, and forgets what was read. */
  clear(): void {
    this.end()
    totalBytes -= this.#bytes
    this.#bytes = 0
    this.#chunks = []
  }

  /** Called at the end of a tick, in which everything that had come was read. */
  resume(): void {
    this.#looking = false
    if (this.#phase === 'ended') return
    const more = this.#more && !this.full
    this.#more = false
    if (more && this.#phase === 'opening') return void this.#awaitSilence()
    if (more) return void this.#look()
    this.#phase = 'open'
    this.#holding = false
    this.#ready()
  }

  #add(chunk: Buffer): void {
    this.#bytes += chunk.length
    totalBytes += chunk.length
    const last = this.#chunks.at(-1)
    if (last && last.length + chunk.length <= BLOCK_BYTES)
      this.#chunks[this.#chunks.length - 1] = Buffer.concat([last, chunk])
    else this.#chunks.push(chunk)
  }

  #awaitSilence(): void {
    this.#openedAt ??= performance.now()
    clearTimeout(this.#silence)
    if (this.full || performance.now() - this.#openedAt > OPENING_MS) {
      this.#phase = 'open'
      this.#look()
      return
    }
    const silent = () => {
      // What has come meanwhile is read before the tick ends.
      this.#more = false
      this.#look()
    }
    this.#silence = setTimeout(silent, this.bytes < MUCH_BYTES ? SILENCE_MS : LONG_SILENCE_MS)
  }

  #look(): void {
    this.#holding = true
    if (this.#looking) return
    this.#looking = true
    atTickEnd('resume', this)
  }
}
