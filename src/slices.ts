import { nextRound } from './tick.ts'

/** Yields items in their order, `size` at a time. */
export function* slicesOf<T>(items: readonly T[], size: number): Generator<readonly T[]> {
  for (let start = 0; start < items.length; start += size) yield items.slice(start, start + size)
}

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
  for (const slice of slicesOf(items, size)) {
    if (results.length > 0) await nextRound()
    results.push(...(await Promise.all(slice.map(work))))
  }
  return results
}
