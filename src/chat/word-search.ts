import type { RoomRecord, WordSearch } from '../engine/engine.ts'
import type { Event } from '../engine/event.ts'
import { PAGE_BYTES } from '../engine/reading.ts'
import { memoryBytes } from '../engine/recent.ts'
import type { Reader } from './reader.ts'
import type { Asker } from './work-turns.ts'

/** Maximum messages of a result. */
export const MAX_FOUND = 256

/** The result of a search. */
export interface Found {
  /** Oldest first. */
  readonly events: readonly Event[]
  /** Id before which messages were not searched; undefined if all were. */
  readonly before: number | undefined
  /** True if the search has ended as no more events are looked at without an index; false if the result is full. */
  readonly bounded: boolean
}

/** Finds the newest messages of a room: at most `limit` and {@link MAX_FOUND}, and about 64 KiB. @throws Refusal `unavailable`. */
export async function findWords(
  reader: Reader,
  room: RoomRecord,
  search: WordSearch,
  asker: Asker,
  allowed: (events: readonly Event[]) => readonly Event[],
): Promise<Found> {
  const limit = Math.min(search.limit, MAX_FOUND)
  const found: Event[] = []
  let bytes = 0
  for await (const { events, from, end } of reader.withWords(`room:${room.id}`, { ...search, limit }, asker)) {
    for (const event of allowed(events)) {
      found.push(event)
      bytes += memoryBytes(event)
      if (found.length < limit && bytes < PAGE_BYTES) continue
      return { events: found.reverse(), before: event.id, bounded: false }
    }
    if (end) {
      const bounded = end === 'bound'
      return { events: found.reverse(), before: bounded ? from : undefined, bounded }
    }
  }
  // The asker is gone.
  return { events: [], before: undefined, bounded: false }
}
