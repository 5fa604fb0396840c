import { atTickEnd, committed } from '../../tick.ts'
import { Closed, Unavailable } from '../engine.ts'
import { type Draft, type Event, type LogName, timeAt } from '../event.ts'
import type { Committed, Row } from './messages.ts'

/**
 * Bytes of one transaction, roughly as they will be on a wire, an event counted as so many beside its text. Followers get a
 * transaction's events in one piece, so this bounds what a reader that keeps up is ever sent at once, however much is said.
 */
const BATCH = 196_608
const EVENT = 128
const ASCII = /^[\0-\x7f]*$/
/** A character beyond ASCII may leave as `\uXXXX`. */
const DEAR = 6

interface Waiting {
  readonly log: LogName
  readonly draft: Draft
  resolve(event: Event): void
  reject(error: Error): void
}

/** Who carries commits out, and hears of them. */
export interface Committer {
  /** Writes rows in one transaction. Rejects with {@link Unavailable}. */
  commit(rows: readonly Row[]): Promise<Committed>
  /** An event is committed: called in the order of the logs. */
  committed(log: LogName, event: Event): void
  /** So many events were committed in one transaction, in so many ms. */
  measured(events: number, ms: number): void
  /** The last of them. */
  timed(event: Event): void
}

/** Events on their way to the store: all that a turn has brought in one transaction, one transaction under way. */
export class Commits {
  readonly #committer: Committer
  #queue: Waiting[] = []
  #committing = false
  #scheduled = false

  constructor(committer: Committer) {
    this.#committer = committer
  }

  get idle(): boolean {
    return !this.#committing && this.#queue.length === 0
  }

  /** Rejects with {@link Unavailable}, or {@link Closed} behind the end of a room's log. */
  append(log: LogName, draft: Draft): Promise<Event> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ log, draft, resolve, reject })
      this.#schedule()
    })
  }

  /** Called at the end of the turn. */
  commit(): void {
    this.#scheduled = false
    if (this.#committing || this.#queue.length === 0) return
    this.#committing = true
    const { batch, size } = this.#nextBatch()
    const rows = batch.map(({ log, draft }): Row => {
      const { kind, room, from, to = null, body, sent = null, color = null, verified } = draft
      return [log, kind, room, from, to, body, sent, color, verified ? 1 : null]
    })
    const sent = performance.now()
    void this.#committer.commit(rows).then(
      (answer) => {
        this.#committer.measured(batch.length, performance.now() - sent)
        committed(batch.length, size)
        this.#committed(batch, answer)
      },
      (error: Error) => this.#refused(batch, error),
    )
  }

  /** Takes the oldest of what waits, at least one. */
  #nextBatch(): { batch: Waiting[]; size: number } {
    let count = 0
    let size = 0
    for (const { draft } of this.#queue) {
      const more = EVENT + sizeOf(draft.body)
      if (count > 0 && size + more > BATCH) break
      size += more
      count++
    }
    return { batch: this.#queue.splice(0, count), size }
  }

  #committed(batch: readonly Waiting[], { ids, now, left }: Committed): void {
    let last: Event | undefined
    for (let index = 0; index < batch.length; index++) {
      const waiting = batch[index]
      const id = ids[index]
      if (!waiting || id === undefined) throw new Error('the store has not numbered every event')
      const { log, draft, resolve, reject } = waiting
      if (id === 0) {
        reject(new Closed(log))
        continue
      }
      if (draft.kind === 'closed') {
        for (const event of left) if (event.room === draft.room) this.#committer.committed(log, event)
      }
      const event = eventOf(id, now, draft)
      last = event
      this.#committer.committed(log, event)
      resolve(event)
    }
    if (last) this.#committer.timed(last)
    this.#next()
  }

  #refused(batch: readonly Waiting[], error: Error): void {
    for (const { reject } of batch) reject(new Unavailable(error.message))
    this.#next()
  }

  #next(): void {
    this.#committing = false
    this.#schedule()
  }

  #schedule(): void {
    if (this.#scheduled || this.#committing || this.#queue.length === 0) return
    this.#scheduled = true
    atTickEnd('commit', this)
  }
}

/** Written out, and not spread: this is done for every line that is said. */
function eventOf(id: number, now: number, { kind, room, from, to, body, sent, color, verified }: Draft): Event {
  const event = { id, at: timeAt(id, now), kind, room, from, body }
  if (to === undefined && sent === undefined && color === undefined && !verified) return event
  return {
    ...event,
    ...(to !== undefined && { to }),
    ...(sent !== undefined && { sent }),
    ...(color !== undefined && { color }),
    ...(verified && { verified }),
  }
}

function sizeOf(text: string): number {
  return ASCII.test(text) ? text.length : text.length * DEAR
}
