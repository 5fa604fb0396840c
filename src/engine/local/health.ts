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

type Methods = Readonly<Record<StoreMethod, (...args: readonly unknown[]) => unknown>>

/** Calls methods of the store, reports when commits or reads begin to fail, and retries until they work again. */
export class StoreHealth {
  readonly #store: LocalStore
  readonly #db: DatabaseSync
  readonly #files: OpenFiles | undefined
  readonly #notify: (notice: StoreNotice) => void
  readonly #failures = new Map<Operation, Failure>()

  constructor(
    store: LocalStore,
    db: DatabaseSync,
    files: OpenFiles | undefined,
    notify: (notice: StoreNotice) => void,
  ) {
    this.#store = store
    this.#db = db
    this.#files = files
    this.#notify = notify
  }

  /** Calls a method of the store and throws its errors; then nothing has changed. */
  call(method: StoreMethod, args: readonly unknown[]): unknown {
    const present = method === 'ping' && (this.#failures.get('commits') ?? this.#failures.get('reads'))
    // Reported already.
    if (present) throw new Error(present.reason)
    // StoreThread.call has checked the names and the types.
    const [name, table] = method.split('.').reverse()
    const owner: unknown = table === undefined ? this.#store : this.#store[table as keyof LocalStore]
    const work = (owner as Methods)[name as StoreMethod].bind(owner, ...args)
    try {
      if (this.#files?.overwritten) throw this.#files.overwritten
      if (method === 'ping') this.#files?.checkAll()
      const value = STORE_METHODS[method] === 'transaction' ? this.#store.transaction(work) : work()
      this.#files?.noteCommit()
      return value
    } catch (error) {
      this.failed(STORE_METHODS[method] === 'reads' ? 'reads' : 'commits', error, work)
      throw error
    }
  }

  /** Records that a commit, or `read`, has failed. */
  failed(attempted: Operation, met: unknown, read?: () => unknown): void {
    const error = isDamage(met) ? (this.#displaced() ?? met) : met
    // Before it is told, on which an operator may end the process.
    if (error instanceof Displaced) this.#secure()
    const operation = error instanceof Displaced ? 'commits' : attempted
    const reason = causeOf(error)
    let failure = this.#failures.get(operation)
    if (!failure) {
      failure = { reason: undefined, at: 0, retry: undefined }
      if (operation === 'commits') failure.retry = () => this.#probe()
      else failure.retry = read
      this.#failures.set(operation, failure)
    }
    failure.at = performance.now()
    // Damage is permanent, although other pages can be written to.
    if (operation === 'commits' && isDamage(error)) failure.retry = undefined
    if (failure.reason !== reason) {
      failure.reason = reason
      this.#notify({ notice: 'trouble', operation, reason })
    }
  }

  /** Checks the files and retries; must be called several times a second. */
  check(): void {
    if (!this.#failures.has('commits')) this.#try('commits', () => this.#files?.checkAll())
    for (const [operation, failure] of this.#failures) {
      if (!failure.retry || performance.now() - failure.at < RETRY_AFTER_MS) continue
      if (!this.#try(operation, failure.retry)) continue
      this.#failures.delete(operation)
      this.#notify({ notice: 'recovered', operation })
    }
  }

  #probe(): void {
    this.#files?.checkAll()
    this.#store.probe()
  }

  #try(operation: Operation, action: () => unknown): boolean {
    try {
      action()
      return true
    } catch (error) {
      this.failed(operation, error)
      return false
    }
  }

  /** Returns what has damaged the database file, if that is another program. */
  #displaced(): Displaced | undefined {
    try {
      this.#files?.check()
    } catch (error) {
      if (error instanceof Displaced) return error
    }
    return undefined
  }

  #secure(): void {
    try {
      this.#files?.secure(this.#db)
    } catch {
      // Tried again at the next failure.
    }
  }
}
