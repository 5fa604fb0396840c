/**
 * One turn of the event loop and what is left to do at its end.
 *
 * Work that many callers ask for within a turn is done once, when the turn ends, in four phases: what was said is
 * committed, what was committed is delivered, what was delivered is written, and whoever waited for that goes on.
 * Promise callbacks run before the turn ends, so the reply to a command is queued before the events that the same
 * commit brings: "reply first" (protocol line, section 5) holds without a rule of its own.
 */
const PHASES = ['commit', 'deliver', 'flush', 'resume'] as const
export type Phase = (typeof PHASES)[number]

/** Something with a method named after the phase in which it wants to be called. */
export type Job<P extends Phase> = { readonly [K in P]: () => void }

const waiting: { [P in Phase]: Job<P>[] } = { commit: [], deliver: [], flush: [], resume: [] }
let scheduled = false
let ending = false

/** How long a crowd at the door may hold up the end of a turn, in ms. */
const CROWD_MS = 10
let arrived = false
let turnStarted = 0

/** Calls `job[phase]()` at the end of this turn. Asking twice calls twice: the caller remembers that it has asked. */
export function atTurnEnd<P extends Phase>(phase: P, job: Job<P>): void {
  waiting[phase].push(job)
  if (!ending) schedule()
}

function schedule(): void {
  if (scheduled) return
  scheduled = true
  turnStarted = performance.now()
  setImmediate(endTurn)
}

/**
 * A connection has come in. The runtime takes one connection each time round, so while they keep coming the turn goes on,
 * for a moment: a thousand that join a room at once are then told of in a few writes and not in a thousand.
 */
export function arrival(): void {
  arrived = true
}

/** Resolves when this turn has ended and what it brought has been written. */
export function turnEnd(): Promise<void> {
  return new Promise((resolve) => atTurnEnd('resume', { resume: resolve }))
}

function endTurn(): void {
  if (arrived && performance.now() - turnStarted < CROWD_MS) {
    arrived = false
    setImmediate(endTurn)
    return
  }
  scheduled = false
  ending = true
  try {
    for (const phase of PHASES) run(phase)
  } finally {
    ending = false
  }
  // A phase that has asked for an earlier one gets it at the end of the next turn.
  if (PHASES.some((phase) => waiting[phase].length > 0)) schedule()
}

function run<P extends Phase>(phase: P): void {
  const jobs: Job<P>[] = waiting[phase]
  if (jobs.length === 0) return
  waiting[phase] = []
  for (const job of jobs) job[phase]()
}
