import { Shared, Unavailable } from '../engine.ts'
import type { Draft, Event } from '../event.ts'
import { takeRepeatable } from '../repeatable.ts'
import { type Batch, type Committed, commitBatch, NotAdmitted, settleBatch } from './batch.ts'
import { ConnectionLost, type RedisConnection, Refused } from './connection.ts'
import { roomOf } from './keys.ts'
import type { RedisLog } from './log.ts'
import type { Logs } from './logs.ts'

/** Maximum bytes of a batch, as Redis executes nothing else meanwhile. */
const BATCH_BYTES = 65_536
/** Estimated bytes of an event without its text. */
const EVENT_BYTES = 128

/** An event that is not yet committed or refused. */
export interface Waiting {
  readonly draft: Draft
  readonly log: RedisLog
  readonly size: number
  /** An earlier event of the same room in another log, which must be sent first so that ids show the order. */
  readonly behind: Waiting | undefined
  /** Number of the next events of the log that are sent in the same batch. */
  readonly withNext: number
  sent: boolean
  resolve(event: Event): void
  reject(error: Error): void
}

/**
 * The queue of events that this node appends to a log: the events of a tick go in one batch, and one batch is under way at a time.
 *
 * When the connection is lost, events that were not sent are refused. The batch under way may be committed or not: that is found out on
 * the next connection, see {@link Outgoing.settle}.
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

  /** True if a batch has been sent and has no reply yet. */
  get underWay(): boolean {
    return this.#batch !== undefined
  }

  push(waiting: Waiting): void {
    this.#waiting.push(waiting)
    if (!this.#batch) this.#logs.ready(this.#log)
  }

  /** Sends a batch. Returns false if events must wait: for the node's admission, or for an earlier event in another log. */
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

  /** Refuses events that were not sent. Called when the connection is lost or the engine stops. */
  down(reason: string): void {
    this.#refuse(this.#waiting.splice(0), new Unavailable(reason))
  }

  /** Finds out on a new connection whether the batch under way is committed. */
  async settle(connection: RedisConnection): Promise<void> {
    if (!this.#batch) return
    const batch = this.#batch
    const committed = await settleBatch(batch, this.#logs.keys, connection)
    if (!committed) return this.abandon('the connection broke')
    // A log that was about to be followed is followed from before what this node has appended.
    if (this.#log.followed && committed.before !== undefined) this.#log.seen ??= committed.before
    this.#done(batch, committed)
  }

  /** Refuses the batch under way. */
  abandon(reason: string): void {
    this.#refuse(this.#batch?.waiting ?? [], new Unavailable(reason))
  }

  /** Takes the oldest waiting events that may be sent, at least one if there is one; `closed` is a batch of its own. */
  #take(): Waiting[] {
    let count = 0
    let bytes = 0
    for (let first = this.#waiting[0]; first; first = this.#waiting[count]) {
      const { draft, behind, withNext } = first
      if (behind && !behind.sent) break
      const end = count + 1 + withNext
      let more = 0
      for (let place = count; place < end; place++) more += this.#waiting[place]?.size ?? 0
      if (count > 0 && (bytes + more > BATCH_BYTES || draft.kind === 'closed')) break
      count = end
      bytes += more
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
    const { keys, link, observer, nodes } = this.#logs
    const started = performance.now()
    const committed = await commitBatch(batch, this.#log.seen ?? 0, keys, link).catch((error: Error) => {
      // Settled on the next connection.
      if (error instanceof ConnectionLost) return
      if (error instanceof NotAdmitted && error.status === 'unknown') nodes.noticeLoss()
      if (error instanceof NotAdmitted && error.status === 'dead') nodes.noticeDeath()
      this.#noteRefusal(error)
      const { behind, others } = takeRepeatable(batch.waiting, this.#waiting)
      this.#waiting = others
      this.#refuse(batch.waiting, error)
      this.#refuse(behind, error)
    })
    if (!committed) return
    observer.measured(batch.waiting.length, performance.now() - started)
    if (committed.lost) nodes.noticeLoss()
    this.#done(batch, committed)
  }

  #noteRefusal(error: unknown): void {
    if (error instanceof Refused) this.#logs.observer.refused(error.message)
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
    if (last) this.#logs.observer.timed(last)
    // Last, so that an error of a follower does not affect the appends.
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
