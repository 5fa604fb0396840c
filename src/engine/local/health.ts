import type { DatabaseSync } from 'node:sqlite'
import type { Trouble } from '../watch.ts'
import { causeOf, isDamage } from './database.ts'
import { Displaced, type OpenFiles } from './files.ts'
import type { Notice } from './messages.ts'
import { STORE_METHODS, type Store, type StoreMethod } from './store.ts'

/** How long nothing may have failed before it is tried whether it works again, in ms. */
const REST_MS = 1_000

interface Failure {
  /** As it was told last. */
  reason: string | undefined
  /** When it failed last, on a clock that is never set back. */
  at: number
  /** Throws while it still fails; undefined when that is for good. */
  retry: (() => unknown) | undefined
}

/** Carries requests out, tells when commits or reads begin to fail, and tries by itself whether they work again. */
export class Health {
  readonly #store: Store
  readonly #db: DatabaseSync
  readonly #files: OpenFiles | undefined
  readonly #tell: (notice: Notice) => void
  readonly #failures = new Map<Trouble, Failure>()

  constructor(store: Store, db: DatabaseSync, files: OpenFiles | undefined, tell: (notice: Notice) => void) {
    this.#store = store
    this.#db = db
    this.#files = files
    this.#tell = tell
  }

  /** Calls a method of the store. Throws what that throws; then nothing has changed. */
  call(method: StoreMethod, args: readonly unknown[]): unknown {
    // Typed where it is called, see StoreThread.
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

  /** Something could not be committed, or could not be read by `read`. */
  failed(what: Trouble, error: unknown, read?: () => unknown): void {
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
    // What is damaged stays so, although other pages can be written to.
    if (trouble === 'commits' && isDamage(error)) failure.retry = undefined
    if (failure.reason !== reason) {
      failure.reason = reason
      this.#tell({ notice: 'trouble', what: trouble, reason })
    }
    if (error instanceof Displaced) this.#secure()
  }

  /** Looks for what nobody has asked for: to be called several times a second. */
  check(): void {
    if (!this.#failures.has('commits')) this.#try('commits', () => this.#files?.checkAll())
    for (const [trouble, failure] of this.#failures) {
      if (!failure.retry || performance.now() - failure.at < REST_MS) continue
      if (!this.#try(trouble, failure.retry)) continue
      this.#failures.delete(trouble)
      this.#tell({ notice: 'recovered', what: trouble })
    }
  }

  #probe(): void {
    this.#files?.checkAll()
    this.#store.probe()
  }

  #try(trouble: Trouble, what: () => unknown): boolean {
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
      // A disk that is full, say: it is tried again with the next failure.
    }
  }
}
