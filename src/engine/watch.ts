import type { EngineFault } from './engine.ts'

/** What an engine tells whoever runs it. */
export interface Watch {
  /** Commits fail, and why; once for each reason, until they work again. */
  trouble(reason: string): void
  recovered(): void
  /** Something that whoever runs it should see to, though commits work. */
  warning?(reason: string): void
  /** The clock has gone back by so many ms, once each time: ids go on rising, times are the clock's again. */
  clockWentBack?(ms: number): void
  /** So many events were committed in one go, in so many ms. */
  measured?(events: number, ms: number): void
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
