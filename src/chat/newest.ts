import type { Engine } from '../engine/engine.ts'
import type { Event, LogName } from '../engine/event.ts'

/** Events that are looked through, at most, for those that are wanted. */
const MOST = 16_384

/** The newest `limit` events of a log that are wanted, oldest first; those that lie very far back are not looked for. */
export async function newest(
  engine: Engine,
  log: LogName,
  limit: number,
  wanted: (event: Event) => boolean,
): Promise<Event[]> {
  if (limit <= 0) return []
  for (let depth = limit; ; depth *= 4) {
    const looked = Math.min(depth, Math.max(limit, MOST))
    const found: Event[] = []
    let seen = 0
    for await (const page of engine.read(log, { limit: looked })) {
      seen += page.length
      for (const event of page) if (wanted(event)) found.push(event)
    }
    if (found.length >= limit || seen < looked || looked < depth || looked >= MOST) return found.slice(-limit)
  }
}
