import type { Event } from '../src/engine/event.ts'
import { type History, type Reply, result } from './replies.ts'

/** Events for a reply, oldest first. */
interface Found {
  readonly pages: AsyncIterable<readonly Event[]>
  /** Set when the search has ended early: the id of the oldest event that it has looked at. */
  readonly before?: number
}

const END = result('end of history')

/**
 * Yields the reply to a request for events, then their records in pages. The first page is read before the reply, as reading may be
 * refused. With `end`, a last reply marks the end.
 */
export async function* answered(
  { pages, before }: Found,
  recordOf: (event: Event) => History | undefined,
  end: boolean,
): AsyncGenerator<readonly (Reply | History)[]> {
  const records = (page: readonly Event[]) => page.map(recordOf).filter((record) => record !== undefined)
  const rest = pages[Symbol.asyncIterator]()
  const first = await rest.next()
  yield [{ type: 'commandResult', result: null, ...(before !== undefined && { before: String(before) }) }]
  for (let page = first; !page.done; page = await rest.next()) yield records(page.value)
  if (end) yield [END]
}
