import { setImmediate as nextRound } from 'node:timers/promises'

/** Maximum time in which a stopping listener accepts the connections in the kernel's queue. */
const EMPTY_QUEUE_MS = 2_000
/** Duration of a round of the event loop in which hardly any connection can have arrived after the queue was polled. */
const SHORT_ROUND_MS = 0.1
/** Rounds without a connection after which the queue counts as empty, and the number of rounds that a short one counts for. */
const QUIET_ROUNDS = 100
const SHORT_ROUND = 50

/**
 * Resolves when the kernel's accept queue of a listening socket is empty: closing the socket would reset the connections in it.
 * `accepted` returns the number of connections accepted so far.
 */
export async function acceptQueueEmptied(accepted: () => number): Promise<void> {
  const startedAt = performance.now()
  // Node.js accepts one connection in each round of the event loop, and may not have polled the queue in the first.
  for (let [quiet, now] = [0, startedAt]; quiet < QUIET_ROUNDS && now - startedAt < EMPTY_QUEUE_MS; ) {
    const [count, before] = [accepted(), now]
    await nextRound()
    now = performance.now()
    // Further connections may have arrived during a long round.
    if (accepted() !== count) quiet = 0
    else quiet += now - before < SHORT_ROUND_MS ? SHORT_ROUND : 1
  }
}
