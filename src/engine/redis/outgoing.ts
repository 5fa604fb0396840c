import { Shared, Unavailable } from '../engine.ts'
import type { Draft, Event } from '../event.ts'
import { type Batch, type Committed, commitBatch, NotAdmitted, settleBatch } from './batch.ts'
import { roomOf } from './keys.ts'
import type { RedisLog } from './log.ts'
import type { Logs } from './logs.ts'
import { ConnectionLost, type Port, Refused } from './port.ts'

/** Bytes of one script call, an event counted as so many beside its text: Redis does nothing else meanwhile. */
const BATCH_BYTES = 65_536
const EVENT_BYTES = 128

/** An event on its way. */
export interface Waiting {
  readonly draft: Draft
  readonly log: RedisLog
  readonly size: number
  /** Of the same room, in another log, and said before: goes first, so that a reader of both can tell. */
  readonly behind: Waiting | undefined
  sent: boolean
  resolve(event: Event): void
  reject(error: Error): void
}

/**
 * What this node appends to a log: all that a tick has brought in one script call, one call under way at a time.
 *
 * When the connection breaks, what was not sent is refused. What was sent may have been committed or not: it is answered when
 * the next connection has told, see {@link Outgoing.settle}.
 */
export class Outgoing {
  readonly #log: RedisLog
  readonly #logs: Logs
  #waiting: Waiting[] = []
  #batch: Batch | undefined
  #entering = false

  constructor(log: RedisLog, logs: Logs) {
    this.#log = log
    this.#logs = logs
  }

  get idle(): boolean {
    return !this.#batch && this.#waiting.length === 0
  }

  /** Whether a batch has been sent and not answered. */
  get underWay(): boolean {
    return this.#batch !== undefined
  }

  push(waiting: Waiting): void {
    this.#waiting.push(waiting)
    if (!this.#batch) this.#logs.ready(this.#log)
  }

  /** False when what waits must wait longer: for something else that is under way, whose answer has this called again. */
  send(): boolean {
    const { name } = this.#log
    const { nodes } = this.#logs
    if (this.#batch || this.#waiting.length === 0) return true
    if (roomOf(name) !== undefined && !nodes.isAdmitted(name)) {
      void this.#enter()
      return false
    }
    const waiting = this.#take()
    if (waiting.length === 0) return false
    this.#batch = { log: name, node: nodes.id, number: this.#logs.nextNumber(), waiting }
    void this.#commit(this.#batch)
    return true
  }

  /** The connection is gone, or everything ends: what was not sent is refused. */
  down(reason: string): void {
    this.#refuse(this.#waiting.splice(0), new Unavailable(reason))
  }

  /** Finds out on a new connection what became of what was under way when the last one broke. */
  async settle(port: Port): Promise<void> {
    if (!this.#batch) return
    const batch = this.#batch
    const committed = await settleBatch(batch, this.#logs.keys, port)
    if (committed) this.#done(batch, committed)
    else this.abandon('the connection broke')
  }

  /** Refuses what is under way. */
  abandon(reason: string): void {
    this.#refuse(this.#batch?.waiting ?? [], new Unavailable(reason))
  }

  /** Takes the oldest of what waits, at least one if that may go; the end of a room is a batch of its own. */
  #take(): Waiting[] {
    let count = 0
    let bytes = 0
    for (const { draft, size, behind } of this.#waiting) {
      if (behind && !behind.sent) break
      if (count > 0 && (bytes + size > BATCH_BYTES || draft.kind === 'closed')) break
      count++
      bytes += size
      if (draft.kind === 'closed') break
    }
    const taken = this.#waiting.splice(0, count)
    for (const waiting of taken) waiting.sent = true
    return taken
  }

  async #enter(): Promise<void> {
    if (this.#entering) return
    this.#entering = true
    try {
      await this.#logs.nodes.enter(this.#log.name)
    } catch (error) {
      this.#noteRefusal(error)
      this.down((error as Error).message)
    }
    this.#entering = false
    this.#logs.ready(this.#log)
  }

  async #commit(batch: Batch): Promise<void> {
    const { keys, link, watch, nodes } = this.#logs
    const started = performance.now()
    const committed = await commitBatch(batch, this.#log.seen ?? 0, keys, link).catch((error: Error) => {
      // The next connection will tell.
      if (error instanceof ConnectionLost) return
      if (error instanceof NotAdmitted && error.status === 'unknown') nodes.noticeLoss()
      if (error instanceof NotAdmitted && error.status === 'dead') nodes.noticeDeath()
      this.#noteRefusal(error)
      this.#refuse(batch.waiting, error)
    })
    if (!committed) return
    watch.measured(batch.waiting.length, performance.now() - started)
    if (committed.lost) nodes.noticeLoss()
    this.#done(batch, committed)
  }

  #noteRefusal(error: unknown): void {
    if (error instanceof Refused) this.#logs.watch.refused(error.message)
  }

  #done({ waiting, number }: Batch, committed: Committed): void {
    const last = committed.events.at(-1)
    for (const [place, { resolve, reject }] of waiting.entries()) {
      const answer = committed.answers[place]
      if (answer instanceof Shared) this.#log.whenSeen(last?.id ?? committed.prev ?? 0, () => reject(answer))
      else if (answer instanceof Error) reject(answer)
      else if (answer) resolve(answer)
    }
    this.#answered(waiting)
    if (last) this.#logs.watch.timed(last)
    // Last: what a follower throws is no answer to whoever has appended.
    this.#log.committed(number, committed)
  }

  #refuse(waiting: readonly Waiting[], error: Error): void {
    for (const one of waiting) {
      one.sent = true
      one.reject(error)
    }
    this.#answered(waiting)
  }

  #answered(waiting: readonly Waiting[]): void {
    if (this.#batch?.waiting === waiting) this.#batch = undefined
    this.#logs.answered(waiting)
    this.#logs.ready(this.#log)
  }
}

export function sizeOf({ body }: Pick<Draft, 'body'>): number {
  return EVENT_BYTES + Buffer.byteLength(body)
}
