import { idAt, type LogName } from '../event.ts'
import type { EventTable } from './event-table.ts'
import type { Indexing } from './indexing.ts'
import type { LogRow, LogTable } from './log-table.ts'
import type { Transaction } from './transaction.ts'

/** Maximum number of events removed at once from a log that is cleared. */
const CLEARED = 100

/** Removes the oldest events of logs, with their words in the index. */
export class Trimmer {
  readonly #events: EventTable
  readonly #logs: LogTable
  readonly #indexing: Indexing
  readonly #transaction: Transaction

  constructor(events: EventTable, logs: LogTable, indexing: Indexing, transaction: Transaction) {
    this.#events = events
    this.#logs = logs
    this.#indexing = indexing
    this.#transaction = transaction
  }

  /** Removes the oldest `count` events of a log below an id. Returns the number of removed events. */
  trim(log: LogRow, count: number, below: number): number {
    const ids = this.#events.oldest(log.id, count, below)
    const start = ids.at(-1)
    if (start === undefined) return 0
    const left = log.count - ids.length
    this.#transaction(() => {
      this.#indexing.trim(log, start, ids.length)
      this.#events.deleteUpTo(log.id, start)
      this.#logs.save({ ...log, start, count: left })
    })
    log.start = start
    log.count = left
    return ids.length
  }

  /**
   * Returns the lowest id of a log whose event is not before a time. Events are ordered by id, whatever the clock said when they were
   * appended.
   */
  idBefore(log: LogRow, ms: number): number {
    return Math.max(idAt(ms), log.ahead > log.start ? this.#events.newestBefore(log.id, ms) + 1 : 0)
  }

  /** Removes some events of a log. Returns the last removed id, undefined if the log was empty. */
  clear(name: LogName): number | undefined {
    const log = this.#logs.find(name)
    return log && this.trim(log, CLEARED, Number.MAX_SAFE_INTEGER) > 0 ? log.start : undefined
  }

  /** Removes up to `count` events of a closed room's log. Returns true when the log was empty and is removed too. */
  erase(log: LogRow, count: number): boolean {
    if (this.trim(log, count, Number.MAX_SAFE_INTEGER) > 0) return false
    this.#transaction(() => this.#logs.delete(log))
    this.#logs.forget(log.name)
    this.#logs.ended.delete(log.name)
    this.#indexing.removed(log.name)
    return true
  }
}
