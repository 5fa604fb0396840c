/**
 * One turn of the event loop and what is left to do at its end.
 *
 * Work that many callers ask for within a turn is done once, when the turn ends, in four phases: what was said is
 * committed, what was committed is delivered, what was delivered is written, and whoever waited for that goes on.
 * Promise callbacks run before the turn ends, so the reply to a command is queued before the events that the same
 * commit brings: "reply first" (protocol line, section 5) holds without a rule of its own.
 *
 * A write costs much the same whatever it carries, so twice the end of a turn waits a moment for more to carry: while
 * connections keep coming in, and, where writing takes long, until there is as much to say as there was the last time.
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
let turnStarted: number | undefined

/** How long a crowd at the door may hold up the end of a turn, in ms. */
const CROWD_MS = 10
let arrived = false

/** Where the last writing took longer than this, in ms, and carried so many events, it pays to wait for as many: */
const LONG_FLUSH_MS = 2
const MUCH = 8
/** so much of what it took, */
const WORTH_WAITING = 1 / 2
/** but no longer than this, in ms, as it may have been this process that stood still; */
const MOST_WAITING_MS = 20
/** and not where so many bytes wait already. */
const WORTH_WRITING = 65_536
let lastFlushMs = 0
let lastEvents = 0
/** What was committed since the last delivery. */
let events = 0
let bytes = 0
let patience: NodeJS.Timeout | undefined

/** Calls `job[phase]()` at the end of this turn. Asking twice calls twice: the caller remembers that it has asked. */
export function atTickEnd<P extends Phase>(phase: P, job: Job<P>): void {
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

/** So many events and bytes have been committed, here or elsewhere, and will be delivered. */
export function committed(count: number, size: number): void {
  events += count
  bytes += size
}

/** Resolves when this turn has ended and what it brought has been written. */
export function tickEnd(): Promise<void> {
  return new Promise((resolve) => atTickEnd('resume', { resume: resolve }))
}

function schedule(): void {
  if (scheduled) return
  scheduled = true
  turnStarted ??= performance.now()
  setImmediate(endTurn)
}

function endTurn(): void {
  scheduled = false
  clearTimeout(patience)
  const age = performance.now() - (turnStarted ?? 0)
  if (arrived && age < CROWD_MS) {
    arrived = false
    schedule()
    return
  }
  run('commit')
  const wait = worthWaiting(age)
  if (wait > 0) {
    // Whatever comes in the meantime is committed, and asks again whether it is enough.
    patience = setTimeout(endTurn, wait)
    return
  }
  turnStarted = undefined
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

/** How long, in ms, to wait for more to write, which saves more than waiting costs. */
function worthWaiting(age: number): number {
  if (lastFlushMs < LONG_FLUSH_MS || waiting.deliver.length === 0) return 0
  if (lastEvents < MUCH || events >= lastEvents || bytes > WORTH_WRITING) return 0
  return Math.min(lastFlushMs * WORTH_WAITING, MOST_WAITING_MS) - age
}

function run<P extends Phase>(phase: P): void {
  const jobs: Job<P>[] = waiting[phase]
  if (jobs.length === 0) return
  waiting[phase] = []
  const perform: (job: Job<P>) => void = call[phase]
  for (const job of jobs) perform(job)
}
