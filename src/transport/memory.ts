import { getHeapStatistics } from 'node:v8'
import type { Logger } from 'pino'
import type { Engine } from '../engine/engine.ts'
import type { DisconnectReason } from './disconnect.ts'

/** How often the bytes are counted, in ms: while there is much room, and while there is little. */
const CALM_MS = 250
const TENSE_MS = 25
/** Share of the limit from which it is counted more often. */
const TENSE = 0.5
/** Share from which events held in memory are dropped and the largest holders are slowed. */
const SLOW = 0.75
/** Share from which new connections are refused. */
const REFUSE = 0.9
/** Share of V8's heap limit that counts as the whole of the memory limit. */
const HEAP = 0.8

/** A connection that holds memory. */
export interface MemoryHolder {
  /** Bytes held for it: output that was not read yet, input that is not carried out yet. */
  readonly held: number
  /** Stops reading its input, or reads on. */
  slow(on: boolean): void
  /** Ends it at once. */
  discard(reason: DisconnectReason): void
}

export interface MemorySources {
  holders(): Iterable<MemoryHolder>
  readonly engine: Pick<Engine, 'heldBytes' | 'trimMemory'>
}

/**
 * Bounds the memory of all connections and rooms together. Near the limit, events held for rooms are dropped, the largest
 * holders are no longer read, and new connections are refused; beyond it, the largest holders are ended.
 */
export class MemoryBudget {
  readonly #limit: number
  readonly #sources: MemorySources
  readonly #log: Logger
  readonly #slowed = new Set<MemoryHolder>()
  #timer: NodeJS.Timeout | undefined
  #held = 0
  #share = 0
  #tense = false

  /** `limit` in bytes. */
  constructor(limit: number, sources: MemorySources, log: Logger) {
    this.#limit = limit
    this.#sources = sources
    this.#log = log
  }

  start(): void {
    this.#schedule()
  }

  /** Bytes held when they were last counted. */
  get held(): number {
    return this.#held
  }

  get limit(): number {
    return this.#limit
  }

  /** Whether new connections are refused. */
  get exhausted(): boolean {
    return this.#share >= REFUSE
  }

  stop(): void {
    clearTimeout(this.#timer)
  }

  #schedule(): void {
    this.#timer = setTimeout(() => this.#check(), this.#share < TENSE ? CALM_MS : TENSE_MS).unref()
  }

  #check(): void {
    const { engine } = this.#sources
    const holders = [...this.#sources.holders()]
    let total = holders.reduce((sum, { held }) => sum + held, engine.heldBytes)
    if (total > SLOW * this.#limit) {
      engine.trimMemory()
      total = holders.reduce((sum, { held }) => sum + held, engine.heldBytes)
    }
    this.#held = total
    this.#share = Math.max(total / this.#limit, heapShare())
    this.#tell(total)
    if (this.#share > SLOW) this.#relieve(holders, total)
    else this.#resume()
    this.#schedule()
  }

  /** Slows the holders that together hold what is over the bound, and ends those that hold what is over the limit. */
  #relieve(holders: MemoryHolder[], total: number): void {
    holders.sort((one, other) => other.held - one.held)
    let rest = total
    for (const holder of holders) {
      const { held } = holder
      if (held === 0 || (rest <= SLOW * this.#limit && this.#share < REFUSE)) return
      if (rest > this.#limit) {
        this.#slowed.delete(holder)
        holder.discard('out-of-memory')
      } else if (rest > (SLOW / 2) * this.#limit && !this.#slowed.has(holder)) {
        this.#slowed.add(holder)
        holder.slow(true)
      }
      rest -= held
    }
  }

  #resume(): void {
    for (const holder of this.#slowed) holder.slow(false)
    this.#slowed.clear()
  }

  #tell(total: number): void {
    if (this.exhausted === this.#tense) return
    this.#tense = this.exhausted
    const numbers = { held: total, limit: this.#limit, heap: getHeapStatistics().used_heap_size }
    if (this.#tense) this.#log.warn(numbers, 'memory limit: new connections are refused, the largest holders are ended')
    else this.#log.info(numbers, 'memory is below its limit again')
  }
}

/** The share of the heap that is in use, garbage included, so scaled that 1 leaves room for what is under way. */
function heapShare(): number {
  const { used_heap_size, heap_size_limit } = getHeapStatistics()
  return used_heap_size / (HEAP * heap_size_limit)
}

/** Half of the heap limit, in bytes. */
export function defaultMemoryLimit(): number {
  return Math.floor(getHeapStatistics().heap_size_limit / 2)
}
