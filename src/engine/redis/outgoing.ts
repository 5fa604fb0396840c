import { takeBatch, takeRepeatable } from '../append-queue.ts'
import { Shared, Unavailable } from '../errors.ts'
import type { Event, LogName } from '../event.ts'
import { type Batch, type Committed, commitBatch, NotAdmitted, settleBatch, type Waiting } from './batch.ts'
import { ConnectionLost, type RedisConnection, Refused } from './connection.ts'
import { type Keys, roomOf } from './keys.ts'
import type { Link } from './link.ts'
import type { Nodes } from './nodes.ts'

/** Maximum bytes of a batch, as Redis executes nothing else meanwhile. */
const BATCH_BYTES = 65_536

/** Services that the queues of all logs share. */
export interface Sending {
  readonly keys: Keys
  readonly link: Pick<Link, 'eval'>
  readonly nodes: Pick<Nodes, 'id' | 'isAdmitted' | 'enter' | 'noticeLoss' | 'noticeDeath'>
  readonly observer: CommitObserver
  /** Returns the number of the next batch of this node. */
  nextNumber(): number
  /** Called when events are committed or refused. */
  answered(waiting: readonly Waiting[]): void
  /** Called when events of a queue wait, or none does any more. */
  ready(queue: Outgoing): void
}

interface CommitObserver {
  /** Called with the number of events of a commit and its duration. */
  measured(events: number, ms: number): void
  /** Called with the last event of a commit. */
  timed(event: Event): void
  /** Called when Redis has refused a commit. */
  refused(reason: string): void
}

/** A log as its queue sees it: how far it is read, and what is told about its batches. */
export interface SentLog {
  readonly name: LogName
  readonly followed: boolean
  /** See {@link RedisLog.seen}. */
  seen: number | undefined
  /** Calls `then` when all events up to an id are delivered. */
  whenSeen(id: number, then: () => void): void
  /** Takes the reply to a batch. */
  committed(number: number, committed: Committed): void
}

/**
 * The queue of events that this node appends to a log: the events of a tick go in one batch, and one batch is under way at a time.
 *
 * When the connection is lost, events that were not sent are refused. The batch under way may be committed or not: that is found out on
 * the next connection, see {@link Outgoing.settle}.
 */
export class Outgoing {
  readonly #log: SentLog
  readonly #sending: Sending
  #waiting: Waiting[] = []
  #batch: Batch | undefined
  #entering = false

  constructor(log: SentLog, sending: Sending) {
    this.#log = log
    this.#sending = sending
  }

  get name(): LogName {
    return this.#log.name
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
    if (!this.#batch) this.#sending.ready(this)
  }

  /** Sends a batch. Returns false if events must wait: for the node's admission, or for an earlier event in another log. */
  send(): boolean {
    const { name } = this
    const { nodes } = this.#sending
    if (this.#batch || this.#waiting.length === 0) return true
    if (roomOf(name) !== undefined && !nodes.isAdmitted(name)) {
      void this.#enter()
      return false
    }
    const waiting = takeBatch(this.#waiting, BATCH_BYTES, mayFollow)
    if (waiting.length === 0) return false
    for (const one of waiting) one.sent = true
    this.#batch = { log: name, node: nodes.id, number: this.#sending.nextNumber(), waiting }
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
    const committed = await settleBatch(batch, this.#sending.keys, connection)
    if (!committed) return this.abandon('the connection broke')
    // A log that was about to be followed is followed from before what this node has appended.
    if (this.#log.followed && committed.before !== undefined) this.#log.seen ??= committed.before
    this.#done(batch, committed)
  }

  /** Refuses the batch under way. */
  abandon(reason: string): void {
    this.#refuse(this.#batch?.waiting ?? [], new Unavailable(reason))
  }

  async #enter(): Promise<void> {
    if (this.#entering) return
    this.#entering = true
    try {
      await this.#sending.nodes.enter(this.name)
    } catch (error) {
      this.#noteRefusal(error)
      this.down((error as Error).message)
    }
    this.#entering = false
    this.#sending.ready(this)
  }

  async #commit(batch: Batch): Promise<void> {
    const { keys, link, observer, nodes } = this.#sending
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
    if (error instanceof Refused) this.#sending.observer.refused(error.message)
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
    if (last) this.#sending.observer.timed(last)
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
    this.#sending.answered(waiting)
    this.#sending.ready(this)
  }
}

/** Returns true if an event may be sent, behind `previous` in a batch; `closed` is a batch of its own. */
function mayFollow({ draft, behind }: Waiting, previous: Waiting | undefined): boolean {
  if (behind && !behind.sent) return false
  return !previous || (draft.kind !== 'closed' && previous.draft.kind !== 'closed')
}
