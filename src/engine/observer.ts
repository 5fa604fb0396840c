import type { EngineFault } from './errors.ts'

/** The operations of a store that fail and recover independently. */
export type Operation = 'commits' | 'reads'

/** Callbacks for the state of an engine, for logs and metrics. */
export interface EngineObserver {
  /** Called when an operation begins to fail, and again when the reason changes; `commits` by default. */
  trouble(reason: string, operation?: Operation): void
  recovered(operation?: Operation): void
  /** Called when the store works but is configured or behaves in a way that an operator must correct. */
  warning?(reason: string): void
  /** Called once each time the clock has gone back. Ids go on rising; times follow the clock. */
  clockWentBack?(ms: number): void
  /** Called after each transaction with its number of events and its duration. */
  measured?(events: number, ms: number): void
  /** Called when the other nodes have taken this one for dead and released its claims. */
  evicted?(): void
  /** Called when the store has lost committed data; the engine continues with the remaining data. */
  lost?(reason: string): void
  /** Called when the engine has stopped working for good. */
  died(fault: EngineFault): void
}

/** Limits of a log; 0 stands for no limit. */
export interface Retention {
  readonly days: number
  readonly events: number
}
