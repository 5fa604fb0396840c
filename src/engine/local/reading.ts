import { Gone, type Range } from '../engine.ts'
import { type Event, idAt, type LogName, lastIdAt } from '../event.ts'
import type { Recent } from './recent.ts'
import type { StoreThread } from './thread.ts'

/** Events read from the store at a time. */
const PAGE = 256
/** Events the store steps over at a time on its way to the newest n. */
const STRIDE = 4096

/** What {@link Engine.read} gives: from memory where it holds all of the range, else from the store. */
export async function* readLog(
  thread: StoreThread,
  log: LogName,
  range: Range,
  recent: Recent | undefined,
): AsyncGenerator<readonly Event[]> {
  // What is committed from here on is not part of the answer.
  const newest = recent?.last || ((await thread.ask({ op: 'bounds', log }))?.last ?? 0)
  const to = Math.min(range.to === undefined ? newest : lastIdAt(range.to), newest)
  let from = range.from === undefined ? 0 : idAt(range.from)
  if (range.after !== undefined) {
    await checkNothingMissing(thread, log, range.after, recent)
    from = Math.max(from, range.after + 1)
  }

  const held = recent?.slice(from, to, range.limit)
  if (recent && held && (from >= recent.first || held.length === range.limit)) {
    for (let start = 0; start < held.length; start += PAGE) yield held.slice(start, start + PAGE)
    return
  }
  if (range.limit !== undefined) from = await back(thread, log, from, to, range.limit)
  for (;;) {
    const page = await thread.ask({ op: 'page', log, from, to, limit: PAGE })
    if (page.length > 0) yield page
    const last = page.at(-1)
    if (last === undefined || page.length < PAGE) return
    from = last.id + 1
  }
}

/** The id at which the newest `limit` events of a range begin. */
async function back(thread: StoreThread, log: LogName, from: number, to: number, limit: number): Promise<number> {
  let end = to
  for (let left = limit; left > 0; left -= STRIDE) {
    const skip = Math.min(left, STRIDE) - 1
    const id = await thread.ask({ op: 'back', log, from, to: end, skip })
    if (id === undefined) return from
    end = id - 1
  }
  return end + 1
}

async function checkNothingMissing(thread: StoreThread, log: LogName, after: number, recent: Recent | undefined) {
  if (recent && recent.first <= after && after <= recent.last) return
  const bounds = await thread.ask({ op: 'bounds', log })
  if (!bounds || after < bounds.start || after > bounds.last) throw new Gone(String(after))
}
