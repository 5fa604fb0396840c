/** Queues of events that wait for their commit. */
import type { Draft, Event, LogName } from './event.ts'

/** An event that waits for its commit. */
export interface QueuedAppend {
  readonly log: LogName
  readonly draft: Draft
  /** Estimated bytes. */
  readonly size: number
  /** Number of the next events that are committed in the same batch. */
  readonly withNext: number
  resolve(event: Event): void
  reject(error: Error): void
}

/**
 * Takes the oldest events of a queue: at most `maxBytes` of them, or the first one and those that must be committed with it. `mayFollow` returns
 * false if the batch ends before an event; `previous` is the event before it in the batch, undefined for the first one.
 */
export function takeBatch<T extends QueuedAppend>(
  queue: T[],
  maxBytes: number,
  mayFollow?: (next: T, previous: T | undefined) => boolean,
): T[] {
  let count = 0
  let bytes = 0
  for (let first = queue[0]; first; first = queue[count]) {
    if (mayFollow?.(first, queue[count - 1]) === false) break
    const end = count + 1 + first.withNext
    let more = 0
    for (let place = count; place < end; place++) more += queue[place]?.size ?? 0
    if (count > 0 && bytes + more > maxBytes) break
    count = end
    bytes += more
  }
  return queue.splice(0, count)
}

/**
 * Divides a queue behind a batch that is refused. Messages with a nonce are refused with those before them, because they are sent again:
 * one that was committed would stand in the log before the ones that it was sent behind.
 */
export function takeRepeatable<T extends QueuedAppend>(batch: readonly T[], queue: T[]): { behind: T[]; others: T[] } {
  if (!batch.some(isRepeatable)) return { behind: [], others: queue }
  return { behind: queue.filter(isRepeatable), others: queue.filter((queued) => !isRepeatable(queued)) }
}

function isRepeatable({ draft }: QueuedAppend): boolean {
  return draft.nonce !== undefined
}
