/**
 * One turn of the event loop and what is left to do at its end.
 *
 * Work that many callers ask for within a turn is done once, when the turn ends, in four phases: what was said is
 * committed, what was committed is delivered, what was delivered is written, and whoever waited for that goes on.
 * Promise callbacks run before the turn ends, so the reply to a command is queued before the events that the same
 * commit brings: "reply first" (protocol line, section 5) holds without a rule of its own.
 *
 * A write costs much the same whatever it carries, so twice the end of a turn waits a moment for more to carry: while
 * connections keep coming in, and, where writing takes long, for a commit that is under way.
 */
const PHASES = ['commit', 'deliver', 'flush', 'resume'] as const
export type Phase = (typeof PHASES)[number]

/** Something with a method named after the phase in which it wants to be called. */
export type Job<P extends Phase> = { readonly [K in P]: () => void }

/** One place of call for each phase, so that the runtime knows what it meets there: a flush runs for every member. */
const call: { readonly [P in Phase]: (job: Job<P>) => void } = {
  commit: (job) => job.commit(),
  deliver: (job) => job.deliver(),
  flush: (job) => job.flush(),
  resume: (job) => job.resume(),
}

const waiting: { [P in Phase]: Job<P>[] } = { commit: [], deliver: [], flush: [], resume: [] }
let scheduled = false
let ending = false
let turnStarted = 0

/** How long a crowd at the door may hold up the end of a turn, in ms. */
const CROWD_MS = 10
let arrived = false

/** Where the last writing took longer than this, in ms, it pays to wait for more to write: */
const LONG_FLUSH_MS = 2
/** for a commit that is under way, so much of what the last writing took; */
const WAIT_FOR_COMMIT = 1 / 4
/** where much is being said, so much of it for the next line; */
const WAIT_FOR_LINE = 1 / 16
/** but not where so many bytes wait already. */
const WORTH_WRITING = 65_536
let lastFlushMs = 0
let commitsUnderWay = 0
/** What was committed since the last delivery, and what that one carried. */
let events = 0
let bytes = 0
let lastEvents = 0

/** Calls `job[phase]()` at the end of this turn. Asking twice calls twice: the caller remembers that it has asked. */
export function atTurnEnd<P extends Phase>(phase: P, job: Job<P>): void {
  waiting[phase].push(job)
  if (!ending) schedule()
}

/**
 * A connection has come in. The runtime takes one connection each time round, so while they keep coming the turn goes on,
 * for a moment: a thousand that join a room at once are then told of in a few writes and not in a thousand.
 */
export function arrival(): void {
  arrived = true
}

/**
 * A commit of so many events and bytes has been sent off. Call what is returned once its events are where they are
 * delivered from, or it failed.
 */
export function commitUnderWay(count: number, size: number): () => void {
  commitsUnderWay++
  return () => {
    commitsUnderWay--
    events += count
    bytes += size
  }
}

/** Resolves when this turn has ended and what it brought has been written. */
export function turnEnd(): Promise<void> {
  return new Promise((resolve) => atTurnEnd('resume', { resume: resolve }))
}

function schedule(): void {
  if (scheduled) return
  scheduled = true
  turnStarted = performance.now()
  setImmediate(endTurn)
}

function endTurn(): void {
  const age = performance.now() - turnStarted
  if (arrived && age < CROWD_MS) {
    arrived = false
    setImmediate(endTurn)
    return
  }
  run('commit')
  if (worthWaiting(age)) {
    setImmediate(endTurn)
    return
  }
  scheduled = false
  ending = true
  try {
    if (waiting.deliver.length > 0) deliver()
    run('flush')
    run('resume')
  } finally {
    ending = false
  }
  // A phase that has asked for an earlier one gets it at the end of the next turn.
  if (PHASES.some((phase) => waiting[phase].length > 0)) schedule()
}

function deliver(): void {
  lastEvents = events
  events = 0
  bytes = 0
  run('deliver')
  const started = performance.now()
  run('flush')
  lastFlushMs = performance.now() - started
}

/** Whether there will soon be more to write, which saves more than waiting costs. */
function worthWaiting(age: number): boolean {
  if (lastFlushMs < LONG_FLUSH_MS || waiting.deliver.length === 0 || bytes > WORTH_WRITING) return false
  if (commitsUnderWay > 0) return age < lastFlushMs * WAIT_FOR_COMMIT
  return lastEvents > 1 && age < lastFlushMs * WAIT_FOR_LINE
}

function run<P extends Phase>(phase: P): void {
  const jobs: Job<P>[] = waiting[phase]
  if (jobs.length === 0) return
  waiting[phase] = []
  const perform: (job: Job<P>) => void = call[phase]
  for (const job of jobs) perform(job)
}
