/** A batch as the scripts take it, and what they answer. */
import { Closed, Repeated, Shared, Unavailable } from '../engine.ts'
import type { Draft, Event, LogName } from '../event.ts'
import { fold } from '../fold.ts'
import { committedOf, fieldsOf, toldOf } from './entry.ts'
import { type Keys, roomOf } from './keys.ts'
import type { Waiting } from './outgoing.ts'
import type { Port } from './port.ts'
import type { RefusedAppend } from './scripts.ts'

/** How long the end of a closed room's log can be read by nodes that were away. */
const KEEP_CLOSED_MS = 600_000

/** Events of one log that are appended by one script call. */
export interface Batch {
  readonly log: LogName
  readonly node: string
  /** Rises with every batch of a node. */
  readonly number: number
  readonly waiting: readonly Waiting[]
}

/** What has become of a batch. */
export interface Committed {
  /** The id that it comes behind; undefined where that is not known any more. */
  readonly prev: number | undefined
  readonly events: readonly Event[]
  /** The event of each draft, or the error for one that was not appended. */
  readonly answers: readonly (Event | Shared | Closed | Repeated)[]
  /** The log had fallen behind what was seen of it. */
  readonly lost: boolean
}

/** This node may not write to the log as it is. */
export class NotAdmitted extends Unavailable {
  override name = 'NotAdmitted'
  readonly status: Exclude<RefusedAppend, 'closed'>

  constructor(status: Exclude<RefusedAppend, 'closed'>) {
    super(`this node is ${status} to Redis`)
    this.status = status
  }
}

/** Commits a batch behind `floor`. Rejects as {@link Port.eval} does, and with {@link Closed} or {@link NotAdmitted}. */
export async function commitBatch(
  batch: Batch,
  floor: number,
  keys: Keys,
  port: Pick<Port, 'eval'>,
): Promise<Committed> {
  const { log, node, number, waiting } = batch
  const room = roomOf(log)
  const head = [node, String(number), String(floor)]
  if (waiting[0]?.draft.kind === 'closed') {
    const args = [...head, String(room), keys.control, String(KEEP_CLOSED_MS)]
    const told = await port.eval('close', keys.ofLog(log, node), args)
    if (told === null) throw new Closed(log)
    const { prev, events } = toldOf(told)
    return { prev, events, answers: [events.at(-1) ?? new Closed(log)], lost: false }
  }
  const args = [...head, room === undefined ? '0' : '1', keys.control]
  for (const { draft } of waiting) {
    const fields = fieldsOf(draft)
    args.push(...markOf(draft), String(fields.length), ...fields)
  }
  const [status, prev, first, skipped, lost, now] = await port.eval('append', keys.ofLog(log, node), args)
  if (status === 'closed') throw new Closed(log)
  if (status !== 'ok') throw new NotAdmitted(status)
  return { ...numbered(waiting, Number(first), skipped, Number(now)), prev: Number(prev), lost: lost === '1' }
}

/** Finds out on another port what became of a batch. Undefined when it was not committed, and never will be. */
export async function settleBatch(batch: Batch, keys: Keys, port: Pick<Port, 'eval'>): Promise<Committed | undefined> {
  const { log, node, number, waiting } = batch
  const was = await port.eval('probe', keys.ofLog(log, node), [node, String(number)])
  const [, first, skipped = '', now] = was?.split(' ') ?? []
  if (first === undefined || first === 'void') return undefined
  return { ...numbered(waiting, Number(first), skipped, Number(now)), prev: undefined, lost: false }
}

/** `skipped` are the places of those that were not appended, as scripts/append.lua tells them; `now` is the time of Redis' clock in ms. */
function numbered(
  waiting: readonly Waiting[],
  first: number,
  skipped: string,
  now: number,
): Pick<Committed, 'events' | 'answers'> {
  const without = new Map(skipped.split(',').map((text) => [Number.parseInt(text, 10), text.replace(/^\d+/, '')]))
  const events: Event[] = []
  const answers = waiting.map(({ draft }, place) => {
    const why = without.get(place)
    if (why !== undefined) return refusalOf(why)
    const event = committedOf(first + events.length, now, draft)
    events.push(event)
    return event
  })
  return { events, answers }
}

/** The kind by which the script treats a draft, and the key that goes with it. */
function markOf({ kind, from, nonce }: Draft): [kind: string, key: string] {
  if (kind === 'joined' || kind === 'left') return [kind, fold(from)]
  return nonce === undefined ? ['', ''] : ['nonce', `${from} ${nonce}`]
}

/** The error for a draft that was not appended, as scripts/append.lua tells it. */
function refusalOf(why: string): Shared | Closed | Repeated {
  if (why === 's') return new Shared()
  return why.startsWith('n') ? new Repeated(Number(why.slice(1))) : new Closed('')
}
