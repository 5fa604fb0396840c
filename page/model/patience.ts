/** Attempts that are repeated until the server can be reached. */
import type { ErrorCode } from '../../commands/errors.ts'
import { DisconnectedError, RefusedError } from '../../src/client/errors.ts'
import { Signal } from './signal.ts'

/** Times before the next attempt: the first, and the longest, in ms. */
const FIRST_RETRY_MS = 500
const LAST_RETRY_MS = 10_000

/** Codes of logins that are refused because of the name or its secret. */
const WRONG_NAME: ReadonlySet<ErrorCode> = new Set(['secret-wrong', 'name-reserved', 'name-unknown'])

/** Returns true for an error with which the server ends all sessions of the user. */
export function endsSession(error: RefusedError | DisconnectedError) {
  if (error instanceof RefusedError) return WRONG_NAME.has(error.code)
  // Other connections of the address may end.
  return error.isFinal && error.code !== 'too-many-from-address'
}

export class Patience {
  #isOver = false
  /** Emits when the next attempt is to be made at once. */
  readonly #hurried = new Signal()

  /** True when nothing is attempted again. */
  get isOver() {
    return this.#isOver
  }

  end() {
    this.#isOver = true
  }

  hurry() {
    this.#hurried.emit()
  }

  /**
   * Repeats an attempt, less and less often, until it succeeds.
   *
   * @param failed called before each wait
   * @throws whatever another attempt would meet again
   */
  async repeat<T>(attempt: () => Promise<T>, failed?: (error: Error, retryMs: number) => void): Promise<T> {
    for (let retryMs = FIRST_RETRY_MS; ; retryMs = Math.min(LAST_RETRY_MS, retryMs * 2)) {
      try {
        return await attempt()
      } catch (error) {
        if (this.#isOver || !passes(error)) throw error
        failed?.(error, retryMs)
      }
      await this.#wait(retryMs)
    }
  }

  #wait(ms: number) {
    return new Promise<void>((resolve) => {
      const goOn = () => {
        clearTimeout(timer)
        this.#hurried.off(goOn)
        resolve()
      }
      const timer = setTimeout(goOn, ms)
      this.#hurried.on(goOn)
    })
  }
}

/** Returns true for an error that another attempt may not meet. */
function passes(error: unknown): error is Error {
  if (error instanceof DisconnectedError) return !endsSession(error)
  return error instanceof RefusedError && (error.code === 'unavailable' || error.code === 'too-many-attempts')
}
