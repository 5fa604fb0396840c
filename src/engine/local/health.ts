import type { DatabaseSync } from 'node:sqlite'
import type { Operation } from '../observer.ts'
import { causeOf, isDamage } from './database.ts'
import { Displaced, type OpenFiles } from './files.ts'
import type { StoreNotice } from './messages.ts'
import { type LocalStore, STORE_METHODS, type StoreMethod } from './store.ts'

/** Time from the last failure to a retry. */
const RETRY_AFTER_MS = 1_000

interface Failure {
  /** Reason in the last notice. */
  reason: string | undefined
  /** Time of the last failure, in ms of `performance`. */
  at: number
  /** Throws while the failure lasts; undefined for a permanent failure. */
  retry: (() => unknown) | undefined
}

/** Calls methods of the store, reports when commits or reads begin to fail, and retries until they work again. */
export class StoreHealth {
  readonly #store: LocalStore
  readonly #db: DatabaseSync
  readonly #files: OpenFiles | undefined
  readonly #tell: (notice: StoreNotice) => void
  readonly #failures = new Map<Operation, Failure>()

  constructor(store: LocalStore, db: DatabaseSync, files: OpenFiles | undefined, tell: (notice: StoreNotice) => void) {
    this.#store = store
    this.#db = db
    this.#files = files
    this.#tell = tell
  }

  /** Calls a method of the store and throws its errors; then nothing has changed. */
  call(method: StoreMethod, args: readonly unknown[]): unknown {
    // StoreThread.call has checked the types.
    const work = () => (this.#store[method] as (...args: readonly unknown[]) => unknown)(...args)
    try {
      if (this.#files?.overwritten) throw this.#files.overwritten
      if (method === 'ping') this.#files?.checkAll()
      return work()
    } catch (error) {
      this.failed(STORE_METHODS[method], error, work)
      throw error
    }
  }

  /** Records that a commit, or `read`, has failed. */
  failed(what: Operation, error: unknown, read?: () => unknown): void {
    const trouble = error instanceof Displaced ? 'commits' : what
    const reason = causeOf(error)
    let failure = this.#failures.get(trouble)
    if (!failure) {
      failure = { reason: undefined, at: 0, retry: undefined }
      if (trouble === 'commits') failure.retry = () => this.#probe()
      else failure.retry = read
      this.#failures.set(trouble, failure)
    }
    failure.at = performance.now()
    // Damage is permanent, although other pages can be written to.
    if (trouble === 'commits' && isDamage(error)) failure.retry = undefined
    if (failure.reason !== reason) {
      failure.reason = reason
      this.#tell({ notice: 'trouble', what: trouble, reason })
    }
    if (error instanceof Displaced) this.#secure()
  }

  /** Checks the files and retries; must be called several times a second. */
  check(): void {
    if (!this.#failures.has('commits')) this.#try('commits', () => this.#files?.checkAll())
    for (const [trouble, failure] of this.#failures) {
      if (!failure.retry || performance.now() - failure.at < RETRY_AFTER_MS) continue
      if (!this.#try(trouble, failure.retry)) continue
      this.#failures.delete(trouble)
      this.#tell({ notice: 'recovered', what: trouble })
    }
  }

  #probe(): void {
    this.#files?.checkAll()
    this.#store.probe()
  }

  #try(trouble: Operation, what: () => unknown): boolean {
    try {
      what()
      return true
    } catch (error) {
      this.failed(trouble, error)
      return false
    }
  }

  #secure(): void {
    try {
      this.#files?.secure(this.#db)
    } catch {
      // Tried again at the next failure.
    }
  }
}
