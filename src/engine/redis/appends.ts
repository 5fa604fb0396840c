import { atTickEnd } from '../../tick.ts'
import { Closed, Unavailable } from '../engine.ts'
import type { Draft, Event, LogName } from '../event.ts'
import { type Committed, commitBatch, NotAdmitted, settled } from './batch.ts'
import { type Connection, ConnectionLost, Refused } from './connection.ts'
import { type Keys, roomOf } from './keys.ts'
import type { Link } from './link.ts'
import type { Nodes } from './nodes.ts'
import { type Batch, nextOf, type Queue, sizeOf, type Waiting } from './queue.ts'
import type { Told } from './told.ts'

/** Events and bytes that may wait, or be under way, before more are refused. */
const MOST_EVENTS = 50_000
const MOST_BYTES = 67_108_864

/** Who hears of commits. */
export interface Committer {
  /** What followers here have seen of a log; 0 where there are none. */
  floor(log: LogName): number
  committed(log: LogName, prev: number, events: readonly Event[]): void
  measured(events: number, ms: number): void
  /** The last event of a commit. */
  timed(event: Event): void
  /** Redis has refused a commit. */
  refused(reason: string): void
}

/**
 * Events on their way to Redis: all that a turn has brought for a log in one script call, one call for each log under way.
 *
 * When the connection breaks, what was not sent is refused. What was sent may have been committed or not: it is answered
 * when the next connection has told, see {@link Appends.settle}.
 */
export class Appends {
  readonly #keys: Keys
  readonly #link: Link
  readonly #nodes: Nodes
  readonly #committer: Committer
  readonly #queues = new Map<LogName, Queue>()
  /** Logs of which something waits and nothing is under way. */
  readonly #ready = new Set<LogName>()
  /** What came last of a room, in whatever log, as long as it has not been sent. */
  readonly #latest = new Map<number, Waiting>()
  #scheduled = false
  #events = 0
  #bytes = 0
  #number = 0

  constructor(keys: Keys, link: Link, nodes: Nodes, committer: Committer) {
    this.#keys = keys
    this.#link = link
    this.#nodes = nodes
    this.#committer = committer
  }

  get idle(): boolean {
    return this.#queues.size === 0
  }

