import type { Draft } from './event.ts'

interface Queued {
  readonly draft: Draft
}

/**
 * Divides a queue behind a batch that is refused. Messages with a nonce are refused with those before them, because they are sent again:
 * one that was committed would stand in the log before the ones that it was sent behind.
 */
export function takeRepeatable<T extends Queued>(batch: readonly T[], queue: T[]): { behind: T[]; others: T[] } {
  if (!batch.some(isRepeatable)) return { behind: [], others: queue }
  return { behind: queue.filter(isRepeatable), others: queue.filter((queued) => !isRepeatable(queued)) }
}

function isRepeatable({ draft }: Queued): boolean {
  return draft.nonce !== undefined
}
