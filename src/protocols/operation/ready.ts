import type { Vitals } from './vitals.ts'

/** How long the engine may take to answer, in ms. */
const PATIENCE_MS = 2_000

/** Resolves when the engine can commit. Rejects when it cannot, or takes longer than two seconds. */
export async function inTime<T>(answer: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(reject, PATIENCE_MS, new Error('the engine does not answer'))
  try {
    return await Promise.race([answer, late])
  } finally {
    clearTimeout(timer)
  }
}

/** Why the daemon had better not be sent clients now; undefined when it is ready for them. */
export async function troubleOf({ engine, faults, draining }: Vitals): Promise<string | undefined> {
  if (draining) return 'stopping'
  try {
    await inTime(engine.ping())
    return faults.reason
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
