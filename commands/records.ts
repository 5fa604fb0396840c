import type { Search } from '../src/chat/reader.ts'
import type { Event } from '../src/engine/event.ts'
import { type History, type Reply, result } from './replies.ts'

interface RecordsOptions {
  /** Maximum number of records: the oldest. */
  readonly first: number | undefined
  /** True if a last reply marks the end. */
  readonly end: boolean
}

const END = result('end of history')

/**
 * Yields the reply to a request for events, then their records in pages. The first page is read before the reply, as reading may be
 * refused.
 */
export async function* answered(
  { pages, before }: Search,
  recordOf: (event: Event) => History | undefined,
  { first = Number.POSITIVE_INFINITY, end }: RecordsOptions,
): AsyncGenerator<(Reply | History)[]> {
  const rest = pages[Symbol.asyncIterator]()
  try {
    let page = await rest.next()
    yield [{ type: 'commandResult', result: null, ...(before !== undefined && { before: String(before) }) }]
    for (let left = first; !page.done; page = await rest.next()) {
      page.value.length = Math.min(page.value.length, left)
      left -= page.value.length
      yield page.value
        .splice(0)
        .map(recordOf)
        .filter((record) => record !== undefined)
      if (left === 0) break
    }
  } finally {
    await rest.return?.()
  }
  if (end) yield [END]
}
