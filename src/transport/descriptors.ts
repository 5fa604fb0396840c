import { closeSync, existsSync, openSync, readSync } from 'node:fs'

/** Descriptors that no client gets: those who ask how the daemon is need some, and what it opens itself later on. */
export const RESERVED_DESCRIPTORS = 16
/**
 * So many more must be free before the fault is over, so
 * that the fault does not begin and end with each client that comes and goes.
 */
const MORE = 4
/** How often it is looked whether there are enough again, in ms. */
const CHECK_MS = 1_000

/** The list of the daemon's present faults, as far as it is about descriptors. */
export interface DescriptorFaults {
  begin(fault: 'descriptors', reason: string): void
  end(fault: 'descriptors'): void
}

const LIMITS = '/proc/self/limits'

/**
 * The file descriptors of the process.
 *
 * Where there is none left the runtime closes every connection that comes in, and tells nobody. So clients are refused before
 * that, with a reason, and the operator is told.
 */
export class Descriptors {
  readonly #faults: DescriptorFaults
  /** Open for good, as it could not be opened when it is needed. Undefined where there is no such file. */
  readonly #limits: number | undefined
  readonly #timer: NodeJS.Timeout
  /** How many the process may have; unknown where there is no such file. */
  #limit = Number.POSITIVE_INFINITY
  /** It is the system's limit that was met, not that of the process. */
  #systemWide = false
  /** Since it was looked last. */
  #refused = false

  constructor(faults: DescriptorFaults) {
    this.#faults = faults
    this.#limits = existsSync(LIMITS) ? openSync(LIMITS, 'r') : undefined
    this.#timer = setInterval(() => this.#check(), CHECK_MS).unref()
    this.#check()
  }

  /** Whether no more than `reserve` descriptors are free: a client that wants one is refused then. */
  refuse(reserve: number): boolean {
    if (!this.#scarce(reserve)) return false
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
    else if (!this.#refused && !this.#scarce(RESERVED_DESCRIPTORS + MORE)) this.#faults.end('descriptors')
    this.#refused = false
  }

  #begin(): void {
    const whose = this.#systemWide ? ' of the system' : Number.isFinite(this.#limit) ? ` (limit ${this.#limit})` : ''
    this.#faults.begin('descriptors', `out of file descriptors${whose}`)
  }

  /** The system gives the lowest number that is free. */
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

  #readLimit(): number {
    if (this.#limits === undefined) return this.#limit
    const bytes = Buffer.alloc(4_096)
    const length = readSync(this.#limits, bytes, 0, bytes.length, 0)
    const soft = /^Max open files\s+(\d+)/m.exec(bytes.toString('latin1', 0, length))?.[1]
    return soft === undefined ? Number.POSITIVE_INFINITY : Number(soft)
  }
}
