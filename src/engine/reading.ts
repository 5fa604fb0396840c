import type { Extent, Range } from './engine.ts'
import { Gone } from './errors.ts'
import { type Event, idAt, type LogName, lastIdAt } from './event.ts'
import type { Recent } from './recent.ts'

const PAGE_EVENTS = 256
/** Bytes at which a page ends, see {@link memoryBytes}. */
export const PAGE_BYTES = 65_536
/** Maximum events that {@link LogStore.back} skips, in about a millisecond. */
const STRIDE = 1_024

export interface Bounds extends Extent {
  /** Id of the newest event whose id is ahead of its time, see {@link timeAt}; 0 if there is none. */
  readonly ahead: number
}

/** The stored logs of an engine, for reading. */
export interface LogStore {
  bounds(log: LogName): Promise<Bounds | undefined>
  /** Resolves with the oldest events of a range: at most `limit`, and none after their size has reached `bytes`. */
  page(log: LogName, from: number, to: number, limit: number, bytes: number): Promise<Event[]>
  /** Resolves with the id of the event `skip` events before the last one of the range; undefined if the range is shorter. */
  back(log: LogName, from: number, to: number, skip: number): Promise<number | undefined>
}

/** Implements {@link EngineLogs.extent}. */
export async function extentOf(store: LogStore, log: LogName): Promise<Extent> {
  const { start, last } = (await store.bounds(log)) ?? { start: 0, last: 0 }
  return { start, last }
}

/** Implements {@link EngineLogs.read}: reads from memory if it holds the whole range, else from the store. @throws Gone */
export async function* readLog(
  store: LogStore,
  log: LogName,
  range: Range,
  recent: Recent | undefined,
): AsyncGenerator<Event[]> {
  // Excludes events that are committed from now on.
  const newest = recent?.last || ((await store.bounds(log))?.last ?? 0)
  let from = range.from === undefined ? 0 : idAt(range.from)
  if (range.after !== undefined) {
    await checkNothingMissing(store, log, range.after, recent)
    from = Math.max(from, range.after + 1)
  }

  let to = range.before === undefined ? newest : Math.min(newest, range.before - 1)
  const pages = (first: number, last: number) => pagesOf(store, log, first, last, recent)
  if (range.from !== undefined || range.to !== undefined) {
    const inMemory = recent !== undefined && from >= recent.first
    const ahead = inMemory ? recent.ahead : ((await store.bounds(log))?.ahead ?? 0)
    const until = range.to === undefined ? to : Math.min(to, lastIdAt(range.to))
    if (ahead >= from) {
      const last = Math.min(Math.max(until, ahead), to)
      yield* readByTime(() => pages(from, last), range)
      return
    }
    to = until
  }
  if (range.limit !== undefined) {
    from = recent?.back(from, to, range.limit) ?? (await back(store, log, from, to, range.limit))
  }
  yield* pages(from, to)
}

function isWithin({ at }: Event, { from, to }: Range): boolean {
  return (from === undefined || at >= from) && (to === undefined || at <= to)
}

/**
 * Yields a range of ids in pages. Each page is read when it is requested, from memory or the store, so a slow reader holds no events
 * between two pages.
 */
export async function* pagesOf(
  store: LogStore,
  log: LogName,
  from: number,
  to: number,
  recent: Recent | undefined,
  bytes = PAGE_BYTES,
): AsyncGenerator<Event[]> {
  for (let start = from; start <= to; ) {
    const held = recent !== undefined && start >= recent.first
    const page = held
      ? recent.page(start, to, PAGE_EVENTS, bytes)
      : await store.page(log, start, to, PAGE_EVENTS, bytes)
    const last = page.at(-1)?.id
    if (last === undefined) return
    yield page
    start = last + 1
  }
}

/**
 * Yields the events in a range of times where ids do not tell times: filters all events between two ids. For the newest `limit` events it
 * reads them twice, as they may be too many to hold in memory.
 */
async function* readByTime(pages: () => AsyncIterable<Event[]>, range: Range): AsyncGenerator<Event[]> {
  let skip = 0
  if (range.limit !== undefined) {
    let count = 0
    for await (const page of pages()) {
      for (const event of page) if (isWithin(event, range)) count++
    }
    skip = Math.max(0, count - range.limit)
  }
  for await (const page of pages()) {
    const within = page.splice(0).filter((event) => isWithin(event, range))
    skip -= within.splice(0, skip).length
    if (within.length > 0) yield within
  }
}

/** Resolves with the first id of the newest `limit` events of a range. */
async function back(store: LogStore, log: LogName, from: number, to: number, limit: number): Promise<number> {
  let end = to
  for (let left = limit; left > 0; left -= STRIDE) {
    const skip = Math.min(left, STRIDE) - 1
    const id = await store.back(log, from, end, skip)
    if (id === undefined) return from
    end = id - 1
  }
  return end + 1
}

async function checkNothingMissing(store: LogStore, log: LogName, after: number, recent: Recent | undefined) {
  if (recent && recent.first <= after && after <= recent.last) return
  const bounds = await store.bounds(log)
  if (!bounds || after < bounds.start || after > bounds.last) throw new Gone(String(after))
}
