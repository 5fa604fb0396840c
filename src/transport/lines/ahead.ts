import { atTickEnd } from '../../tick.ts'

/** Maximum bytes read ahead, for one connection and for all. */
const MAX_AHEAD_BYTES = 8 * 1_048_576
const MAX_TOTAL_BYTES = 64 * 1_048_576
/** Bytes that each connection may read ahead regardless of the total. */
const MIN_BYTES = 65_536
/** Minimum bytes of a chunk of a flood, after which the next chunk has probably arrived already. */
const FLOOD_BYTES = 8_192
/** Time without input before the first input of a connection is handled. */
const SILENCE_MS = 10
/** Bytes of first input above which {@link LONG_SILENCE_MS} applies, as more may follow. */
const MUCH_BYTES = 1_024
const LONG_SILENCE_MS = 100
/** Maximum time before the first input is handled. */
const OPENING_MS = 3_000

/** Maximum bytes of small chunks copied into one, as each chunk has a memory overhead. */
const BLOCK_BYTES = 4_096

let totalBytes = 0

/**
 * Input of a connection that is read and not handled yet.
 *
 * A client that only sends closes its connection with unread replies. Its kernel then discards data that is not sent yet, and also
 * does so when a reply arrives after the close. Therefore the first input of a connection, and later a flood, is read to its end,
 * or up to a limit, before any of it is handled and answered; reading continues while it waits.
 */
export class ReadAhead {
  readonly #ready: () => void
  /** Chunks, oldest first. */
  #chunks: Buffer[] = []
  bytes = 0
  #phase: 'opening' | 'open' | 'ended' = 'opening'
  #openedAt: number | undefined
  #silence: NodeJS.Timeout | undefined
  /** True while input is held back, as more is probably in flight. */
  #holding = true
  /** True if input that continues a flood has arrived since the last check. */
  #more = false
  #looking = false

  /** `ready` is called when input is no longer held back. */
  constructor(ready: () => void) {
    this.#ready = ready
  }

  /** True if no more input follows. */
  get hasEnded(): boolean {
    return this.#phase === 'ended'
  }

  /** True if reading has to pause. */
  get full(): boolean {
    const bytes = this.bytes
    return bytes > MAX_AHEAD_BYTES || (totalBytes > MAX_TOTAL_BYTES && bytes > MIN_BYTES)
  }

  push(chunk: Buffer): void {
    if (this.#phase === 'ended') return
    this.bytes += chunk.length
    totalBytes += chunk.length
    const last = this.#chunks.at(-1)
    if (last && last.length + chunk.length <= BLOCK_BYTES)
      this.#chunks[this.#chunks.length - 1] = Buffer.concat([last, chunk])
    else this.#chunks.push(chunk)
    const isFlood = chunk.length >= FLOOD_BYTES
    this.#more ||= isFlood || this.#phase === 'opening'
    if (this.#phase === 'opening') this.#awaitSilence()
    else if (isFlood) this.#look()
  }

  /** Takes the oldest chunk; undefined if there is none or input is held back. */
  shift(): Buffer | undefined {
    if (this.#holding) return undefined
    const chunk = this.#chunks.shift()
    this.bytes -= chunk?.length ?? 0
    totalBytes -= chunk?.length ?? 0
    return chunk
  }

  /** Ends the input; the rest is no longer held back. */
  end(): void {
    this.#phase = 'ended'
    this.#holding = false
    clearTimeout(this.#silence)
  }

  /** Ends the input and discards it. */
  clear(): void {
    this.end()
    totalBytes -= this.bytes
    this.bytes = 0
    this.#chunks = []
  }

  /** Called at the end of a tick, in which all input that had arrived was read. */
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

  #awaitSilence(): void {
    this.#openedAt ??= performance.now()
    clearTimeout(this.#silence)
    if (this.full || performance.now() - this.#openedAt > OPENING_MS) {
      this.#phase = 'open'
      this.#look()
      return
    }
    const silent = () => {
      // Input that has arrived meanwhile is read before the tick ends.
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
