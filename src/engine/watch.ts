import type { EngineFault } from './engine.ts'

/** What of an engine can fail for a time. */
export type Trouble = 'commits' | 'reads'

/** What an engine tells whoever runs it. */
export interface Watch {
  /** Called when commits (or reads, where that is said) begin to fail, and again when the reason changes. */
  trouble(reason: string, what?: Trouble): void
  recovered(what?: Trouble): void
  /** Something that whoever runs it should see to, though commits work. */
  warning?(reason: string): void
  /** The clock has gone back by so many ms, once each time: ids go on rising, times are the clock's again. */
  clockWentBack?(ms: number): void
  /** So many events were committed in one go, in so many ms. */
  measured?(events: number, ms: number): void
  /** The other nodes have taken this one for dead, and released what it held. It goes on without that. */
  evicted?(): void
  /** What was committed has been lost beneath the engine, which goes on with what is left. */
  lost?(reason: string): void
  /** Nothing will work any more. */
  died(fault: EngineFault): void
}

/** What a log may hold; 0 means without bound. */
export interface Retention {
  readonly days: number
  readonly events: number
}
