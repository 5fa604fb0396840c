import type { Search } from '../../src/chat/reader.ts'

/** The result of a search, read to its end. */
export interface Found {
  readonly ids: readonly number[]
  readonly before: number | undefined
}

export async function readAll({ pages, before }: Search): Promise<Found> {
  const events = (await Array.fromAsync(pages)).flat()
  return { ids: events.map(({ id }) => id), before }
}
