/** Yields the pages of a SCAN or HSCAN, which `ask` sends with a cursor; an element may be yielded more than once. */
export async function* scanned(ask: (cursor: string) => Promise<unknown>): AsyncGenerator<readonly string[]> {
  let cursor = '0'
  do {
    // The reply to SCAN and HSCAN.
    const [next, found] = (await ask(cursor)) as readonly [string, readonly string[]]
    yield found
    cursor = next
  } while (cursor !== '0')
}

export function pairsOf(page: readonly string[]): (readonly [field: string, value: string])[] {
  return page.flatMap((field, place) => (place % 2 === 0 ? [[field, page[place + 1] ?? ''] as const] : []))
}
