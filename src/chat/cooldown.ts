/** Maximum share of the time that is spent on making a shared result. */
const SHARE = 1 / 10
/** Maximum cooldown, in ms: it may have been the store that took long. */
const MOST_MS = 1_000

/** The cooldown, in ms, of a result that took `ms` to make. */
export function cooldownAfter(ms: number): number {
  return Math.min(ms / SHARE, MOST_MS)
}
