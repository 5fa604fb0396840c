import { setTimeout as delay } from 'node:timers/promises'
import { nextRound } from '../../tick.ts'
import type { Operation } from '../observer.ts'
import { isDamage } from './database.ts'
import type { OpenFiles } from './files.ts'
import type { StoreHealth } from './health.ts'

const EVERY_MS = 1_000
/** Time after a failure in which the work is not tried again. */
const FAILED_MS = 5_000
/** Time after a commit in which work leaves most of the time to commits. */
const BUSY_MS = 50

/** Work that is done again and again. */
interface BackgroundWork {
  /** Begins it; each slice of it runs between requests. */
  readonly slices: () => Iterable<void>
  /** While there are commits: ratio of the pauses between slices to the time of these. Without it there are none. */
  readonly pause?: number
  /** Time until the first run, in ms; at once if not given. */
  readonly afterMs?: number
  /** The operation that fails with it where the database is damaged. */
  readonly damages?: Operation
}

/** Repeats work of the store's thread between its requests. */
export class Background {
  /** Time of the last commit, in ms of `performance`. */
  committedAt = 0
  readonly #health: StoreHealth
  readonly #files: OpenFiles | undefined
  #isStopped = false

  constructor(health: StoreHealth, files: OpenFiles | undefined) {
    this.#health = health
    this.#files = files
  }

  /** No slice begins any more. */
  stop(): void {
    this.#isStopped = true
  }

  start(work: BackgroundWork): void {
    if (work.afterMs === undefined) void this.#run(work)
    else setTimeout(() => this.#run(work), work.afterMs).unref()
  }

  async #run(work: BackgroundWork): Promise<void> {
    if (this.#isStopped) return
    const { slices, pause = 0, damages = 'commits' } = work
    let againMs = EVERY_MS
    try {
      let started = performance.now()
      for (const _ of slices()) {
        this.#files?.noteCommit()
        await this.#rest((performance.now() - started) * pause)
        if (this.#isStopped) return
        started = performance.now()
      }
    } catch (error) {
      const operation = isDamage(error) ? damages : 'commits'
      if (!this.#isStopped) this.#health.failed(operation, error, () => void slices()[Symbol.iterator]().next())
      againMs = FAILED_MS
    }
    if (!this.#isStopped) setTimeout(() => this.#run(work), againMs).unref()
  }

  /** Lets requests run, for a time in ms while there are commits. */
  #rest(ms: number): Promise<unknown> {
    const isBusy = performance.now() - this.committedAt < BUSY_MS
    return ms > 0 && isBusy ? delay(ms, undefined, { ref: false }) : nextRound()
  }
}
