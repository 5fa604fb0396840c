import type { Draft, Event, LogName } from '../event.ts'

/** Bytes of one script call, an event counted as so many beside its text: Redis does nothing else meanwhile. */
const BATCH = 65_536
const EVENT = 128

export interface Waiting {
  readonly draft: Draft
  readonly log: LogName
  readonly size: number
  /** Of the same room, in another log, and said before: goes first, so that a reader of both can tell. */
  readonly behind: Waiting | undefined
  sent: boolean
  resolve(event: Event): void
  reject(error: Error): void
}

export interface Batch {
  readonly log: LogName
  readonly node: string
  readonly number: number
  readonly waiting: readonly Waiting[]
}

/** What of one log is on its way. */
export interface Queue {
  waiting: Waiting[]
  /** Sent, and not answered; the next one goes when it is, so order needs no thought. */
  batch: Batch | undefined
  /** This node is being let into the log. */
  entering: boolean
}

export function sizeOf({ body }: Draft): number {
  return EVENT + Buffer.byteLength(body)
}

/** Takes the oldest of what waits, at least one if that may go; the end of a room is a batch of its own. */
export function nextOf(queue: Queue): Waiting[] {
  let count = 0
  let bytes = 0
  for (const { draft, size, behind } of queue.waiting) {
    if (behind && !behind.sent) break
    if (count > 0 && (bytes + size > BATCH || draft.kind === 'closed')) break
    count++
    bytes += size
    if (draft.kind === 'closed') break
  }
  const next = queue.waiting.splice(0, count)
  for (const waiting of next) waiting.sent = true
  return next
}
