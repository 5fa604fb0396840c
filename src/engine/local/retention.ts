import type { Retention } from '../observer.ts'
import type { LocalStore, LogRow } from './store.ts'

const DAY_MS = 24 * 60 * 60 * 1000
/** Maximum events removed at once, with their words in the index, in about a millisecond, so that commits wait no longer. */
const SLICE = 100

/**
 * Removes events beyond the retention of logs, a slice at a time: of all logs, and of rooms that have one of their own. `trimmed` is
 * called for each removed slice. Commits may run at every `yield`.
 */
export function* sweep(
  store: LocalStore,
  keep: Retention,
  now: number,
  trimmed: (log: LogRow) => void,
): Generator<void> {
  const own = store.keeping()
  const all = keep.days > 0 || keep.events > 0 ? store.logNames(keep.days > 0 ? 0 : keep.events) : []
  for (const name of new Set([...all, ...own.keys()])) {
    const days = daysOf(keep.days, own.get(name))
    for (;;) {
      // Looked up again: a commit in between may have changed it.
      const log = store.log(name)
      if (!log) break
      const excess = keep.events > 0 ? Math.min(log.count - keep.events, SLICE) : 0
      let gone = excess > 0 ? store.trim(log, excess, Number.MAX_SAFE_INTEGER) : 0
      if (gone === 0 && days > 0) gone = store.trim(log, SLICE, store.idBefore(log, now - days * DAY_MS))
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

/** Removes the logs of closed rooms, a slice at a time. */
export function* eraseEnded(store: LocalStore): Generator<void> {
  for (const name of [...store.ended]) {
    for (;;) {
      const log = store.log(name)
      if (!log || store.erase(log, SLICE)) break
      yield
    }
  }
}