  /** Rejects with {@link Unavailable} or {@link Closed}. A `closed` ends the room. */
  append(log: LogName, draft: Draft): Promise<Event> {
    if (!this.#link.connection) return Promise.reject(new Unavailable('Redis is away'))
    if (this.#events >= MOST_EVENTS || this.#bytes >= MOST_BYTES) {
      return Promise.reject(new Unavailable('too much is waiting for Redis'))
    }
    return new Promise((resolve, reject) => {
      let queue = this.#queues.get(log)
      if (!queue) this.#queues.set(log, (queue = { waiting: [], batch: undefined, entering: false }))
      const size = sizeOf(draft)
      const latest = this.#latest.get(draft.room)
      const behind = latest && !latest.sent && latest.log !== log ? latest : undefined
      const waiting: Waiting = { draft, log, size, behind, sent: false, resolve, reject }
      queue.waiting.push(waiting)
      this.#latest.set(draft.room, waiting)
      this.#events++
      this.#bytes += size
      if (!queue.batch) this.#schedule(log)
    })
  }

  /** Whether a batch of this node's has been sent and not answered. */
  isUnderWay(log: LogName, { node, number }: Told): boolean {
    const batch = this.#queues.get(log)?.batch
    return batch !== undefined && batch.node === node && batch.number === number
  }

  /** Called at the end of the turn. */
  commit(): void {
    this.#scheduled = false
    // What has been sent may let go what is behind it in another log.
    for (let going = true; going; ) {
      going = false
      for (const log of [...this.#ready]) {
        const queue = this.#queues.get(log)
        if (queue && !queue.batch && !this.#send(log, queue)) continue
        this.#ready.delete(log)
        going = true
      }
    }
    for (const [room, { sent }] of this.#latest) if (sent) this.#latest.delete(room)
  }

  /** The connection is gone: what was not sent is refused. */
  down(reason: string): void {
    for (const [log, queue] of this.#queues) {
      this.#refuse(queue.waiting.splice(0), new Unavailable(reason))
      this.#dropIdle(log, queue)
    }
  }

  /** Finds out on a new connection what became of all that was under way when the last one broke. */
  async settle(connection: Connection): Promise<void> {
    for (const { batch } of [...this.#queues.values()]) {
      if (!batch) continue
      const committed = await settled(batch, this.#keys, connection)
      if (committed) this.#done(batch, committed)
      else this.#refused(batch, new Unavailable('the connection broke'))
    }
  }

  /** Refuses whatever is left. */
  stop(): void {
    this.down('the engine is stopped')
    for (const { batch } of [...this.#queues.values()])
      if (batch) this.#refused(batch, new Unavailable('the engine is stopped'))
  }

  #schedule(log: LogName): void {
    this.#ready.add(log)
    if (this.#scheduled) return
    this.#scheduled = true
    atTickEnd('commit', this)
  }

  /** False when what waits must wait longer: for something else that is under way, whose answer brings it here again. */
  #send(log: LogName, queue: Queue): boolean {
    if (roomOf(log) !== undefined && !this.#nodes.isAdmitted(log)) {
      this.#enter(log, queue)
      return false
    }
    const waiting = nextOf(queue)
    if (waiting.length === 0) {
      this.#dropIdle(log, queue)
      return queue.waiting.length === 0
    }
    const batch: Batch = { log, node: this.#nodes.id, number: ++this.#number, waiting }
    queue.batch = batch
    const started = performance.now()
    void commitBatch(batch, this.#committer.floor(log), this.#keys, this.#link).then(
      (committed) => {
        this.#committer.measured(waiting.length, performance.now() - started)
        if (committed.lost) this.#nodes.noticeLoss()
        this.#done(batch, committed)
      },
      (error: Error) => this.#failed(batch, error),
    )
    return true
  }

  #enter(log: LogName, queue: Queue): void {
    if (queue.entering) return
    queue.entering = true
    const entered = this.#nodes.enter(log).catch((error: Error) => {
      if (error instanceof Refused) this.#committer.refused(error.message)
      this.#refuse(queue.waiting.splice(0), new Unavailable(error.message))
      this.#dropIdle(log, queue)
    })
    void entered.then(() => {
      queue.entering = false
      if (queue.waiting.length > 0 && !queue.batch) this.#schedule(log)
    })
  }

  #done(batch: Batch, { prev, events, answers }: Committed): void {
    for (const [place, { resolve, reject }] of batch.waiting.entries()) {
      const event = answers[place]
      if (event) resolve(event)
      else reject(new Closed(batch.log))
    }
    this.#next(batch)
    const last = events.at(-1)
    if (last) this.#committer.timed(last)
    // Last: what a follower throws is no answer to whoever has appended.
    if (prev !== undefined && events.length > 0) this.#committer.committed(batch.log, prev, events)
  }

  #failed(batch: Batch, error: Error): void {
    // The next connection will tell.
    if (error instanceof ConnectionLost) return
    if (error instanceof NotAdmitted && error.status === 'unknown') this.#nodes.noticeLoss()
    if (error instanceof NotAdmitted && error.status === 'dead') this.#nodes.noticeDeath()
    if (error instanceof Refused) this.#committer.refused(error.message)
    this.#refused(batch, error)
  }

  #refused(batch: Batch, error: Error): void {
    for (const { reject } of batch.waiting) reject(error)
    this.#next(batch)
  }

  #next(batch: Batch): void {
    this.#forget(batch.waiting)
    const queue = this.#queues.get(batch.log)
    if (queue?.batch !== batch) return
    queue.batch = undefined
    if (queue.waiting.length > 0) this.#schedule(batch.log)
    else this.#queues.delete(batch.log)
  }

  #refuse(waiting: readonly Waiting[], error: Error): void {
    this.#forget(waiting)
    for (const one of waiting) {
      one.sent = true
      one.reject(error)
    }
  }

  #forget(waiting: readonly Waiting[]): void {
    this.#events -= waiting.length
    for (const { size } of waiting) this.#bytes -= size
  }

  #dropIdle(log: LogName, queue: Queue): void {
    if (queue.batch || queue.waiting.length > 0) return
    if (this.#queues.get(log) === queue) this.#queues.delete(log)
  }
}
