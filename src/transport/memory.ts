import { getHeapStatistics, type HeapInfo } from 'node:v8'
import type { Logger } from 'pino'
import type { Engine } from '../engine/engine.ts'
import type { DisconnectReason } from './disconnect.ts'

/** Interval of the checks while much memory is free, and while little is. */
const CALM_MS = 250
const TENSE_MS = 25
/** Share of the limit above which the checks are frequent. */
const TENSE = 0.5
/** Share above which cached events are dropped and the input of the largest holders is paused. */
const SLOW = 0.75
/** Share above which new connections are refused. */
const REFUSE = 0.9
/** Share of V8's heap limit that counts as 1. */
const HEAP = 0.8

/** A connection that holds memory. */
export interface MemoryHolder {
  /** Bytes of queued output and of input that is not handled. */
  readonly held: number
  /** Pauses or resumes its input. */
  slow(on: boolean): void
  /** Destroys the connection. */
  discard(reason: DisconnectReason): void
}

interface MemorySources {
  holders(): Iterable<MemoryHolder>
  readonly engine: Pick<Engine, 'heldBytes' | 'trimMemory'>
}

/**
 * The memory limit of all connections and rooms together. Near the limit, cached events are dropped, the input of the largest
 * holders is paused, and new connections are refused; beyond it, the largest holders are disconnected.
 */
export class MemoryBudget {
  /** In bytes. */
  readonly limit: number
  readonly #sources: MemorySources
  readonly #log: Logger
  readonly #statistics: () => HeapInfo
  readonly #slowed = new Set<MemoryHolder>()
  #timer: NodeJS.Timeout | undefined
  #share = 0
  #tense = false

  constructor(limit: number, sources: MemorySources, log: Logger, statistics: () => HeapInfo = getHeapStatistics) {
    this.limit = limit
    this.#sources = sources
    this.#log = log
    this.#statistics = statistics
  }

  start(): void {
    this.#schedule()
  }

  /** Bytes held now. */
  get held(): number {
    return this.#sumOf(this.#sources.holders())
  }

  /** True while new connections are refused. */
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
    const memory = this.#statistics()
    // The sum of what is held may be more, as it has what connections share once for each of them. But visiting thousands of connections
    // several times a second, while there is no need, would cost more than to write to them.
    const used = memory.used_heap_size + memory.external_memory
    const isLittle = used < TENSE * this.limit && heapShare(memory) <= SLOW
    const holders = isLittle ? [] : [...this.#sources.holders()]
    let total = isLittle ? 0 : this.#sumOf(holders)
    if (total > SLOW * this.limit) {
      engine.trimMemory()
      total = this.#sumOf(holders)
    }
    this.#share = Math.max(total / this.limit, heapShare(memory))
    this.#tell(total)
    if (this.#share > SLOW) this.#relieve(holders, total)
    else this.#resume()
    this.#schedule()
  }

  #sumOf(holders: Iterable<MemoryHolder>): number {
    let sum = this.#sources.engine.heldBytes
    for (const { held } of holders) sum += held
    return sum
  }

  /** Pauses the largest holders until the rest is below the threshold, and disconnects them until it is below the limit. */
  #relieve(holders: MemoryHolder[], total: number): void {
    const open = new Set(holders)
    for (const holder of this.#slowed) if (!open.has(holder)) this.#slowed.delete(holder)
    holders.sort((one, other) => other.held - one.held)
    let rest = total
    for (const holder of holders) {
      const { held } = holder
      if (held === 0 || (rest <= SLOW * this.limit && this.#share < REFUSE)) return
      if (rest > this.limit) {
        this.#slowed.delete(holder)
        holder.discard('out-of-memory')
      } else if (rest > (SLOW / 2) * this.limit && !this.#slowed.has(holder)) {
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
    const numbers = { held: total, limit: this.limit, heap: this.#statistics().used_heap_size }
    if (this.#tense) this.#log.warn(numbers, 'memory limit: new connections are refused, the largest holders are ended')
    else this.#log.info(numbers, 'memory is below its limit again')
  }
}

/** Returns the used share of the heap, including garbage; 1 is the share {@link HEAP} of its limit. */
function heapShare({ used_heap_size, heap_size_limit }: HeapInfo): number {
  return used_heap_size / (HEAP * heap_size_limit)
}

/** Returns half of the heap limit, in bytes. */
export function defaultMemoryLimit(): number {
  return Math.floor(getHeapStatistics().heap_size_limit / 2)
}
