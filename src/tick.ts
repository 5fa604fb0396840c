/**
 * One tick of the event loop and the work left for its end.
 *
 * Work that callers request within a tick is done once, at its end, in four phases: new events are committed, committed events are
 * delivered, output is written, and waiting callers resume. Promise callbacks run before the tick ends, so the reply to a command is
 * queued before the events of the same commit (docs/protocols/line.md, section 5).
 *
 * A write costs much the same whatever it carries, so the end of a tick waits a moment for more to carry in two cases: while connections
 * keep coming in, and, where writing takes long, until there is as much to write as the last time.
 */
const PHASES = ['commit', 'deliver', 'flush', 'resume'] as const
type Phase = (typeof PHASES)[number]

/** An object with a method named after the phase in which it is to be called. */
type Job<P extends Phase> = { readonly [K in P]: () => void }

/** Maximum age of a tick that continues as connections keep coming in. */
const CROWD_MS = 10
/** Minimum duration of the last flush, and minimum number of events in it, for a delay of the next delivery. */
const LONG_FLUSH_MS = 2
const MANY_EVENTS = 8
/** Delay as a share of the last flush's duration, and its maximum: a longer flush may have been a pause of the process. */
const WAITED_SHARE = 1 / 2
const MAX_WAIT_MS = 20
/** Committed bytes above which there is no delay. */
const MANY_BYTES = 65_536

const waiting: { [P in Phase]: Job<P>[] } = { commit: [], deliver: [], flush: [], resume: [] }
/** The end of this tick; undefined when there is nothing to do at it. */
let scheduled: NodeJS.Immediate | undefined
let ending = false
/** True if a connection has come in since the last end of a tick. */
let crowded = false
/** True if this tick continues for another round of the event loop. */
let continuing = false
let startedAt: number | undefined
let timer: NodeJS.Timeout | undefined
/** Events and bytes committed since the last delivery. */
let events = 0
let bytes = 0
/** Events of the last delivery, and the duration of the writes behind it. */
let lastEvents = 0
let lastFlushMs = 0

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

/**
 * Reports a connection on which a client can join a room, unlike one for HTTP requests. The runtime accepts one in each round of the
 * event loop, so the tick continues for a moment while they keep coming: a thousand clients that join a room at once are then announced
 * in a few writes instead of a thousand.
 */
export function connectionOpened(): void {
  crowded = true
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
  continuing = crowded && ageMs < CROWD_MS
  crowded = false
  if (continuing) return void schedule()
  for (const job of waiting.commit.splice(0)) job.commit()
  const wasLong = lastFlushMs >= LONG_FLUSH_MS && lastEvents >= MANY_EVENTS
  if (wasLong && waiting.deliver.length > 0 && events < lastEvents && bytes <= MANY_BYTES) {
    const waitMs = Math.min(lastFlushMs * WAITED_SHARE, MAX_WAIT_MS) - ageMs
    // Work in the meantime schedules another end of the tick, which computes the delay again.
    if (waitMs > 0) return void (timer = setTimeout(endTick, waitMs))
  }
  startedAt = undefined
  ending = true
  try {
    // What a job adds to its own phase, or to an earlier one, runs at the end of the next tick.
    const delivering = waiting.deliver.splice(0)
    if (delivering.length > 0) [lastEvents, events, bytes] = [events, 0, 0]
    for (const job of delivering) job.deliver()
    const flushedAt = performance.now()
    for (const job of waiting.flush.splice(0)) job.flush()
    if (delivering.length > 0) lastFlushMs = performance.now() - flushedAt
    for (const job of waiting.resume.splice(0)) job.resume()
  } finally {
    ending = false
  }
  if (PHASES.some((phase) => waiting[phase].length > 0)) schedule()
}
