import { Gone, type Range } from './engine.ts'
import { type Event, idAt, type LogName, lastIdAt } from './event.ts'
import type { Recent } from './recent.ts'

/** Maximum events of a page. */
const PAGE_EVENTS = 256
/** Bytes at which a page ends, as {@link weigh} counts them. */
const PAGE_BYTES = 65_536

/** What lies beneath an engine, as it is read. */
export interface Store {
  /** Events the store steps over at a time on its way to the newest n. */
  readonly stride: number
  /** What is still known of a log: everything after `start`, up to `last`. */
  bounds(log: LogName): Promise<{ readonly start: number; readonly last: number } | undefined>
  /** The oldest events of a range, at least one: at most `limit`, and no further one once they weigh `bytes`. */
  page(log: LogName, from: number, to: number, limit: number, bytes: number): Promise<readonly Event[]>
  /** The id that many events before the end of the range; undefined when the range is shorter. */
  back(log: LogName, from: number, to: number, skip: number): Promise<number | undefined>
}

/** What {@link Engine.read} gives: from memory where it holds all of the range, else from the store. */
export async function* readLog(
  store: Store,
  log: LogName,
  range: Range,
  recent: Recent | undefined,
): AsyncGenerator<readonly Event[]> {
  // What is committed from here on is not part of the answer.
  const newest = recent?.last || ((await store.bounds(log))?.last ?? 0)
  const until = range.to === undefined ? newest : lastIdAt(range.to)
  const to = Math.min(until, newest, range.before === undefined ? newest : range.before - 1)
  let from = range.from === undefined ? 0 : idAt(range.from)
  if (range.after !== undefined) {
    await checkNothingMissing(store, log, range.after, recent)
    from = Math.max(from, range.after + 1)
  }

  const held = (id: number) => recent !== undefined && id >= recent.first
  if (range.limit !== undefined) {
    from = recent?.back(from, to, range.limit) ?? (await back(store, log, from, to, range.limit))
  }
  while (from <= to) {
    // Looked for anew each time: a reader that takes long keeps no events in memory.
    const page = held(from) ? recent?.page(from, to, PAGE_EVENTS, PAGE_BYTES) : undefined
    const events = page ?? (await store.page(log, from, to, PAGE_EVENTS, PAGE_BYTES))
    const last = events.at(-1)
    if (last === undefined) return
    yield events
    from = last.id + 1
  }
}

/** The id at which the newest `limit` events of a range begin. */
async function back(store: Store, log: LogName, from: number, to: number, limit: number): Promise<number> {
  let end = to
  for (let left = limit; left > 0; left -= store.stride) {
    const skip = Math.min(left, store.stride) - 1
    const id = await store.back(log, from, end, skip)
    if (id === undefined) return from
    end = id - 1
  }
  return end + 1
}

async function checkNothingMissing(store: Store, log: LogName, after: number, recent: Recent | undefined) {
  if (recent && recent.first <= after && after <= recent.last) return
  const bounds = await store.bounds(log)
  if (!bounds || after < bounds.start || after > bounds.last) throw new Gone(String(after))
}
