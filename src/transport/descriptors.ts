import { closeSync, existsSync, openSync, readSync } from 'node:fs'

/** Descriptors that clients do not get: for probes of health and metrics, and for files that the daemon opens later. */
export const RESERVED_DESCRIPTORS = 16
/** Hysteresis: additional free descriptors at which the fault ends. */
const HYSTERESIS = 4
/** Number of connections that one look at the free descriptors holds for; below {@link RESERVED_DESCRIPTORS}, as each takes one. */
const CLIENTS_PER_LOOK = 8
/** Interval of the checks. */
const CHECK_MS = 1_000

/** The part of the daemon's faults that concerns descriptors. */
export interface DescriptorFaults {
  begin(fault: 'descriptors', reason: string): void
  end(fault: 'descriptors'): void
}

export const LIMITS = '/proc/self/limits'

/** Returns the soft limit of open files in the text of {@link LIMITS}; undefined if unlimited or not there. */
export function openFilesLimit(limits: string): number | undefined {
  const soft = /^Max open files\s+(\d+)/m.exec(limits)?.[1]
  return soft === undefined ? undefined : Number(soft)
}

/**
 * The limit of open file descriptors of the process.
 *
 * Out of descriptors, Node.js closes every new connection without an error. Therefore clients are refused before that, with a
 * reason, and a fault is reported to the operator.
 */
export class Descriptors {
  readonly #faults: DescriptorFaults
  /** Descriptor of {@link LIMITS}, open all the time, as it cannot be opened when it is needed; undefined without such a file. */
  readonly #limits: number | undefined
  readonly #timer: NodeJS.Timeout
  /** Maximum open files of the process; infinite if unknown. */
  #limit = Number.POSITIVE_INFINITY
  /** True if the limit of the whole system is reached, not that of the process. */
  #systemWide = false
  /** Number of further clients that need no look. */
  #spare = 0
  /** True if a client was refused since the last check. */
  #refused = false
  /** True while the fault is present. */
  #present = false

  constructor(faults: DescriptorFaults) {
    this.#faults = faults
    this.#limits = existsSync(LIMITS) ? openSync(LIMITS, 'r') : undefined
    this.#timer = setInterval(() => this.#check(), CHECK_MS).unref()
    this.#check()
  }

  /** Returns true, and reports the fault, when at most `reserve` descriptors are free: the client is then refused. */
  refuse(reserve: number): boolean {
    // A look takes two system calls, for which a crowd should not wait.
    if (reserve >= RESERVED_DESCRIPTORS && this.#spare-- > 0) return false
    if (!this.#scarce(reserve)) {
      this.#spare = CLIENTS_PER_LOOK
      return false
    }
    this.#refused = true
    this.#begin()
    return true
  }

  stop(): void {
    clearInterval(this.#timer)
    if (this.#limits !== undefined) closeSync(this.#limits)
  }

  #check(): void {
    this.#limit = this.#readLimit()
    if (this.#scarce(RESERVED_DESCRIPTORS)) this.#begin()
    else if (this.#present && !this.#refused && this.#hasEased()) {
      this.#present = false
      this.#faults.end('descriptors')
    }
    this.#refused = false
  }

  #begin(): void {
    this.#present = true
    const whose = this.#systemWide ? ' of the system' : Number.isFinite(this.#limit) ? ` (limit ${this.#limit})` : ''
    this.#faults.begin('descriptors', `out of file descriptors${whose}`)
  }

  /**
   * Returns true when at most `reserve` descriptors are free. A new descriptor has the lowest free number: with a gap among the numbers,
   * fewer may be free than it seems, until a client has filled the gap.
   */
  #scarce(reserve: number): boolean {
    try {
      const lowest = openSync('/dev/null', 'r')
      closeSync(lowest)
      this.#systemWide = false
      return lowest >= this.#limit - reserve
    } catch (error) {
      this.#systemWide = (error as NodeJS.ErrnoException).code === 'ENFILE'
      return true
    }
  }

  /** Returns true when more than {@link HYSTERESIS} of the numbers below the reserve are free. The reserve itself is not touched. */
  #hasEased(): boolean {
    const opened: number[] = []
    try {
      while (opened.length <= HYSTERESIS) {
        const lowest = openSync('/dev/null', 'r')
        opened.push(lowest)
        if (lowest >= this.#limit - RESERVED_DESCRIPTORS) return false
      }
      return true
    } catch {
      return false
    } finally {
      for (const descriptor of opened) closeSync(descriptor)
    }
  }

  #readLimit(): number {
    if (this.#limits === undefined) return this.#limit
    const bytes = Buffer.alloc(4_096)
    const length = readSync(this.#limits, bytes, 0, bytes.length, 0)
    return openFilesLimit(bytes.toString('latin1', 0, length)) ?? Number.POSITIVE_INFINITY
  }
}
