/**
 * Requests of all connections that wait for their commit. One queue leads to the store, so while it is long, each connection may
 * have only a few requests in it: a newcomer's waits behind those, and not behind thousands of each.
 */
let waiting = 0

/** Waiting requests, of all connections, from which on the queue is long: about a tenth of a second of commits. */
const LONG_QUEUE = 8_192

/** Counts requests that wait from now on, or do not any more. */
export function noteWaiting(change: number): void {
  waiting += change
}

/** How many requests a connection may have waiting: `most`, or `least` while the queue is long. */
export function windowOf(most: number, least: number): number {
  return waiting < LONG_QUEUE ? most : least
}
