import { GUEST_INBOX_MS, idAt } from '../event.ts'
import type { Retention } from '../observer.ts'
import type { LogRow } from './log-table.ts'
import type { LocalStore } from './store.ts'

const DAY_MS = 24 * 60 * 60 * 1000
/** Maximum events removed at once, with their words in the index, in about a millisecond, so that commits wait no longer. */
const SLICE = 100
/** Maximum number of ended roles that are removed at once. */
const ENDED_ROLES = 500

/**
 * Removes events beyond the retention of logs, a slice at a time: of all logs, and of rooms that have one of their own. `trimmed` is
 * called for each removed slice. Commits may run at every `yield`.
 */
export function* sweep(
  { logs, states, trimmer }: LocalStore,
  keep: Retention,
  now: number,
  trimmed: (log: LogRow) => void,
): Generator<void> {
  const own = states.keeping()
  const all = keep.days > 0 || keep.events > 0 ? logs.withMoreThan(keep.days > 0 ? 0 : keep.events) : []
  for (const name of new Set([...all, ...own.keys()])) {
    const days = daysOf(keep.days, own.get(name))
    for (;;) {
      // Looked up again: a commit in between may have changed it.
      const log = logs.find(name)
      if (!log) break
      const excess = keep.events > 0 ? Math.min(log.count - keep.events, SLICE) : 0
      let gone = excess > 0 ? trimmer.trim(log, excess, Number.MAX_SAFE_INTEGER) : 0
      if (gone === 0 && days > 0) gone = trimmer.trim(log, SLICE, trimmer.idBefore(log, now - days * DAY_MS))
      if (gone === 0) break
      trimmed(log)
      yield
    }
    yield
  }
}

/** Returns the days of retention of a room; 0 stands for no limit. A room's own is at most that of all logs. */
function daysOf(all: number, own = 0): number {
  // An import may have brought any text.
  if (!(own > 0)) return all
  return all === 0 ? own : Math.min(all, own)
}

/** Removes roles that have ended from the states of rooms, a slice at a time. */
export function* removeEndedRoles({ states, transaction }: LocalStore, now: number): Generator<void> {
  while (states.hasEnded(now)) {
    transaction(() => states.removeEnded(now, ENDED_ROLES))
    yield
  }
}

/** Removes the logs of closed rooms, a slice at a time. */
export function* eraseEnded({ logs, trimmer }: LocalStore): Generator<void> {
  for (const name of [...logs.ended]) {
    for (;;) {
      const log = logs.find(name)
      if (!log || trimmer.erase(log, SLICE)) break
      yield
    }
  }
}

/** Removes the inboxes of guests' clients that have ended, a slice at a time. `trimmed` is called for each slice, see {@link sweep}. */
export function* eraseGuestInboxes(
  { logs, trimmer }: LocalStore,
  now: number,
  trimmed: (log: LogRow) => void,
): Generator<void> {
  const end = idAt(now - GUEST_INBOX_MS)
  for (const name of logs.guestInboxesBefore(end)) {
    for (;;) {
      const log = logs.find(name)
      // A message may have come meanwhile.
      if (!log || log.last >= end || trimmer.erase(log, SLICE)) break
      trimmed(log)
      yield
    }
    yield
  }
}
