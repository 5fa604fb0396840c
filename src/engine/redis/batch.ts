/** A batch as the scripts take it, and what they answer. */
import { Closed, Unavailable } from '../engine.ts'
import type { Event } from '../event.ts'
import { fold } from '../fold.ts'
import { committedOf, fieldsOf } from './entry.ts'
import { type Keys, roomOf } from './keys.ts'
import type { Link } from './link.ts'
import type { Batch } from './queue.ts'
import type { Refused } from './scripts.ts'
import { toldOf } from './told.ts'

/** How long the end of a closed room's log can be read by nodes that were away. */
const KEEP_CLOSED_MS = 600_000

/** What has become of a batch. */
export interface Committed {
  /** The id that it comes behind; undefined where nobody has told. */
  readonly prev: number | undefined
  readonly events: readonly Event[]
  /** For each that waits what it is told; undefined where it is in no log. */
  readonly answers: readonly (Event | undefined)[]
  /** The log had fallen behind what was seen of it. */
  readonly lost: boolean
}

/** This node may not write to the log as it is. */
export class NotAdmitted extends Unavailable {
  override name = 'NotAdmitted'
  readonly status: Exclude<Refused, 'closed'>

  constructor(status: Exclude<Refused, 'closed'>) {
    super(`this node is ${status} to Redis`)
    this.status = status
  }
}

/** Commits a batch behind `floor`. Rejects as {@link Link.run} does, and with {@link Closed} or {@link NotAdmitted}. */
export async function commitBatch(batch: Batch, floor: number, keys: Keys, link: Link): Promise<Committed> {
  const { log, node, number, waiting } = batch
  const room = roomOf(log)
  const head = [node, String(number), String(floor)]
  if (waiting[0]?.draft.kind === 'closed') {
    const args = [...head, String(room), keys.control, String(KEEP_CLOSED_MS)]
    const told = await link.run('close', keys.ofLog(log, node), args)
    if (told === null) throw new Closed(log)
    const { prev, events } = toldOf(told)
    return { prev, events, answers: [events.at(-1)], lost: false }
  }
  const args = [...head, room === undefined ? '0' : '1', keys.control]
  for (const { draft } of waiting) {
    const present = draft.kind === 'joined' || draft.kind === 'left'
    const fields = fieldsOf(draft)
    args.push(present ? draft.kind : '', present ? fold(draft.from) : '', String(fields.length), ...fields)
  }
  const [status, prev, first, skipped, lost, now] = await link.run('append', keys.ofLog(log, node), args)
  if (status === 'closed') throw new Closed(log)
  if (status !== 'ok') throw new NotAdmitted(status)
  return { ...numbered(batch, Number(first), skipped, Number(now)), prev: Number(prev), lost: lost === '1' }
}

/** What was sent before a connection broke, on another one. Undefined when it was not done, and never will be. */
export async function settled(batch: Batch, keys: Keys, connection: Pick<Link, 'run'>): Promise<Committed | undefined> {
  const { log, node, number } = batch
  const was = await connection.run('probe', keys.ofLog(log, node), [node, String(number)])
  const [, first, skipped = '', now] = was?.split(' ') ?? []
  if (first === undefined || first === 'void') return undefined
  return { ...numbered(batch, Number(first), skipped, Number(now)), prev: undefined, lost: false }
}

/** `skipped` are the places of those that were not appended, `now` is the time of Redis' clock in ms. */
function numbered(
  { waiting }: Batch,
  first: number,
  skipped: string,
  now: number,
): Pick<Committed, 'events' | 'answers'> {
  const without = new Set(skipped === '' ? [] : skipped.split(',').map(Number))
  const events: Event[] = []
  const answers = waiting.map(({ draft }, place) => {
    if (without.has(place)) return undefined
    const event = committedOf(first + events.length, now, draft)
    events.push(event)
    return event
  })
  return { events, answers }
}
