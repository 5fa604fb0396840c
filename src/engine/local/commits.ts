import { atTickEnd, committed } from '../../tick.ts'
import { type QueuedAppend, takeBatch, takeRepeatable } from '../append-queue.ts'
import { ClockMonitor } from '../clock.ts'
import { Closed, Repeated, Unavailable } from '../errors.ts'
import { committedEvent, type Draft, type Event, type LogName } from '../event.ts'
import type { EngineObserver } from '../observer.ts'
import { type Columns, type CommitResult, columnsOfRows, rowOf } from './rows.ts'

/**
 * Maximum bytes of a transaction, estimated for a wire: {@link EVENT_BYTES} for each event and its text. Followers get the events of a
 * transaction at once, so this limits what a client is sent at once.
 */
const BATCH_BYTES = 196_608
const EVENT_BYTES = 128
const ASCII = /^[\0-\x7f]*$/
/** Bytes of a UTF-16 unit of text beyond ASCII, which may be sent as `\uXXXX`. */
const ESCAPED_BYTES = 6

/** Queue of events to commit: all events of a tick go in one transaction, and one transaction is under way at a time. */
export class Commits {
  readonly #commit: (rows: Columns) => Promise<CommitResult>
  readonly #committed: (log: LogName, event: Event) => void
  readonly #observer: Pick<EngineObserver, 'measured' | 'clockWentBack'>
  readonly #clock: ClockMonitor
  /** While it is not empty, a transaction is under way, or begins at the end of this tick. */
  #queue: QueuedAppend[] = []
  #committing = false

  /** `commit` writes rows in one transaction; `committed` is called for each committed event, in the order of each log. */
  constructor(
    commit: (rows: Columns) => Promise<CommitResult>,
    committed: (log: LogName, event: Event) => void,
    observer: Pick<EngineObserver, 'measured' | 'clockWentBack'>,
  ) {
    this.#commit = commit
    this.#committed = committed
    this.#observer = observer
    this.#clock = new ClockMonitor((ms) => observer.clockWentBack?.(ms))
  }

  get idle(): boolean {
    return !this.#committing && this.#queue.length === 0
  }

  /** Queues an event, which is committed in one transaction with the `withNext` that are queued next. @throws Unavailable, Closed, Repeated */
  append(log: LogName, draft: Draft, withNext = 0): Promise<Event> {
    return new Promise((resolve, reject) => {
      const { body } = draft
      const size = EVENT_BYTES + (ASCII.test(body) ? body.length : body.length * ESCAPED_BYTES)
      const waiting = this.#queue.push({ log, draft, size, withNext, resolve, reject })
      if (waiting === 1 && !this.#committing) atTickEnd('commit', this)
    })
  }

  /** Starts a transaction of the oldest waiting events. Called at the end of the tick. */
  commit(): void {
    this.#committing = true
    const batch = takeBatch(this.#queue, BATCH_BYTES)
    const rows = columnsOfRows(batch.map(({ log, draft }) => rowOf(log, draft)))
    const sent = performance.now()
    void this.#commit(rows).then(
      (answer) => {
        this.#observer.measured?.(batch.length, performance.now() - sent)
        const bytes = batch.reduce((sum, { size }) => sum + size, 0)
        committed(answer.ids.filter((id) => id > 0).length, bytes)
        this.#answer(batch, answer)
      },
      (error: Error) => this.#refused(batch, error),
    )
  }

  #answer(batch: readonly QueuedAppend[], { ids, now, left }: CommitResult): void {
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
      if (id < 0) {
        reject(new Repeated(-id))
        continue
      }
      if (draft.kind === 'closed') {
        for (const event of left) if (event.room === draft.room) this.#committed(log, event)
      }
      const event = committedEvent(id, now, draft)
      last = event
      this.#committed(log, event)
      resolve(event)
    }
    if (last) this.#clock.committed(last)
    this.#committing = false
    if (this.#queue.length > 0) atTickEnd('commit', this)
  }

  #refused(batch: readonly QueuedAppend[], error: Error): void {
    const { behind, others } = takeRepeatable(batch, this.#queue)
    this.#queue = others
    for (const { reject } of [...batch, ...behind]) reject(new Unavailable(error.message))
    this.#committing = false
    if (this.#queue.length > 0) atTickEnd('commit', this)
  }
}
