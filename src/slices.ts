import { nextRound } from './tick.ts'

/**
 * Calls `work` for each item, `size` items at a time, each slice in its own round of the event loop. Resolves with the results in the
 * order of the items; rejects with the first error, without further slices.
 */
export async function inSlices<T, R>(
  items: readonly T[],
  size: number,
  work: (item: T) => R | Promise<R>,
): Promise<R[]> {
  const results: R[] = []
  for (let start = 0; start < items.length; start += size) {
    if (start > 0) await nextRound()
    results.push(...(await Promise.all(items.slice(start, start + size).map(work))))
  }
  return results
}
