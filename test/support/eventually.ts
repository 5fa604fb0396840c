/** What a machine that has much else to do may need. */
import { vi } from 'vitest'

/** Longer than anything should take, and shorter than a test may, in ms. */
export const PATIENCE_MS = 60_000

/** For a test that holds a time against a bound: it is tried again, as the machine may have stood still meanwhile. */
export const TIMED = { retry: 2 }

/** Does it again, every so many ms, until it does not fail any more; resolves with what it gives. Rejects with what failed last. */
export function eventually<T>(check: () => T | Promise<T>, interval = 20): Promise<T> {
  return vi.waitFor(check, { timeout: PATIENCE_MS, interval })
}
