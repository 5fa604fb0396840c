/** The part of the time that may be spent on making something that many look at; */
const SHARE = 1 / 10
/** though no longer than this, in ms, is it not made, as it may have been the store that took long. */
const MOST_MS = 1_000

/** How long, in ms, something is to rest that has just taken so many to make. */
export function restAfter(ms: number): number {
  return Math.min(ms / SHARE, MOST_MS)
}
