import type { Chat } from '../../chat/chat.ts'
import type { Engine } from '../../engine/engine.ts'
import type { MemoryBudget } from '../../transport/memory.ts'
import type { Tally, Traffic } from '../../transport/tally.ts'
import type { Faults } from './faults.ts'

/** How the log is, which may have no other way to tell. */
export interface LogState {
  /** Lines that could not be written. */
  readonly droppedLines: number
  /** Why none can be written now; undefined while they can. */
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
  /** Undefined where whoever started the daemon keeps its log. */
  readonly logState: LogState | undefined
  /** The daemon stops: no more clients, please. */
  readonly draining: boolean
  /** Of every listener, by its protocol's name. */
  traffic(): ReadonlyMap<string, Traffic>
  /** Calls back with every transaction: how many events, and the ms that it has taken. */
  onCommit(listener: (events: number, ms: number) => void): void
}
