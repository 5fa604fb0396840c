import type { Chat } from '../../chat/chat.ts'
import type { Engine } from '../../engine/engine.ts'
import type { MemoryBudget } from '../../transport/memory.ts'
import type { Tally, Traffic } from '../../transport/tally.ts'
import type { Faults } from './faults.ts'

/** State of the log, which cannot report its own failure. */
export interface LogState {
  readonly droppedLines: number
  /** Reason why no line can be written now; undefined if lines can be written. */
  readonly trouble: string | undefined
}

/** State of the daemon for probes and metrics. */
export interface Vitals {
  readonly version: string
  readonly chat: Chat
  readonly engine: Pick<Engine, 'ping' | 'rooms'>
  readonly tally: Tally
  readonly memory: Pick<MemoryBudget, 'held' | 'limit' | 'exhausted'>
  readonly faults: Faults
  /** Undefined if the log is not written by roomd itself. */
  readonly logState: LogState | undefined
  /** True while the daemon stops. */
  readonly draining: boolean
  /** Returns the statistics of each listener, by its name. */
  traffic(): ReadonlyMap<string, Traffic>
  /** Calls `listener` after every transaction with its number of events and its duration. */
  onCommit(listener: (events: number, ms: number) => void): void
}

/** Maximum time of an answer of the engine. */
const TIMEOUT_MS = 2_000

/** Resolves with an answer of the engine. Rejects after 2 s. */
export async function inTime<T>(answer: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(reject, TIMEOUT_MS, new Error('the engine does not answer'))
  try {
    return await Promise.race([answer, late])
  } finally {
    clearTimeout(timer)
  }
}

/** Resolves with the reason why the daemon is not ready; undefined if it is ready. */
export async function troubleOf({ engine, faults, draining }: Vitals): Promise<string | undefined> {
  if (draining) return 'stopping'
  // A store that another process has locked answers seconds later.
  if (faults.reason !== undefined) return faults.reason
  try {
    await inTime(engine.ping())
    return faults.reason
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
