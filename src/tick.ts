/**
 * One tick of the event loop and the work left for its end.
 *
 * Work that callers request within a tick is done once, at its end, in four phases: new events are committed, committed events are
 * delivered, output is written, and waiting callers resume. Promise callbacks run before the tick ends, so the reply to a command is
 * queued before the events of the same commit (docs/protocols/line.md, section 5).
 */
const PHASES = ['commit', 'deliver', 'flush', 'resume'] as const
export type Phase = (typeof PHASES)[number]

/** An object with a method named after the phase in which it is to be called. */
export type Job<P extends Phase> = { readonly [K in P]: () => void }

/** A decision to delay the end of a tick, so that its writes carry more. A tick ends at once without one. */
export interface TickDelay {
  /** Returns true if the tick continues for another round of the event loop. Called before the commit phase. */
  continues(ageMs: number): boolean
  /** Returns the delay of the deliver phase in ms. Called after the commit phase, if there are events to deliver. */
  deliverInMs(ageMs: number, events: number, bytes: number): number
  /** Called after events are delivered and written, with their number and the duration of the writes. */
  delivered(events: number, flushMs: number): void
}

const waiting: { [P in Phase]: Job<P>[] } = { commit: [], deliver: [], flush: [], resume: [] }
/** The end of this tick; undefined when there is nothing to do at it. */
let scheduled: NodeJS.Immediate | undefined
let ending = false
/** True if this tick continues for another round of the event loop. */
let continuing = false
let startedAt: number | undefined
let delay: TickDelay | undefined
let timer: NodeJS.Timeout | undefined
/** Events and bytes committed since the last delivery. */
let events = 0
let bytes = 0

/** Calls `job[phase]()` at the end of this tick. Duplicate calls run the job twice. */
export function atTickEnd<P extends Phase>(phase: P, job: Job<P>): void {
  waiting[phase].push(job)
  if (!ending) schedule()
}

/** Resolves when this tick has ended and its output has been written. */
export function tickEnd(): Promise<void> {
  return new Promise((resolve) => atTickEnd('resume', { resume: resolve }))
}

/** Resolves in the next round of the event loop, when its input has been read. */
export { setImmediate as nextRound } from 'node:timers/promises'

/** Ends this tick, if there is work for its end and it does not continue. Called in the phase of the event loop in which ticks end, before work that can wait for commits. */
export function endTickFirst(): void {
  if (!scheduled || continuing) return
  clearImmediate(scheduled)
  endTick()
}

/** Reports committed events, of this node or another one, that will be delivered. Their delivery may then be due. */
export function committed(count: number, size: number): void {
  events += count
  bytes += size
  if (timer) schedule()
}

/** Sets the delay of the ends of ticks. */
export function delayTicks(by: TickDelay): void {
  delay = by
}

function schedule(): void {
  if (scheduled) return
  startedAt ??= performance.now()
  scheduled = setImmediate(endTick)
}

function endTick(): void {
  scheduled = undefined
  clearTimeout(timer)
  timer = undefined
  const ageMs = performance.now() - (startedAt ?? 0)
  continuing = delay?.continues(ageMs) === true
  if (continuing) return void schedule()
  for (const job of waiting.commit.splice(0)) job.commit()
  const waitMs = waiting.deliver.length > 0 ? (delay?.deliverInMs(ageMs, events, bytes) ?? 0) : 0
  if (waitMs > 0) {
    // Work in the meantime schedules another end of the tick, which computes the delay again.
    timer = setTimeout(endTick, waitMs)
    return
  }
  startedAt = undefined
  ending = true
  try {
    // What a job adds to its own phase, or to an earlier one, runs at the end of the next tick.
    const delivering = waiting.deliver.splice(0)
    const count = events
    if (delivering.length > 0) [events, bytes] = [0, 0]
    for (const job of delivering) job.deliver()
    const flushedAt = performance.now()
    for (const job of waiting.flush.splice(0)) job.flush()
    if (delivering.length > 0) delay?.delivered(count, performance.now() - flushedAt)
    for (const job of waiting.resume.splice(0)) job.resume()
  } finally {
    ending = false
  }
  if (PHASES.some((phase) => waiting[phase].length > 0)) schedule()
}
