import type { Vitals } from './vitals.ts'

/** Maximum time of an answer of the engine. */
const TIMEOUT_MS = 2_000

/** Resolves with an answer of the engine. Rejects after 2 s. */
export async function inTime<T>(answer: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(reject, TIMEOUT_MS, new Error('the engine does not answer'))
  try {
    return await Promise.race([answer, late])
  } finally {
    clearTimeout(timer)
  }
}

/** Resolves with the reason why the daemon is not ready; undefined if it is ready. */
export async function troubleOf({ engine, faults, draining }: Vitals): Promise<string | undefined> {
  if (draining) return 'stopping'
  try {
    await inTime(engine.ping())
    return faults.reason
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
