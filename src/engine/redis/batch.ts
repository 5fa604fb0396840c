import type { QueuedAppend } from '../append-queue.ts'
import { Closed, Repeated, Shared, Unavailable } from '../errors.ts'
import { committedEvent, type Draft, type Event, type LogName, stateChangeOf } from '../event.ts'
import { fold } from '../fold.ts'
import type { RedisConnection } from './connection.ts'
import { entryId, fieldsOf, parseMessage } from './entry.ts'
import { type Keys, roomOf } from './keys.ts'
import type { RefusedAppend } from './scripts.ts'

/** Time for which nodes that were away can read the end of a closed room's log. */
const KEEP_CLOSED_MS = 600_000

/** Estimated bytes of an event without its text. */
const EVENT_BYTES = 128

/** An event that is not yet committed or refused. */
export interface Waiting extends QueuedAppend {
  /** An earlier event of the same room in another log, which must be sent first so that ids show the order. */
  readonly behind: Waiting | undefined
  sent: boolean
}

/** Returns the bytes that an event is counted for. */
export function sizeOf({ body }: Pick<Draft, 'body'>): number {
  return EVENT_BYTES + Buffer.byteLength(body)
}

/** Events of a log that one script call appends. */
export interface Batch {
  readonly log: LogName
  readonly node: string
  /** Rises with each batch of a node. */
  readonly number: number
  readonly waiting: readonly Waiting[]
}

/** The result of a committed batch. */
export interface Committed {
  /** Id of the log's last event before the batch; undefined if it is not known any more. */
  readonly prev: number | undefined
  /** The end of the log before the batch, where that was found out on another connection. */
  readonly before?: number
  readonly events: readonly Event[]
  /** The event of each draft, or the error for a draft that was not appended. */
  readonly answers: readonly (Event | Shared | Closed | Repeated)[]
  /** True if Redis had lost events that this node has seen. */
  readonly lost: boolean
}

/** This node may not write to the log at present. */
export class NotAdmitted extends Unavailable {
  override name = 'NotAdmitted'
  readonly status: Exclude<RefusedAppend, 'closed'>

  constructor(status: Exclude<RefusedAppend, 'closed'>) {
    super(`this node is ${status} to Redis`)
    this.status = status
  }
}

/** Commits a batch with ids above `floor`. @throws Closed, NotAdmitted, and as {@link RedisConnection.eval} */
export async function commitBatch(
  batch: Batch,
  floor: number,
  keys: Keys,
  connection: Pick<RedisConnection, 'eval'>,
): Promise<Committed> {
  const { log, node, number, waiting } = batch
  const room = roomOf(log)
  const head = [node, String(number), String(floor)]
  if (waiting[0]?.draft.kind === 'closed') {
    const args = [...head, String(room), keys.control, String(KEEP_CLOSED_MS)]
    const message = await connection.eval('close', keys.ofLog(log, node), args)
    if (message === null) throw new Closed(log)
    const { prev, events } = parseMessage(message)
    return { prev, events, answers: [events.at(-1) ?? new Closed(log)], lost: false }
  }
  const args = [...head, room === undefined ? '0' : '1', keys.control]
  for (const { draft } of waiting) {
    const fields = fieldsOf(draft)
    args.push(...treatmentOf(draft), String(fields.length), ...fields)
  }
  const [status, prev, first, skipped, lost, now] = await connection.eval('append', keys.ofLog(log, node), args)
  if (status === 'closed') throw new Closed(log)
  if (status !== 'ok') throw new NotAdmitted(status)
  return { ...numbered(waiting, Number(first), skipped, Number(now)), prev: Number(prev), lost: lost === '1' }
}

/** Finds out on another connection whether a batch was committed. Resolves with undefined if it was not, and never will be. */
export async function settleBatch(
  batch: Batch,
  keys: Keys,
  connection: Pick<RedisConnection, 'eval'>,
): Promise<Committed | undefined> {
  const { log, node, number, waiting } = batch
  const was = await connection.eval('probe', keys.ofLog(log, node), [node, String(number)])
  const [, first, skipped = '', now, before] = was?.split(' ') ?? []
  if (first === undefined || first === 'void') return undefined
  const committed = { ...numbered(waiting, Number(first), skipped, Number(now)), prev: undefined, lost: false }
  return before === undefined ? committed : { ...committed, before: Number(before) }
}

/** Numbers the events of a batch. `skipped` lists drafts that were not appended (scripts/append.lua); `now` is the time of Redis in ms. */
function numbered(
  waiting: readonly Waiting[],
  first: number,
  skipped: string,
  now: number,
): Pick<Committed, 'events' | 'answers'> {
  const skips = new Map(skipped.split(',').map((text) => [Number.parseInt(text, 10), text.replace(/^\d+/, '')]))
  const events: Event[] = []
  const answers = waiting.map(({ draft }, place) => {
    const reason = skips.get(place)
    if (reason !== undefined) return refusalOf(reason)
    const event = committedEvent(first + events.length, now, draft)
    events.push(event)
    return event
  })
  return { events, answers }
}

/** Returns the arguments of scripts/append.lua that tell how it treats a draft. */
function treatmentOf(draft: Draft): [kind: string, key: string] {
  const { kind, from, to = '', nonce, details } = draft
  if (kind === 'message' || kind === 'private') return nonce === undefined ? ['', ''] : ['nonce', `${from} ${nonce}`]
  if (kind === 'joined') return [details?.guest ? 'founder' : kind, fold(from)]
  if (kind === 'left') return [details?.renamed === undefined ? kind : 'renamed', fold(from)]
  if (kind === 'kicked') return [kind, fold(to)]
  if (kind === 'redacted') return [kind, entryId(details?.target ?? 0)]
  const change = stateChangeOf(draft)
  if (change && kind === 'role' && details?.guest) return [change.isSet ? 'set-guest' : 'unset-guest', fold(to)]
  return change ? [change.isSet ? 'set' : 'unset', change.key] : ['', '']
}

/** Returns the error for a skipped draft, by the reason in the reply of scripts/append.lua. */
function refusalOf(reason: string): Shared | Closed | Repeated {
  if (reason === 's') return new Shared()
  return reason.startsWith('n') ? new Repeated(Number(reason.slice(1))) : new Closed('')
}
